"""One agent's card: what it is, how good it is, how it learned, what it sees, and its files."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.agents import learned
from core.agents.info import Family
from core.agents.learned import OBSERVATION, shared_port
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
    "prices that all cars' answers make": "learned.part_crowd",
    "policy that bids": "learned.part_bid",
    "market cleared at the policy's bids": "learned.part_market",
}
"""Parts as cards name them, with what they are."""


def damaged() -> dict[str, AgentError]:
    """Learned agents whose files are not those of the manifest; each is said once, in one sentence."""
    out = {}
    for name in learned.available(folder=learned.FOLDER):
        try:
            learned.check(name, learned.FOLDER)
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
    """What an agent is: of which family, by which algorithm."""
    family = figures.kind_of({}, name)
    st.markdown(f"**{t(f'families.{family}')}.** {t(f'families.note.{family}')}")
    st.markdown(t(f"agents.{name}.description"))
    algorithm = AGENTS[name].algorithm if name in AGENTS else ""
    if algorithm in PAPERS:
        st.markdown(t(f"learned.about_{algorithm}"))
        st.caption(t("learned.paper", paper=PAPERS[algorithm]))


def quality(name: str, measured: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Measured figures of one agent, and where it is strong and weak; returns the facts, a name and a text each.

    Those on held-out scenarios, or on EV2Gym's own days of an agent that serves no other site.
    """
    where = next((w for w in ("held_out", "stock") if name in measured.get(w, {}).get("agents", {})), "held_out")
    section = measured.get(where, {})
    found = section.get("agents", {}).get(name)
    if found is None or not known(found.get("captured")):
        st.markdown(t("learned.not_measured"))
        return []
    n, span = max(1, section["n"]), figures.interval(found)
    st.markdown(
        t(
            f"learned.quality_{where}", n=section["n"], share=figures.percent(found["captured"]),
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
    weak, strong = figures.extremes(section, name)
    if name not in (BOUND, REFERENCE):
        for what, groups in (("strong", strong), ("weak", weak)):
            if len(groups):
                places = "; ".join(_group(row) for row in groups.itertuples())
                st.markdown(t(f"learned.{what}", groups=places))
                facts.append((t(f"learned.row_{what}est"), places))
    return facts


def _group(row: Any) -> str:
    """A group of scenarios with the share captured there."""
    group = t(f"learned.group_{row.kind}_{row.group.replace(' ', '_')}")
    return t("learned.weak_group", group=group, share=figures.percent(row.captured), n=row.n)


def curve(sheet: Sheet, name: str, card: Mapping[str, Any], style: Style) -> None:
    """How an agent learned: one curve, or one for each site of a whole-site agent."""
    rows = pd.read_csv(io.BytesIO(learned.read_checked(name, "curve.csv", learned.FOLDER)))
    if "captured" in rows:
        sheet.chart(figures.learning_curve(rows, card, style), "learning_curve")
    else:
        for site in dict.fromkeys(rows["site"]):
            sheet.chart(figures.site_curve(rows, site, style), f"learning_curve_{site}")


def parts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a learned agent consists of; returns the facts."""
    parameters = card.get("parameters") or [site.get("parameters", 0) for site in card.get("sites", {}).values()]
    count = f"{parameters:,}" if isinstance(parameters, int) else " / ".join(f"{n:,}" for n in parameters)
    # What a card of another version calls by another name is still said, in its words.
    lines = [f"1. {t(PARTS[part]) if part in PARTS else part}" for part in card.get("parts", ())]
    st.markdown("\n".join([t("learned.parts", parameters=count), "", *lines]) if lines else t("learned.size", n=count))
    facts = [(t("learned.row_parameters"), count)]
    return [*facts, (t("learned.row_parts"), "; ".join(lines))] if lines else facts


def observation(card: Mapping[str, Any]) -> None:
    """What a policy sees of a port, or by which of the original's states it sees the site."""
    if "observation" not in card:
        st.markdown(t("learned.observation_site", state=card.get("state", "–")))
        return
    st.markdown(t("learned.observation_note"))
    rows = []
    words, seen = ("observation", OBSERVED)
    if card.get("family") == "shared_port":
        words, seen = ("observation_shared_port", OBSERVED_ALONE)
    for name in card["observation"]:
        unit, low, high = seen.get(name, ("", None, None))
        rows.append(
            {
                "name": name,
                "meaning": t(f"{words}.{name}") if name in seen else "",
                "unit": t(f"observation_units.{unit}") if name in seen else "",
                "low": number(low),
                "high": number(high),
            }
        )
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


OBSERVED = {name: (unit, low, high) for name, unit, low, high, _ in OBSERVATION}
"""Unit and range of what policies that correct a plan see, by name."""

OBSERVED_ALONE = {name: (unit, low, high) for name, unit, low, high, _ in shared_port.OBSERVATION}
"""The same of shared-port policies."""


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
    kinds = {".npz": "application/octet-stream", ".json": "application/json"}
    with st.container(horizontal=True):
        for file in hashes:
            kind = kinds.get(file[file.rfind(".") :])
            if kind:
                st.download_button(
                    file, learned.read_checked(name, file, learned.FOLDER), f"enerv2gize-{name}-{file}", kind,
                    on_click="ignore", key=f"get.{file}",
                )  # fmt: skip


def facts(sheet: Sheet, name: str, found: Sequence[tuple[str, str]]) -> None:
    """Keep an agent's card for the report."""
    if found:
        cells = pd.DataFrame(found, columns=[t("table.name"), t("table.value")])
        sheet.table(cells, f"{t('learned.card_title')}: {agent_name(name)}", t(f"agents.{name}.description"))
