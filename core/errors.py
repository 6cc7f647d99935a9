"""Errors that `core` raises; only `pages.ui` and the command line show them to people.

Each carries its fields, so that whoever shows it can translate it or point at the widget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

MOST_QUOTED = 40
"""Characters of somebody's text that a message repeats."""


def quoted(text: object, most: int = MOST_QUOTED) -> str:
    """Somebody's text as a message may repeat it: one short line that can be printed and encoded.

    Parameters
    ----------
    text : object
        Anything; what is not text is written as Python does.
    most : int
        Characters kept.

    Returns
    -------
    str
        Control characters, line ends and lone surrogates become U+FFFD, longer texts end in an ellipsis.
    """
    whole = text if isinstance(text, str) else repr(text)
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in whole[:most])
    return shown + ("…" if len(whole) > most else "")


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


class AnswerError(AgentError):
    """An agent answered what cannot be done.

    Parameters
    ----------
    agent : str
    step : int
        The step of the run in which it did.
    message : str
        What is wrong and what is allowed.
    """

    def __init__(self, agent: str, step: int, message: str) -> None:
        super().__init__(agent, f"step {step}: {message}")
        self.step = step


class DataFileError(EnerV2GizeError):
    """A file that the app is installed with is missing or damaged.

    Parameters
    ----------
    file : str
        Its path inside the project or a package.
    way : str
        The command that brings it back.
    """

    def __init__(self, file: str, way: str) -> None:
        super().__init__(f"{file} is missing or damaged; this brings it back: {way}")
        self.file = file
        self.way = way


REINSTALL = "pip install --force-reinstall --no-deps ev2gym==2.0.0"
"""What brings EV2Gym's own files back."""


@contextmanager
def needed(file: str, way: str = "") -> Iterator[None]:
    """Read a file of the installation inside; whatever fails there is said of that file. Raises `DataFileError`.

    `way` is the command that brings it back; by default it comes from the repository.
    """
    try:
        yield
    except EnerV2GizeError:
        raise
    except Exception as error:  # readers of damaged files raise whatever they happen on
        raise DataFileError(file, way or f"git checkout -- {file}") from error


class SolverError(EnerV2GizeError):
    """The optimiser found no plan; carries the solver's own words."""


class BusyError(EnerV2GizeError):
    """Too many long runs wait already."""


class TooLargeError(BusyError):
    """A long run needs more memory than there is.

    Parameters
    ----------
    needed_mb, free_mb : float
    """

    def __init__(self, needed_mb: float, free_mb: float) -> None:
        super().__init__(
            f"this run needs about {needed_mb:.0f} MB of memory and {free_mb:.0f} MB are free; "
            "try a smaller site or fewer hours"
        )
        self.needed_mb, self.free_mb = needed_mb, free_mb


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
        shown = quoted(file, 60)
        super().__init__(f"{shown}: {sentence}" if shown else sentence)
        self.file = shown
        self.rule = rule
        self.values = dict(values)
