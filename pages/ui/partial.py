"""What pages say of a study that is not done: how far it is and who is missing, and no finding."""

from __future__ import annotations

from core.figures import Figure
from core.studies.partial import SoFar
from pages.ui.i18n import agent_name, t


def words(found: SoFar, what: str) -> str:
    """In place of a finding: how many points are done, or which agents are still to come.

    Parameters
    ----------
    found : SoFar
    what : str
        Key of the sentence that counts the points.
    """
    if found.points == found.asked:
        return t("partial.agents", agents=_names(found))
    return t(what, done=found.points, all=found.asked)


def spoken(figure: Figure, found: SoFar, instead: str) -> Figure:
    """The figure with its finding where all that it compares is there, else with other words."""
    return figure if found.whole else figure.waiting(instead)


def left_waiting(found: SoFar) -> list[str]:
    """Who is left out until more of theirs is done."""
    return [t("partial.waiting", agents=_names(found))] if found.waiting else []


def of_what(found: SoFar, what: str) -> list[str]:
    """Of which part of the study a sentence speaks, where it was stopped: begins that sentence."""
    said = [t(what, done=found.points, all=found.asked)] if found.points < found.asked else []
    return [*said, t("partial.without", agents=_names(found))] if found.waiting else said


def _names(found: SoFar) -> str:
    return ", ".join(agent_name(name) for name in found.waiting)
