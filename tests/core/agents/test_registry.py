"""What the registry says of an agent is so: a wrong entry shows here, not on a page."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from core import Scenario, build_world
from core.agents.base import Agent
from core.agents.info import FAMILIES, LEARNED
from core.agents.learned import NAMES, available, family_of
from core.agents.looks import ALGORITHM_LOOKS, RESIDUAL_LOOK, SITE_PARTS, look_of
from core.agents.optimum.problem import Problem
from core.agents.registry import AGENTS, BOUND, REFERENCE, everywhere, make_agent
from core.engines.ev2gym import simulate

BUSY = Scenario(
    stations=3,
    intensity=20,
    length_h=24,
    seed=4,
    transformer_limit_kw=15,
    v2g_price_factor=1.3,
    retail="kepco_self_use_low",
)
LEARNED_LOOKS = ALGORITHM_LOOKS | {"residual": RESIDUAL_LOOK}
SITE_LOOKS = {name: look_of(name) for name in SITE_PARTS}
LOOKS = {name: info.look for name, info in AGENTS.items() if name not in SITE_LOOKS} | LEARNED_LOOKS
"""All but those of whole-site agents, of which there are too many for colours of their own."""


@pytest.fixture(scope="module")
def world():
    return build_world(BUSY)


def test_entries_stand_under_their_own_names():
    assert {REFERENCE, BOUND} <= set(AGENTS)
    for name, info in AGENTS.items():
        assert info.name == name == make_agent(name).name
        assert make_agent(name) is not make_agent(name), "one instance serves one run"


def test_only_the_bound_knows_the_future():
    assert [name for name in AGENTS if make_agent(name).foresight] == [BOUND]


def test_every_learned_agent_has_a_look_of_its_own():
    assert tuple(ALGORITHM_LOOKS) == NAMES
    assert len({look.marker for look in LEARNED_LOOKS.values()}) == len(LEARNED_LOOKS)
    others = {info.look.marker for info in AGENTS.values() if not info.learned}
    learned = {look.marker for look in (*LEARNED_LOOKS.values(), *SITE_LOOKS.values())}
    assert others.isdisjoint(learned)
    assert {look_of(name) for name in LEARNED_LOOKS} == set(LEARNED_LOOKS.values())
    assert look_of("nobody") is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_whole_site_agents_differ_by_marker_and_shade(theme):
    """Those of one algorithm by the shape of their reward, those of one reward by the colour of their algorithm."""
    assert len(SITE_LOOKS) == 63
    seen = {(getattr(look, theme), look.marker) for look in SITE_LOOKS.values()}
    assert len(seen) == 63
    shapes = {look.marker for look in SITE_LOOKS.values()}
    assert len(shapes) == 7
    assert shapes.isdisjoint(look.marker for look in LOOKS.values())
    colours = {getattr(look, theme) for look in SITE_LOOKS.values()}
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)
    assert len(colours) == 63


def test_learned_agents_are_those_whose_files_exist_in_the_order_of_their_families():
    learned = [name for name, info in AGENTS.items() if info.learned]
    assert learned == list(available())
    assert all(AGENTS[name].family == family_of(name) for name in learned)
    families = [FAMILIES.index(info.family) for info in AGENTS.values()]
    assert families == sorted(families)
    assert FAMILIES[2:5] == LEARNED
    for name in learned:
        assert (AGENTS[name].algorithm in NAMES) == (name != "residual" or AGENTS[name].algorithm in NAMES)
        assert bool(AGENTS[name].reward) == (AGENTS[name].family == "whole_site")


def test_an_agent_fits_everywhere_or_sites_with_its_numbers_of_ports():
    assert AGENTS["afap"].fits(Scenario(stations=3))
    one_site = replace(AGENTS["afap"], ports=(20, 25))
    assert [one_site.fits(Scenario(stations=n)) for n in (20, 21, 25)] == [True, False, True]
    assert everywhere() == [name for name, info in AGENTS.items() if info.family != "whole_site"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_two_agents_share_a_colour(theme):
    colours = {name: getattr(look, theme) for name, look in LOOKS.items()}
    assert [name for name, colour in colours.items() if not re.fullmatch("#[0-9A-F]{6}", colour)] == []
    assert [pair for pair in itertools.combinations(colours, 2) if colours[pair[0]] == colours[pair[1]]] == []


@pytest.mark.parametrize("name", AGENTS)
def test_those_blind_to_weights_and_only_they_act_alike_whatever_the_weights(name, world):
    """Runs of blind agents are kept when the objective changes: a wrong entry would show stale ones."""
    others = [
        BUSY.replace(w_user=0.1, w_provider=1.0, w_grid=1.0),
        BUSY.replace(w_user=1.0, w_provider=0.0, w_grid=0.0, unmet_price_eur_per_kwh=0.0, wear_price_eur_per_kwh=0.0),
        BUSY.replace(overload_price_eur_per_kwh=5.0, peak_price_eur_per_kw=1.0),
    ]
    assert {other.world_key for other in others} == {BUSY.world_key}
    action = simulate(world, make_agent(name)).action
    alike = [np.array_equal(action, simulate(build_world(other), make_agent(name)).action) for other in others]
    assert all(alike) if AGENTS[name].blind_to_weights else not all(alike)


@pytest.mark.parametrize("name", AGENTS)
def test_those_that_plan_at_every_step_and_only_they_formulate_a_program_then(name, world, monkeypatch):
    """Pages show everything else before them, and studies run them last."""
    formulated = 0
    build = Problem.__init__

    def counted(self, *arguments, **named):
        nonlocal formulated
        formulated += 1
        build(self, *arguments, **named)

    class Watched(Agent):
        plans = steps = 0

        def prepare(self, worlds):
            agent.prepare(worlds)

        def act(self, view):
            before = formulated
            actions = agent.act(view)
            self.steps += view.connected.any()
            self.plans += formulated > before
            return actions

    monkeypatch.setattr(Problem, "__init__", counted)
    agent, watched = make_agent(name), Watched()
    watched.name, watched.foresight = name, agent.foresight
    simulate(world, watched)
    assert watched.steps > 20
    assert watched.plans == (watched.steps if AGENTS[name].plans_every_step else 0)


def test_an_agent_is_slow_where_it_plans_at_every_step_or_the_site_is_large():
    assert [name for name, info in AGENTS.items() if info.is_slow(25)] == ["mpc"]
    assert [name for name, info in AGENTS.items() if info.is_slow(400)] == ["mpc", "best"]
