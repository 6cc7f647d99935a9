"""One agent's card: what it is, how good it is, how it learned, what it sees, and its files."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.agents import learned
from core.agents.info import Family
from core.agents.learned import OBSERVATION
from core.agents.registry import AGENTS, BOUND, REFERENCE
from core.errors import AgentError
from core.figures import Style
from core.figures import agents as figures
from core.figures.style import number
from core.studies.shipped_quality import best_learned, known
from pages.ui import choices, errors, families
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t

PAPERS = {
    "a2c": "Mnih et al., Asynchronous Methods for Deep Reinforcement Learning, ICML 2016",
    "ars": "Mania, Guy and Recht, Simple Random Search of Static Linear Policies is Competitive for Reinforcement "
    "Learning, NeurIPS 2018",
    "ddpg": "Lillicrap et al., Continuous Control with Deep Reinforcement Learning, ICLR 2016",
    "ppo": "Schulman et al., Proximal Policy Optimization Algorithms, arXiv:1707.06347, 2017",
    "recurrentppo": "Schulman et al., Proximal Policy Optimization Algorithms, arXiv:1707.06347, 2017; Hochreiter and "
    "Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997",
    "sac": "Haarnoja et al., Soft Actor-Critic: Off-Policy Maximum Entropy Deep Reinforcement Learning with a "
    "Stochastic Actor, ICML 2018",
    "td3": "Fujimoto, van Hoof and Meger, Addressing Function Approximation Error in Actor-Critic Methods, ICML 2018",
    "tqc": "Kuznetsov et al., Controlling Overestimation Bias with Truncated Mixture of Continuous Distributional "
    "Quantile Critics, ICML 2020",
    "trpo": "Schulman et al., Trust Region Policy Optimization, ICML 2015",
}
"""Where each algorithm was published."""

PARTS = {
    "coordinated plan": "learned.part_plan",
    "policy": "learned.part_policy",
    "projection onto transformer limits by urgency": "learned.part_projection",
}
"""Parts as cards name them, with what they are."""


def damaged() -> dict[str, AgentError]:
    """Learned agents whose files are not those of the manifest; each is said once, in one sentence."""
    out = {}
    for name in learned.available(folder=learned.FOLDER):
        try:
            for file in ("policy.npz", "card.json", "curve.csv"):
                learned.read_checked(name, file, learned.FOLDER)
        except AgentError as error:
            out[name] = error
            st.error(errors.sentence(error))
    return out


def read(name: str) -> dict[str, Any] | None:
    """An agent's card; None where it has none or it cannot be read, which `damaged` says."""
    try:
        return learned.card(name, learned.FOLDER) if learned.family_of(name, learned.FOLDER) else None
    except AgentError:
        return None


def choose(measured: Mapping[str, Any]) -> str:
    """The agent whose card is shown: the best learned one at first."""
    agents = measured.get("held_out", {}).get("agents", {})
    usable = [name for name in learned.available(folder=learned.FOLDER) if name in AGENTS]
    entries: dict[Family, list[str]] = {
        family: [name for name in names if name in usable or not AGENTS[name].learned]
        for family, names in families.registered().items()
    }
    entries["optimiser"].append(figures.PLAN)
    best = best_learned({name: agents[name] for name in agents if name in usable})
    default = best or next(iter(usable), figures.PLAN)

    def keep(agent: str) -> None:
        choices.made("card")
        choices.put("card", None if agent == default else agent)

    options = [name for names in entries.values() for name in names]
    asked = choices.get("card")
    if asked and asked not in options:
        choices.refuse("card", t("learned.card"), asked, options)
    there = {family: names for family, names in entries.items() if names}
    chosen = families.one("choice.card", choices.get("card") or default, keep, there)
    choices.say_refused("card")
    return chosen


def what(name: str) -> None:
    """What an agent is."""
    st.markdown(t(f"agents.{name}.description"))
    if name in PAPERS:
        st.markdown(t(f"learned.about_{name}"))
        st.caption(t("learned.paper", paper=PAPERS[name]))


def quality(name: str, measured: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Measured figures of one agent, and where it is weak; returns the facts, a name and a text each."""
    section = measured.get("held_out", {})
    found = section.get("agents", {}).get(name)
    if found is None or not known(found.get("captured")):
        st.markdown(t("learned.not_measured"))
        return []
    n, span = max(1, section["n"]), figures.interval(found)
    st.markdown(
        t(
            "learned.quality", n=section["n"], share=figures.percent(found["captured"]),
            interval=f" ({span})" if span else "",
            ready=figures.percent(found["ready_frac"]), overload=f"{found['overload_kwh'] / n:,.2f}",
            wear=f"{found['wear_kwh'] / n:,.1f}", decision=f"{found['decision_ms']:,.2f}",
        )
    )  # fmt: skip
    facts = [
        (t("axis.captured"), f"{figures.percent(found['captured'])}{f' ({span})' if span else ''}"),
        (f"{t('kpi.ready')} (%)", number(100 * found["ready_frac"], 1)),
        (f"{t('kpi.overload')} (kWh)", number(found["overload_kwh"] / n, 2)),
        (t("learned.wear"), number(found["wear_kwh"] / n, 1)),
        (t("compare.decision"), number(found["decision_ms"], 2)),
    ]
    weak = figures.weakest(section, name)
    if len(weak) and name not in (BOUND, REFERENCE):
        places = "; ".join(
            t("learned.weak_group", group=t(f"learned.group_{row.kind}_{row.group.replace(' ', '_')}"),
              share=figures.percent(row.captured), n=row.n)
            for row in weak.itertuples()
        )  # fmt: skip
        st.markdown(t("learned.weak", groups=places))
        facts.append((t("learned.row_weakest"), places))
    return facts


def curve(sheet: Sheet, name: str, card: Mapping[str, Any], style: Style) -> None:
    """How an agent learned."""
    rows = pd.read_csv(io.BytesIO(learned.read_checked(name, "curve.csv", learned.FOLDER)))
    sheet.chart(figures.learning_curve(rows, card, style), "learning_curve")


def parts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a learned agent consists of; returns the facts."""
    # What a card of another version calls by another name is still said, in its words.
    lines = [f"1. {t(PARTS[part]) if part in PARTS else part}" for part in card["parts"]]
    st.markdown("\n".join([t("learned.parts", parameters=f"{card['parameters']:,}"), "", *lines]))
    return [(t("learned.row_parameters"), f"{card['parameters']:,}"), (t("learned.row_parts"), "; ".join(lines))]


def observation() -> None:
    """What a policy sees of a port."""
    st.markdown(t("learned.observation_note"))
    rows = [
        {
            "name": name,
            "meaning": t(f"observation.{name}"),
            "unit": t(f"observation_units.{unit}"),
            "low": number(low),
            "high": number(high),
        }
        for name, unit, low, high, _ in OBSERVATION
    ]
    column = st.column_config
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "name": column.TextColumn(t("table.name"), pinned=True, width=130),
            "meaning": column.TextColumn(t("learned.meaning"), width=380),
            "unit": column.TextColumn(t("learned.unit")),
            "low": column.TextColumn(t("learned.from"), alignment="right"),
            "high": column.TextColumn(t("learned.to"), alignment="right"),
        },
        key="observation",
    )


def files(name: str) -> None:
    """Hashes of an agent's files, and the files."""
    st.markdown(t("learned.files_note"))
    hashes = learned.manifest(learned.FOLDER)[name]["sha256"]
    place = f"pretrained/{learned.family_of(name, learned.FOLDER)}/{name}"
    st.dataframe(
        pd.DataFrame({"file": [f"{place}/{file}" for file in hashes], "sha256": list(hashes.values())}),
        hide_index=True,
        column_config={
            "file": st.column_config.TextColumn(t("learned.file"), width=220),
            "sha256": st.column_config.TextColumn("SHA-256"),
        },
        key="hashes",
    )
    kinds = {"policy.npz": "application/octet-stream", "card.json": "application/json"}
    with st.container(horizontal=True):
        for file, kind in kinds.items():
            st.download_button(
                file, learned.read_checked(name, file, learned.FOLDER), f"enerv2gize-{name}-{file}", kind,
                on_click="ignore", key=f"get.{file}",
            )  # fmt: skip


def facts(sheet: Sheet, name: str, found: Sequence[tuple[str, str]]) -> None:
    """Keep an agent's card for the report."""
    if found:
        cells = pd.DataFrame(found, columns=[t("table.name"), t("table.value")])
        sheet.table(cells, f"{t('learned.card_title')}: {agent_name(name)}", t(f"agents.{name}.description"))
