"""On what an agent was trained, how, and whether the scenario that is set lies within."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.agents import learned
from core.figures import agents as figures
from core.figures.style import number
from core.scenario import Scenario
from pages.ui import notices
from pages.ui.i18n import field_label, shown, t
from pages.ui.notices import FIELDS


def inside(scenario: Scenario) -> None:
    """Whether the scenario that is set lies inside what every learned agent was trained on."""
    names = learned.available(folder=learned.FOLDER)
    notices.outside([scenario], names)
    if names and not notices.beyond([scenario], names):
        st.caption(t("learned.inside"))


def record(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How an agent was trained, and how to do it again; returns the facts.

    What a card does not hold is left out: cards of families differ.
    """
    made = card["training"]
    st.markdown(f"**{t('learned.trained')}**")
    st.code(made["command"], language="bash", wrap_lines=True)
    lines = _of_ports(card) if "validation" in card else _of_sites(card)
    rows = pd.DataFrame({"name": list(lines), "value": list(lines.values())})
    st.table(rows.set_index("name"), border="horizontal", hide_header=True)
    st.markdown(t("learned.repeat"))
    return [(t("learned.row_command"), made["command"]), *lines.items()]


def _of_ports(card: Mapping[str, Any]) -> dict[str, str]:
    """Lines of an agent that serves ports of any site."""
    made, held, plan = card["training"], card["validation"], card.get("plan_alone")
    settings = {name: made[name] for name in ("discount", "effort") if name in made}
    lines: dict[str, str | None] = {
        "date": made.get("date"),
        "timesteps": t("learned.timesteps_of", steps=f"{made['timesteps']:,}", envs=made["envs"])
        if made.get("timesteps") and "envs" in made
        else None,
        "took": t("learned.took_seconds", seconds=f"{made['seconds']:,}") if "seconds" in made else None,
        "seed": str(made["seed"]) if "seed" in made else None,
        "validation": t(
            f"learned.validation_of{'_alone' if plan is None else ''}", n=made["validation_scenarios"],
            steps=f"{held['timesteps']:,.0f}", share=figures.percent(held["captured"]),
            plan="" if plan is None else figures.percent(plan["captured"]),
        ) if "validation_scenarios" in made else None,
        "settings": settings_text({**settings, **made.get("settings", {})}) or None,
        "versions": _versions(made),
    }  # fmt: skip
    return {t(f"learned.row_{name}"): value for name, value in lines.items() if value}


def _of_sites(card: Mapping[str, Any]) -> dict[str, str]:
    """Lines of a whole-site agent: its reward and state, and for each site the trainings."""
    lines: dict[str, str] = {}
    made: dict[str, Any] = {}
    for site, entry in card.get("sites", {}).items():
        made, seeds = entry.get("training", {}), entry.get("seeds", {})
        name = t("learned.site_of", site=t(f"learned.site_{site}"), ports=entry["n_ports"])
        said = [
            t("learned.seed_of", seed=seed, steps=f"{row['steps']:,}", seconds=f"{row['seconds']:,.0f}",
              score=number(row["validation"], 0 if abs(row["validation"]) >= 100 else 2))
            for seed, row in seeds.items()
        ]  # fmt: skip
        if len(seeds) > 1 and "shipped_seed" in entry:
            said.append(t("learned.seed_kept", seed=str(entry["shipped_seed"])))
        lines[name] = " ".join(said)
    # Sites differ in their days alone.
    settings = {**({"discount": made["discount"]} if "discount" in made else {}), **made.get("settings", {})}
    more = {"settings": settings_text(settings), "versions": _versions(made), "date": made.get("date")}
    return lines | {t(f"learned.row_{what}"): value for what, value in more.items() if value}


def _versions(made: Mapping[str, Any]) -> str | None:
    versions = {**({"Python": made["python"]} if "python" in made else {}), **made.get("versions", {})}
    return ", ".join(f"{name} {value}" for name, value in versions.items()) or None


def settings_text(settings: Mapping[str, Any], prefix: str = "") -> str:
    """Nested settings on one line, classes by their own names."""
    out = []
    for name, value in settings.items():
        if isinstance(value, dict):
            out.append(settings_text(value, f"{prefix}{name}."))
        else:
            amount = isinstance(value, int | float) and not isinstance(value, bool)
            text = number(value) if amount else re.sub(r"<class '(?:.*[.])?(\w+)'>", r"\1", str(value))
            out.append(f"{prefix}{name} = {text}")
    return ", ".join(out)


def trained_on(card: Mapping[str, Any], scenario: Scenario) -> None:
    """The ranges of the training scenarios, beside the scenario that is set."""
    st.markdown(t("learned.splits"))
    ranges = {name: span for name, span in card["trained_ranges"].items() if name in FIELDS}
    outside = {found.field for found in learned.outside(scenario, ranges)}
    rows = [
        {
            "field": field_label(FIELDS[name]),
            "low": number(shown(FIELDS[name], low)),
            "high": number(shown(FIELDS[name], high)),
            "now": number(shown(FIELDS[name], getattr(scenario, name))),
            "where": t("learned.is_outside" if name in outside else "learned.is_inside"),
        }
        for name, (low, high) in ranges.items()
    ]
    column = st.column_config
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "field": column.TextColumn(t("learned.field"), pinned=True, width=260),
            "low": column.TextColumn(t("learned.from"), alignment="right"),
            "high": column.TextColumn(t("learned.to"), alignment="right"),
            "now": column.TextColumn(t("learned.now"), alignment="right"),
            "where": column.TextColumn(""),
        },
        key="ranges",
    )
