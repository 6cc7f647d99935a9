"""Words above the figures of a day: when and where it is, and what happened."""

from __future__ import annotations

from collections.abc import Sequence

from core.figures.channels import STEP
from core.figures.findings import Finding
from core.studies.run import Result
from pages.ui import runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, in_words, t, weekday


def context(result: Result, base: str = runs.REFERENCE) -> str:
    """When, where, with how many cars, and against whom."""
    scenario, times = result.scenario, result.world.times_local
    end = times[-1] + STEP
    return t(
        "explore.context",
        weekday=weekday(scenario.date),
        date=scenario.date.isoformat(),
        start=str(times[0])[-5:],
        end=str(end)[5:16].replace("T", " "),
        stations=scenario.stations,
        cars=len(result.world.sessions),
        base=agent_name(base),
    )


def headline(sheet: Sheet, sentences: Sequence[Finding]) -> None:
    """What happened, first sentence first."""
    first, *rest = (in_words(sentence) for sentence in sentences)
    sheet.say(first, [*rest, t("headline.empty_hint")] if sentences[0].key == "headline.empty" else rest)
