"""Parts of the Agents page, and the notice wherever a learned agent runs outside what it was trained on."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.agents import learned
from core.agents.learned import FOLDER, OBSERVATION
from core.agents.registry import AGENTS, REFERENCE
from core.errors import AgentError
from core.figures import Style
from core.figures import agents as figures
from core.figures.style import number
from core.scenario import Scenario
from core.studies.measured import best_learned, known, ranked
from pages.ui import choices, errors
from pages.ui.charts import Sheet
from pages.ui.i18n import after, field_label, named, t
from pages.ui.numbers import dressed, worded

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

CLOCK = "o'clock"

WEIGHTS = ("w_user", "w_provider", "w_grid")

FIELDS = {row["name"]: row for row in Scenario.fields()}


# --- outside the trained range ----------------------------------------------------------------------------------------
def notice(scenarios: Sequence[Scenario], names: Sequence[str]) -> None:
    """Say which fields lie outside what learned agents among `names` were trained on, and by how much."""
    lines = beyond(scenarios, names)
    # Always a place, so that what follows keeps its own.
    with st.container():
        if lines:
            st.warning(t("learned.outside", fields="; ".join(lines)))


def beyond(scenarios: Sequence[Scenario], names: Sequence[str]) -> list[str]:
    """One clause a field that lies outside, at its farthest, and one a choice that was never seen in training.

    Agents whose card cannot be read say so elsewhere.
    """
    farthest: dict[str, learned.Outside] = {}
    unseen: dict[tuple[str, str | bool], learned.Unseen] = {}
    for name in names:
        if name not in learned.NAMES:
            continue
        try:
            card = learned.card(name, FOLDER)
        except AgentError:
            continue
        for scenario in scenarios:
            for found in learned.outside(scenario, card["trained_ranges"]):
                known = farthest.get(found.field)
                if scenario.matters(FIELDS[found.field]) and (known is None or found.beyond > known.beyond):
                    farthest[found.field] = found
            for choice in learned.unseen(scenario, card["trained_choices"]):
                if scenario.matters(FIELDS[choice.field]):
                    unseen[choice.field, choice.value] = choice
    return [*(_clause(found) for found in farthest.values()), *(_choice(choice) for choice in unseen.values())]


def _clause(found: learned.Outside) -> str:
    row = FIELDS[found.field]
    return t(
        "learned.outside_field", title=t(f"fields.{found.field}.title"), value=found.value,
        low=found.low, high=found.high, beyond=_with_unit(found.beyond, row["unit"]),
    )  # fmt: skip


def _choice(choice: learned.Unseen) -> str:
    value = choice.value
    said = t(f"learned.{'on' if value else 'off'}") if isinstance(value, bool) else t(f"choices.{choice.field}.{value}")
    return t("learned.unseen_field", title=t(f"fields.{choice.field}.title"), value=said)


def _with_unit(value: float, unit: str) -> str:
    # How far two hours of the day are apart is no hour of the day.
    return f"{number(float(f'{value:.4g}'))}{after('h' if unit == CLOCK else unit)}"


def inside(scenario: Scenario) -> None:
    """Whether the scenario that is set lies inside what every learned agent was trained on."""
    names = learned.available(FOLDER)
    notice([scenario], names)
    if names and not beyond([scenario], names):
        st.caption(t("learned.inside"))


# --- files ------------------------------------------------------------------------------------------------------------
def damaged() -> dict[str, AgentError]:
    """Learned agents whose files are not those of the manifest; each is said once, in one sentence."""
    out = {}
    for name in learned.available(FOLDER):
        try:
            for file in ("policy.npz", "card.json", "curve.csv"):
                learned.read_checked(name, file, FOLDER)
        except AgentError as error:
            out[name] = error
            st.error(errors.sentence(error))
    return out


# --- comparison -------------------------------------------------------------------------------------------------------
def _name(agent: str) -> str:
    return t(f"agents.{agent}.name")


def _interval(found: Mapping[str, Any]) -> str:
    low, high = found.get("captured_low"), found.get("captured_high")
    if not (known(low) and known(high)):
        return ""
    return figures.between(float(low), float(high)) if high - low > 1e-9 else ""


def figures_of(section: Mapping[str, Any]) -> pd.DataFrame:
    """One row an agent, best first, by ids and in EUR; energy and money are means over the scenarios."""
    n, agents = max(1, section["n"]), section["agents"]
    return pd.DataFrame(
        [
            {
                "agent": name,
                "captured_frac": agents[name]["captured"],
                "captured_low": agents[name].get("captured_low"),
                "captured_high": agents[name].get("captured_high"),
                "ready_frac": agents[name]["ready_frac"],
                "overload_kwh": agents[name]["overload_kwh"] / n,
                "wear_kwh": agents[name]["wear_kwh"] / n,
                "objective_eur": agents[name]["objective_eur"] / n,
                "decision_ms": agents[name]["decision_ms"],
            }
            for name in ranked(agents)
        ]
    )


def comparison(sheet: Sheet, section: Mapping[str, Any], style: Style, key: str) -> None:
    """One row an agent, best first; energy and money are means over the scenarios."""
    title, note = t("learned.comparison", n=section["n"]), t("learned.comparison_note")
    st.subheader(title, anchor=False)
    st.caption(note)
    n, agents = max(1, section["n"]), section["agents"]
    rows = pd.DataFrame(
        [
            {
                "agent": _name(name),
                "captured": 100 * agents[name]["captured"],
                "interval": _interval(agents[name]),
                "ready": 100 * agents[name]["ready_frac"],
                "overload": agents[name]["overload_kwh"] / n,
                "wear": agents[name]["wear_kwh"] / n,
                "objective": agents[name]["objective_eur"] / n * style.rate,
                "decision": agents[name]["decision_ms"],
            }
            for name in ranked(agents)
        ]
    )
    heads = {
        "agent": t("axis.agent"),
        "captured": t("axis.captured"),
        "interval": t("robustness.interval"),
        "ready": f"{t('kpi.ready')} (%)",
        "overload": f"{t('kpi.overload')} (kWh)",
        "wear": t("learned.wear"),
        "objective": f"{t('indicator.objective_eur')} ({style.currency})",
        "decision": t("compare.decision"),
    }
    digits = {"captured": 1, "ready": 1, "overload": 2, "wear": 1, "objective": style.digits, "decision": 2}
    sheet.table(worded(rows, heads, digits), title, note)
    mean = t("learned.mean_help", n=section["n"])
    helps = {
        "captured": t("kpi.captured_help"), "ready": t("kpi.ready_help"), "overload": mean, "objective": mean,
        "wear": t("learned.wear_help"), "decision": t("compare.decision_help"),
    }  # fmt: skip
    column = st.column_config
    st.dataframe(
        dressed(rows, digits),
        hide_index=True,
        column_config={
            "agent": column.TextColumn(heads["agent"], pinned=True, width=150),
            "interval": column.TextColumn(heads["interval"], alignment="right"),
            **{name: column.NumberColumn(heads[name], help=helps[name]) for name in digits},
        },
        height="content",
        key=key,
    )


def ablations(sheet: Sheet, measured: Mapping[str, Any]) -> None:
    """What learning adds to the plan, and what the projection does: a row a learned agent."""
    held, bare = measured["held_out"], measured.get("unprojected", {}).get("agents", {})
    agents = held["agents"]
    names = [name for name in ranked(agents) if figures.kind_of(name) == "learned"]
    plan = agents.get(figures.PLAN)
    if not names or (plan is None and not bare):
        return
    title, note = t("learned.ablations"), t("learned.ablations_note")
    if plan is not None:
        title = t("learned.ablations_title", plan=figures.percent(plan["captured"]), span=_gains(agents, names))
        if _overlap(agents, names):
            note = f"{note} {t('learned.ablations_overlap')}"
    st.subheader(title, anchor=False)
    st.caption(note)
    n, n_bare = max(1, held["n"]), max(1, measured.get("unprojected", {}).get("n", 1))
    lines = []
    for name in names:
        other = bare.get(name)
        lines.append(
            {
                "agent": _name(name),
                "captured": 100 * agents[name]["captured"],
                "gain": None if plan is None else 100 * (agents[name]["captured"] - plan["captured"]),
                "bare": None if other is None else 100 * other["captured"],
                "overload": agents[name]["overload_kwh"] / n,
                "bare_overload": None if other is None else other["overload_kwh"] / n_bare,
            }
        )
    rows = pd.DataFrame(lines)
    heads = {
        "agent": t("axis.agent"),
        "captured": t("axis.captured"),
        "gain": t("learned.over_plan"),
        "bare": t("learned.unprojected"),
        "overload": f"{t('kpi.overload')} (kWh)",
        "bare_overload": t("learned.unprojected_overload"),
    }
    digits, signed = dict.fromkeys(list(heads)[1:], 2), ("gain",)
    sheet.table(worded(rows, heads, digits, signed), title, note)
    column = st.column_config
    st.dataframe(
        dressed(rows, digits, signed),
        hide_index=True,
        column_config={
            "agent": column.TextColumn(heads["agent"], pinned=True, width=150),
            **{name: column.NumberColumn(heads[name]) for name in digits},
        },
        height="content",
        key="ablations",
    )


def _gains(agents: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> str:
    """Least and largest difference of captured shares to the plan alone, in points."""
    gains = [100 * (agents[name]["captured"] - agents[figures.PLAN]["captured"]) for name in names]
    return t("learned.gain_span", low=number(min(gains), 2, signed=True), high=number(max(gains), 2, signed=True))


def _overlap(agents: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> bool:
    """Whether the interval of every agent overlaps that of the plan alone."""
    spans = [(agents[name].get("captured_low"), agents[name].get("captured_high")) for name in (figures.PLAN, *names)]
    if not all(known(low) and known(high) for low, high in spans):
        return False
    (low, high), *others = spans
    return all(other_low <= high and low <= other_high for other_low, other_high in others)


def lowered(agents: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Agents and weights where raising the weight costs that stakeholder a cent a day or more on average."""
    return [
        (name, weight)
        for name, found in agents.items()
        for weight in WEIGHTS
        if weight in found and found[weight]["change"] < -0.005
    ]


def monotonicity(sheet: Sheet, section: Mapping[str, Any], style: Style) -> None:
    """What raising each stakeholder's weight changes in that stakeholder's own money."""
    agents = section.get("agents", {})
    if not agents:
        return
    wrong = lowered(agents)
    if wrong:
        which = ", ".join(f"{_name(name)} – {t(f'fields.{weight}.title')}" for name, weight in wrong)
        title = t("learned.weights_wrong", which=which)
    else:
        title = t("learned.weights_right", all=len(agents))
    note = t("learned.weights_note", **{name: section[name] for name in ("n", "low", "high", "others")})
    st.subheader(title, anchor=False)
    st.caption(note)

    def written(found: Mapping[str, Any] | None) -> str:
        if found is None:
            return ""
        low, high = (style.amount(found[key], signed=True) for key in ("change_low", "change_high"))
        return f"{style.amount(found['change'], signed=True)}  ({low} … {high})"

    rows = pd.DataFrame(
        [
            {"agent": _name(name), **{weight: written(found.get(weight)) for weight in WEIGHTS}}
            for name, found in agents.items()
        ]
    )
    heads = {
        "agent": t("axis.agent"),
        **{weight: f"{t(f'fields.{weight}.title')} ({style.currency})" for weight in WEIGHTS},
    }
    sheet.table(worded(rows, heads, {}), title, note)
    column = st.column_config
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "agent": column.TextColumn(heads["agent"], pinned=True, width=150),
            **{weight: column.TextColumn(heads[weight], alignment="right") for weight in WEIGHTS},
        },
        height="content",
        key="monotonicity",
    )


# --- one agent --------------------------------------------------------------------------------------------------------
def choose(measured: Mapping[str, Any]) -> str:
    """The agent whose card is shown: the best learned one at first."""
    agents = measured.get("held_out", {}).get("agents", {})
    there = learned.available(FOLDER)
    options = [*there, figures.PLAN, *(name for name in AGENTS if AGENTS[name].kind != "learned")]
    best = best_learned({name: agents[name] for name in agents if name in there})
    out: str = choices.one_of(
        "card", t("learned.card"), options, best or options[0], named("agents.{}.name"), width=320
    )  # fmt: skip
    return out


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
    n, span = max(1, section["n"]), _interval(found)
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
    if len(weak) and name not in (figures.BOUND, REFERENCE):
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
    rows = pd.read_csv(io.BytesIO(learned.read_checked(name, "curve.csv", FOLDER)))
    sheet.chart(figures.learning_curve(rows, card, style), "learning_curve")


def parts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a learned agent consists of; returns the facts."""
    # What a card of another version calls by another name is still said, in its words.
    lines = [f"1. {t(PARTS[part]) if part in PARTS else part}" for part in card["parts"]]
    st.markdown("\n".join([t("learned.parts", parameters=f"{card['parameters']:,}"), "", *lines]))
    return [(t("learned.row_parameters"), f"{card['parameters']:,}"), (t("learned.row_parts"), "; ".join(lines))]


def training(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How an agent was trained, and how to do it again; returns the facts."""
    record = card["training"]
    st.markdown(f"**{t('learned.trained')}**")
    st.code(record["command"], language="bash", wrap_lines=True)
    held = card["validation"]
    lines = {
        "date": record["date"],
        "timesteps": t("learned.timesteps_of", steps=f"{record['timesteps']:,}", envs=record["envs"]),
        "took": t("learned.took_seconds", seconds=f"{record['seconds']:,}"),
        "seed": f"{record['seed']}",
        "validation": t(
            "learned.validation_of", n=record["validation_scenarios"], steps=f"{held['timesteps']:,.0f}",
            share=figures.percent(held["captured"]), plan=figures.percent(card["plan_alone"]["captured"]),
        ),
        "settings": settings_text({"discount": record["discount"], "effort": record["effort"], **record["settings"]}),
        "versions": ", ".join(f"{k} {v}" for k, v in {"Python": record["python"], **record["versions"]}.items()),
    }  # fmt: skip
    rows = pd.DataFrame({"name": [t(f"learned.row_{name}") for name in lines], "value": list(lines.values())})
    st.table(rows.set_index("name"), border="horizontal", hide_header=True)
    st.markdown(t("learned.repeat"))
    named_lines = [(t(f"learned.row_{name}"), value) for name, value in lines.items()]
    return [(t("learned.row_command"), record["command"]), *named_lines]


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
            "low": number(low),
            "high": number(high),
            "now": number(getattr(scenario, name)),
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
    hashes = learned.manifest(FOLDER)[name]["sha256"]
    st.dataframe(
        pd.DataFrame({"file": [f"pretrained/{name}/{file}" for file in hashes], "sha256": list(hashes.values())}),
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
                file, learned.read_checked(name, file, FOLDER), f"enerv2gize-{name}-{file}", kind,
                on_click="ignore", key=f"get.{file}",
            )  # fmt: skip


def facts(sheet: Sheet, name: str, found: Sequence[tuple[str, str]]) -> None:
    """Keep an agent's card for the report."""
    if found:
        cells = pd.DataFrame(found, columns=[t("table.name"), t("table.value")])
        sheet.table(cells, f"{t('learned.card_title')}: {_name(name)}", t(f"agents.{name}.description"))


def provenance(sheet: Sheet, measured: Mapping[str, Any]) -> None:
    """When and how the figures of this page were measured."""
    made = measured.get("made", {})
    versions = ", ".join(f"{name} {value}" for name, value in made.get("versions", {}).items())
    st.subheader(t("learned.provenance"), anchor=False)
    st.markdown(
        t("learned.made", date=made.get("date", "–"), command=made.get("command", "–"), versions=versions or "–")
    )
    rows = {"date": made.get("date", "–"), "command": made.get("command", "–"), "versions": versions or "–"}
    cells = pd.DataFrame(
        [(t(f"learned.row_{name}"), value) for name, value in rows.items()], columns=[t("table.name"), t("table.value")]
    )
    sheet.table(cells, t("learned.provenance"))


def whole(name: str) -> dict[str, Any] | None:
    """An agent's card; None where it has none or it cannot be read, which `damaged` says."""
    try:
        return learned.card(name, FOLDER) if name in learned.NAMES else None
    except AgentError:
        return None
