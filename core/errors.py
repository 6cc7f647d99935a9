"""Errors that `core` raises; only `pages.ui` and the command line show them to people.

Each carries its fields, so that whoever shows it can translate it or point at the widget.
"""

from __future__ import annotations

from collections.abc import Mapping


class EnerV2GizeError(Exception):
    """Root of every error this project raises on purpose."""


class ScenarioError(EnerV2GizeError):
    """A scenario field holds something that is not allowed.

    Parameters
    ----------
    field : str
        Dotted name of the field, for instance ``site.stations``.
    message : str
        One sentence that says what is allowed.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class CombinationError(ScenarioError):
    """Fields that are each allowed are impossible together."""


class AgentError(EnerV2GizeError):
    """An agent is unknown, or its files cannot be used.

    Parameters
    ----------
    agent : str
        Name that was asked for.
    message : str
        One sentence that says what is wrong and what is allowed.
    """

    def __init__(self, agent: str, message: str) -> None:
        super().__init__(f"{agent}: {message}")
        self.agent = agent
        self.message = message


class SolverError(EnerV2GizeError):
    """The optimiser found no plan; carries the solver's own words."""


class ResultFileError(EnerV2GizeError):
    """A result CSV cannot be read.

    Parameters
    ----------
    file : str
        What the file is called, whatever is in that name.
    rule : str
        Which rule it breaks: a key of `core.reports.result_csv.SENTENCES`.
    sentence : str
        What is allowed, in English; nothing in it comes from the file but numbers and times.
    values : mapping of str to object
        What is filled into the rule's sentence, for other languages.
    """

    def __init__(self, file: str, rule: str, sentence: str, values: Mapping[str, object]) -> None:
        # Names of files may hold anything, lone surrogates too, which no stream can write.
        shown = "".join(sign if sign.isprintable() else "?" for sign in file[:60])
        super().__init__(f"{shown}: {sentence}" if shown else sentence)
        self.file = shown
        self.rule = rule
        self.values = dict(values)
