"""Choosing agents: the family first, then the algorithm, and for whole-site agents what they were rewarded for.

An address names agents alone (`agent=sac`, `agents=afap,mpc,sac`); which family's list is open is nobody's link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.agents.info import FAMILIES, Family
from core.agents.looks import algorithm_title
from core.agents.registry import AGENTS, REFERENCE
from core.reports.words import ports_title, reward_title
from core.scenario import Scenario
from core.studies.shipped_quality import best_of, first_learned, is_worse_than_nothing
from pages.ui import choices
from pages.ui.i18n import agent_name, language, named, t

FIRST_LEARNED = first_learned()
"""The learned agent that pages begin with; None where none can be used."""

FIRST: dict[Family, str] = {family: name for family in FAMILIES if (name := best_of(family)) is not None}
"""The agent that each family's list begins with: the best of those measured."""

WORSE = frozenset(name for name in FIRST.values() if is_worse_than_nothing(name))
"""Those of them that were measured to do worse than plug and charge."""

LAST = "families.last"
"""Session key: the agent last chosen in each family."""

BEGIN: tuple[Family, ...] = ("shared_port", "planner_corrected")
"""Families that are open at first where agents are added to a comparison: the first of them that there is."""

Entries = Mapping[Family, Sequence[str]]


def registered() -> dict[Family, list[str]]:
    """Agents by family; families without any are left out."""
    by_family = {family: [name for name, info in AGENTS.items() if info.family == family] for family in FAMILIES}
    return {family: names for family, names in by_family.items() if names}


def telling(scenario: Scenario) -> list[str]:
    """Agents that comparisons begin with: plug and charge, one rule, all plans, the best of each learned family.

    A family whose best was measured to do worse than plug and charge is left out: it would flatten all others.
    """
    best = {name for family, name in FIRST.items() if family != "own"}
    shown = {REFERENCE, *best, *registered()["optimiser"]} - WORSE
    return [name for name, info in AGENTS.items() if name in shown and info.fits(scenario)]


def quick(scenario: Scenario) -> list[str]:
    """Those of them that do not plan anew in every step."""
    return [name for name in telling(scenario) if not AGENTS[name].plans_every_step]


def say_left_out(scenario: Scenario, names: Iterable[str]) -> None:
    """Say which agents take too long to begin with, as long as nobody has chosen others."""
    shown, fast = set(names), quick(scenario)
    missing = [name for name in telling(scenario) if name not in fast and name not in shown]
    if missing and choices.get("agents") is None:
        st.caption(t("choose.left_out", agents=", ".join(agent_name(name) for name in missing)))


# --- one agent --------------------------------------------------------------------------------------------------------
def one(key: str, chosen: str, keep: Callable[[str], None], entries: Entries | None = None) -> str:
    """Boxes for one agent, side by side: its family, itself; for whole-site agents algorithm and reward.

    Parameters
    ----------
    key : str
        Of the widgets: ``KEY.family`` and ``KEY``, for whole-site agents ``KEY.algorithm`` and ``KEY.reward``.
    chosen : str
        The agent that is chosen now.
    keep : callable
        Called with the new agent in a widget's callback, before anything is drawn.
    entries : mapping, optional
        What can be chosen, by family; every agent by default.

    Returns
    -------
    str
        The agent.
    """
    entries = entries or registered()
    family: Family = next((f for f, names in entries.items() if chosen in names), next(iter(entries)))
    names = entries[family]
    last = st.session_state.setdefault(LAST, {})
    last[family] = chosen

    def to_family() -> None:
        asked = st.session_state[f"{key}.family"]
        if asked in entries and asked != family:
            keep(next(name for name in (last.get(asked), FIRST.get(asked), *entries[asked]) if name in entries[asked]))

    def to_agent() -> None:
        if st.session_state[key] in names:
            keep(st.session_state[key])

    # Said anew in every run: a browser knows options by their labels, and those of another language are unknown here.
    st.session_state[f"{key}.family"] = family
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"pick_{key.replace('.', '_')}"):
        st.selectbox(
            t("families.family"), list(entries), format_func=named("families.{}"), key=f"{key}.family",
            on_change=to_family,
        )  # fmt: skip
        if family == "whole_site":
            _whole_site(key, chosen, names, keep)
        else:
            st.session_state[key] = chosen if chosen in names else names[0]
            st.selectbox(t("families.agent"), names, format_func=named("agents.{}.name"), key=key, on_change=to_agent)
    return chosen if chosen in names else names[0]


def one_with_words(key: str, chosen: str, keep: Callable[[str], None]) -> str:
    """The same with a line beside the boxes that says what the agent is."""
    boxes, words = st.columns([46, 54], gap="medium", vertical_alignment="bottom")
    with boxes:
        agent = one(key, chosen, keep)
    with words, st.container(key="agent_words"):
        st.caption(t(f"agents.{agent}.description"))
    return agent


def _whole_site(key: str, chosen: str, names: Sequence[str], keep: Callable[[str], None]) -> None:
    """Boxes for a whole-site agent's algorithm and reward; what was chosen of the other stays where it can."""
    parts = {name: (AGENTS[name].algorithm, AGENTS[name].reward) for name in names}
    algorithm, reward = parts[chosen]

    def choose(place: int, box: str) -> None:
        asked = st.session_state[box]
        fitting = [name for name, of in parts.items() if of[place] == asked]
        other = (algorithm, reward)[1 - place]
        if fitting:
            keep(next((name for name in fitting if parts[name][1 - place] == other), fitting[0]))

    words: tuple[Callable[[Any], str], ...] = (algorithm_title, rewards_named())
    for place, (what, now, said) in enumerate(zip(("algorithm", "reward"), (algorithm, reward), words, strict=True)):
        box = f"{key}.{what}"
        st.session_state[box] = now
        st.selectbox(
            t(f"families.{what}"), list(dict.fromkeys(of[place] for of in parts.values())), format_func=said, key=box,
            on_change=choose, args=(place, box),
        )  # fmt: skip


def rewards_named() -> Callable[[Any], str]:
    """A `format_func` for rewards, in the language in force now."""
    now = language()
    return lambda reward: reward_title(now, str(reward))


def say_unfit(scenario: Scenario, agent: str) -> bool:
    """Whether a chosen agent does not serve the scenario's site; then one sentence says which it was trained for."""
    info = AGENTS[agent]
    if info.fits(scenario):
        return False
    ports = ports_title(language(), info.ports)
    st.info(t("families.unfit_one", agent=agent_name(agent), ports=ports, here=scenario.n_ports))
    return True


# --- several agents ---------------------------------------------------------------------------------------------------
def several(default: Sequence[str], scenario: Scenario) -> list[str]:
    """The agents to compare, in the registry's order; at least the reference.

    The family narrows what the list offers; those chosen stay, whichever is open. Chosen agents that do not serve the
    scenario's site are left out, which one sentence says.
    """
    key = "choice.agents"
    asked = [name.strip() for name in (choices.get("agents") or "").split(",") if name.strip()]
    unknown = [name for name in asked if name not in AGENTS]
    if unknown:
        choices.refuse("agents", t("choose.agents"), ", ".join(unknown), list(AGENTS))
    chosen = [name for name in AGENTS if name in asked] or list(default)

    def keep() -> None:
        choices.made("agents")
        names = [name for name in AGENTS if name in st.session_state[key]]
        choices.put("agents", None if names == list(default) else ",".join(names))

    boxes, list_of_agents = st.columns([30, 70], gap="small")
    with boxes:
        offered = _offered(key)
    st.session_state[key] = chosen
    picked = list_of_agents.multiselect(
        t("choose.agents"), [name for name in AGENTS if name in chosen or name in offered],
        format_func=named("agents.{}.name"), key=key, on_change=keep, wrap=True,
    )  # fmt: skip
    choices.say_refused("agents")
    worse = [name for name in AGENTS if name in WORSE and AGENTS[name].fits(scenario) and name not in chosen]
    if worse and choices.get("agents") is None:
        st.caption(t("choose.worse_left_out", agents=", ".join(agent_name(name) for name in worse)))
    ordered = [name for name in AGENTS if name in picked]
    unfit = [name for name in ordered if not AGENTS[name].fits(scenario)]
    if unfit:
        _say("unfit_left_out", unfit, here=scenario.n_ports)
    return [name for name in ordered if name not in unfit] or [REFERENCE]


def _offered(key: str) -> list[str]:
    """Agents of the family whose list is open; of whole-site ones, those of one reward."""
    known = registered()
    first: Family = next((f for f in BEGIN if f in known), "heuristic")
    family: Family = st.session_state.setdefault("families.open", first)
    box = f"{key}.family"
    st.session_state[box] = family

    def to_family() -> None:
        if st.session_state[box] in known:
            st.session_state["families.open"] = st.session_state[box]

    st.selectbox(t("families.family"), list(known), format_func=named("families.{}"), key=box, on_change=to_family)
    names = known[family]
    if family != "whole_site":
        return names
    rewards = list(dict.fromkeys(AGENTS[name].reward for name in names))
    reward = st.session_state.setdefault("families.reward", AGENTS[FIRST.get("whole_site", names[0])].reward)
    box_of_reward = f"{key}.reward"
    st.session_state[box_of_reward] = reward

    def to_reward() -> None:
        if st.session_state[box_of_reward] in rewards:
            st.session_state["families.reward"] = st.session_state[box_of_reward]

    st.selectbox(t("families.reward"), rewards, format_func=rewards_named(), key=box_of_reward, on_change=to_reward)
    return [name for name in names if AGENTS[name].reward == reward]


def serving(names: Sequence[str], scenarios: Iterable[Scenario]) -> list[str]:
    """Those that serve the site of every scenario of a sweep; who does not is said in one sentence."""
    every = list(scenarios)
    unfit = [name for name in names if AGENTS[name].ports and not all(AGENTS[name].fits(s) for s in every)]
    if unfit:
        _say("unfit_sweep", unfit)
    return [name for name in names if name not in unfit] or [REFERENCE]


def _say(what: str, unfit: Sequence[str], **more: Any) -> None:
    ports = sorted({n for name in unfit for n in AGENTS[name].ports})
    said = ", ".join(agent_name(name) for name in unfit)
    st.info(t(f"families.{what}", agents=said, ports=ports_title(language(), ports), **more))


def against(options: Sequence[str]) -> str:
    """The agent that the others are measured against."""
    default = REFERENCE if REFERENCE in options else options[0]
    out: str = choices.one_of("against", t("choose.against"), list(options), default, named("agents.{}.name"))
    return out
