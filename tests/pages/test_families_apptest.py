"""Choosing agents by family on every page, with families that there may or may not be."""

from __future__ import annotations

import pytest
import streamlit as st

from core.agents.heuristics import AsFastAsPossible
from core.agents.info import AgentInfo
from core.agents.looks import SITE_PARTS, look_of
from core.agents.registry import AGENTS
from core.scenario import Scenario
from pages.ui import families
from pages.ui.i18n import translate
from tests.pages.shown import words

PAGE = "explore"
SMALL = {"stations": "2", "lang": "en", "length_h": "14"}
PICKERS = {"explore": "agent", "stations": "stations.agent", "agents": "choice.card"}
COMPARING = ("compare", "robustness", "tradeoffs")


@pytest.fixture
def sites(monkeypatch):
    """Whole-site agents for sites of 2 and 3 ports, which in truth charge at once, and no others."""
    for name in [name for name, info in AGENTS.items() if info.family == "whole_site"]:
        monkeypatch.delitem(AGENTS, name)
    for name in ("site_ppo_objective", "site_ppo_provider", "site_sac_objective"):
        algorithm, reward = SITE_PARTS[name]
        kind = type(f"Fake_{name}", (AsFastAsPossible,), {"name": name})
        info = AgentInfo(
            name, "whole_site", kind, look_of(name), blind_to_weights=True, algorithm=algorithm, reward=reward,
            ports=(2, 3),
        )  # fmt: skip
        monkeypatch.setitem(AGENTS, name, info)
    monkeypatch.setattr(families, "FIRST", {**families.FIRST, "whole_site": "site_ppo_objective"})
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def without(monkeypatch, *gone: str) -> None:
    """As if these families had no files."""
    for name in [name for name, info in AGENTS.items() if info.family in gone]:
        monkeypatch.delitem(AGENTS, name)
    monkeypatch.setattr(families, "FIRST", {f: name for f, name in families.FIRST.items() if f not in gone})


@pytest.mark.parametrize("page", PICKERS)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_new_family_begins_with_its_best_and_comes_back_to_the_last(open_page, fine, link, page, language):
    app, key = open_page(page, lang=language), PICKERS[page]
    fine(app.selectbox(key=f"{key}.family").set_value("heuristic").run())
    assert app.selectbox(key=key).value == families.FIRST["heuristic"]
    fine(app.selectbox(key=key).set_value("alap").run())
    fine(app.selectbox(key=f"{key}.family").set_value("optimiser").run())
    assert app.selectbox(key=key).value == "best"
    fine(app.selectbox(key=f"{key}.family").set_value("heuristic").run())
    assert app.selectbox(key=key).value == "alap"
    assert link(app)["card" if page == "agents" else "agent"] == "alap"
    assert translate(language, "agents.alap.description") in words(app)


def test_of_whole_site_agents_algorithm_and_reward_are_chosen(open_page, fine, link, sites):
    app = open_page()
    fine(app.selectbox(key="agent.family").set_value("whole_site").run())
    first = link(app)["agent"]
    assert AGENTS[first].family == "whole_site"
    fine(app.selectbox(key="agent.algorithm").set_value("ppo").run())
    fine(app.selectbox(key="agent.reward").set_value("provider").run())
    assert link(app)["agent"] == "site_ppo_provider"
    assert "Service provider" in words(app)
    # SAC did not learn under that reward: the nearest that there is.
    fine(app.selectbox(key="agent.algorithm").set_value("sac").run())
    assert link(app)["agent"] == "site_sac_objective"
    assert app.selectbox(key="agent.reward").value == "objective"


@pytest.mark.parametrize("page", ["explore", "stations"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_where_an_agent_does_not_fit_the_page_says_what_it_was_trained_for(open_page, sites, page, language):
    app = open_page(page, stations="4", lang=language, agent="site_ppo_objective")
    (said,) = (x.value for x in app.info)
    name, ports = translate(language, "agents.site_ppo_objective.name"), f"2{translate(language, 'families.or')}3"
    assert said == translate(language, "families.unfit_one", agent=name, ports=ports, here=4)
    assert not app.get("vega_lite_chart")
    assert not open_page(page, stations="3", agent="site_ppo_objective").info


@pytest.mark.parametrize("page", COMPARING)
def test_comparisons_leave_out_who_does_not_fit_and_say_so(open_page, sites, page):
    query = {"agents": "afap,site_ppo_objective,site_sac_objective", "days": "1", "points": "5", "n": "10"}
    app = open_page(page, stations="4", **query)
    said = [x.value for x in app.info]
    assert len(said) == 1
    assert "PPO for one site (Objective), SAC for one site (Objective)" in said[0]
    assert not open_page(page, **query).info


def test_a_sweep_over_sizes_leaves_out_who_serves_only_some(open_page, sites):
    query = {"field": "stations", "from": "2", "to": "6", "days": "1", "points": "5"}
    app = open_page("tradeoffs", agents="afap,site_ppo_objective", **query)
    assert [translate("en", "agents.site_ppo_objective.name") in x.value for x in app.info] == [True]


@pytest.mark.parametrize("page", COMPARING)
def test_what_can_be_added_follows_the_family_and_what_is_chosen_stays(open_page, fine, link, page, sites):
    app = open_page(page, agents="afap,best", days="1", points="5", n="10")
    box = app.multiselect(key="choice.agents")
    assert box.value == ["afap", "best"]
    fine(app.selectbox(key="choice.agents.family").set_value("heuristic").run())
    labels = [translate("en", f"agents.{name}.name") for name in ("afap", "alap", "rr", "cheapest", "best")]
    assert app.multiselect(key="choice.agents").options == labels
    fine(app.multiselect(key="choice.agents").set_value(["afap", "cheapest", "best"]).run())
    fine(app.selectbox(key="choice.agents.family").set_value("whole_site").run())
    fine(app.selectbox(key="choice.agents.reward").set_value("objective").run())
    names = ("afap", "cheapest", "best", "site_ppo_objective", "site_sac_objective")
    labels = [translate("en", f"agents.{name}.name") for name in names]
    assert app.multiselect(key="choice.agents").options == labels
    fine(app.multiselect(key="choice.agents").set_value(list(names)).run())
    assert link(app)["agents"] == ",".join(names)


def test_comparisons_begin_with_a_telling_set(open_page):
    learned = {"planner_corrected", "shared_port", "whole_site"}
    shown = families.telling(Scenario(stations=2, length_h=14))
    kinds = [AGENTS[name].family for name in shown]
    assert shown[0] == "afap"
    assert kinds.count("heuristic") == 2
    assert {"mpc", "best"} <= set(shown)
    assert all(kinds.count(family) <= 1 for family in learned)
    for page in ("compare", "robustness"):
        app = open_page(page, n="10")
        assert app.multiselect(key="choice.agents").value == [name for name in shown if name != "mpc"]
        assert translate("en", "choose.left_out", agents=translate("en", "agents.mpc.name")) in words(app)


def test_whoever_is_worse_than_plug_and_charge_is_left_out_at_first_and_named(open_page):
    site = Scenario(stations=25)
    worse = families.WORSE
    assert worse == {"site_ars_objective"}
    assert all(AGENTS[name].fits(site) for name in worse)
    assert not worse & set(families.telling(site))
    app = open_page("robustness", stations="25", length_h="14", n="10")
    words = translate("en", "choose.worse_left_out", agents=translate("en", "agents.site_ars_objective.name"))
    assert words in [caption.value for caption in app.caption]
    app = open_page("robustness", stations="25", length_h="14", n="10", agents="afap,site_ars_objective")
    assert words not in [caption.value for caption in app.caption]


@pytest.mark.parametrize("gone", [("planner_corrected",), ("planner_corrected", "shared_port", "whole_site")])
@pytest.mark.parametrize("page", ["compare", "stations", "tradeoffs"])
def test_pages_do_without_a_family(open_page, monkeypatch, gone, page):
    without(monkeypatch, *gone)
    app = open_page(page, agent="afap", days="1", points="5")
    boxes = {box.key: box for box in app.selectbox}
    family = boxes[f"{PICKERS.get(page, 'choice.agents')}.family"]
    assert not {translate("en", f"families.{name}") for name in gone} & set(family.options)
