"""Whole-site agents at run time: what they see is what they were shown in training, and their networks are exact."""

from __future__ import annotations

import numpy as np
import pytest

from core.agents.base import share_current
from core.agents.learned import NAMES, available
from core.agents.learned.policy import Policy
from core.agents.learned.whole_site import (
    PROFIT_MAX,
    SITES,
    STATE_OF,
    SiteAgent,
    Watch,
    columns,
    load_site_policy,
    observe,
    sites_of,
)
from core.agents.looks import SITE_PARTS
from core.engines.batch import Batch, BatchState
from core.errors import AgentError
from core.rewards.stepwise import Days, Running
from core.scenario import Scenario
from core.studies.draw import draw_days
from core.world import build_world
from core.world.battery import ACTION_DECIMALS

SHIPPED = available("whole_site")


@pytest.mark.parametrize("site", SITES)
def test_what_is_seen_is_what_training_shows(site):
    """But for EV2Gym's rounding, which hides up to 0.01 kWh of each car in each step."""
    worlds = [build_world(day) for day in draw_days(SITES[site], 3, "test", 2)]
    batch = Batch(worlds)
    state, watch = BatchState(batch), Watch(len(worlds))
    running = Running(Days(worlds), state.energy_kwh)
    stream = np.random.default_rng(1)
    seen_power, off = [], []
    while not state.done:
        view = batch.views.view(state.step_index, state.energy_kwh.copy())
        shown = watch.look(view)
        for name in set(STATE_OF.values()):
            ours = observe(name, shown, view.step, view.objective.buy)
            theirs = observe(name, running.seen, view.step, view.objective.buy)
            heads = columns(name, batch.n_ports)
            assert ours.shape == theirs.shape == (3, len(heads))
            apart = np.abs(ours - theirs).max(axis=0)
            for head, by in zip(heads, apart, strict=True):
                rounded = {"power_kw": 0.04 * batch.n_ports, "overload_kw": 0.04 * batch.n_ports}
                most = 0.01 * batch.n_ports * (view.step + 1) if head in ("charged_kwh", "discharged_kwh") else 1e-3
                assert by <= rounded.get(head, most) + 1e-6, (name, head, view.step)
        seen_power.append(running.seen.power_kw)
        off.append(shown.power_kw - running.seen.power_kw)
        lean = stream.choice([-1.0, 0.0, 1.0, 1.0], (3, batch.n_ports)) * stream.uniform(0.0, 1.0, (3, batch.n_ports))
        actions = np.round(share_current(lean, view.connected, 1), ACTION_DECIMALS)
        watch.note(view, actions)
        exchanged = np.empty(actions.shape)
        _, end = state.step(actions, exchanged_kwh=exchanged)
        running.after(actions, exchanged, end, state.energy_kwh)
    assert np.abs(seen_power).max() > 50
    assert np.abs(off).mean() < 0.1


def test_a_prepared_agent_remembers_nothing_of_the_day_before():
    layers = ((np.full((25, 72), 0.001, dtype=np.float32), np.zeros(25, dtype=np.float32)),)
    agent = SiteAgent(PROFIT_MAX, {25: lambda: Policy(layers, "tanh", False)})
    world = build_world(Scenario())
    batch = Batch([world])
    answers = []
    for _ in range(2):
        agent.prepare([world])
        answers.append(agent.act(batch.views.view(0, BatchState(batch).energy_kwh)))
    np.testing.assert_array_equal(*answers)


def test_other_sites_are_refused_in_one_sentence():
    agent = SiteAgent(PROFIT_MAX, {20: lambda: None, 25: lambda: None})
    with pytest.raises(AgentError, match="trained for a whole site with 20 or 25 ports, and this one has 3"):
        agent.prepare([build_world(Scenario(stations=3))])


@pytest.mark.parametrize("algo", NAMES)
def test_shipped_policies_are_the_networks_that_torch_would_run(algo):
    torch = pytest.importorskip("torch")
    names = [name for name in SHIPPED if SITE_PARTS[name][0] == algo]
    if not names:
        pytest.skip("none is shipped")
    stream = np.random.default_rng(2)
    for name in names[:3]:
        for site in sites_of(name):
            policy = load_site_policy(name, site)
            inputs = policy.lstm[0].shape[1] if policy.lstm else policy.layers[0][0].shape[1]
            observed = stream.uniform(0.0, 1.0, (40, inputs)).astype(np.float32)
            x, state = torch.tensor(observed), None
            if policy.lstm:
                cell = torch.nn.LSTMCell(inputs, policy.lstm[1].shape[1])
                with torch.no_grad():
                    for parameter, value in zip(cell.parameters(), policy.lstm, strict=False):
                        parameter.copy_(torch.tensor(value))
                    cell.bias_hh.zero_()
                    state = cell(x)
                    x = state[0]
            for k, (weight, bias) in enumerate(policy.layers):
                x = torch.nn.functional.linear(x, torch.tensor(weight), torch.tensor(bias))
                if k < len(policy.layers) - 1:
                    x = torch.tanh(x) if policy.activation == "tanh" else torch.relu(x)
            x = torch.tanh(x) if policy.squash else torch.clamp(x, -1, 1)
            np.testing.assert_allclose(policy.outputs(observed)[0], x.numpy(), atol=1e-5, err_msg=f"{name} {site}")


def test_shipped_agents_run_where_they_were_trained():
    from core.agents.registry import AGENTS, make_agent
    from core.engines.batch import totals_many

    for name in SHIPPED[:: max(1, len(SHIPPED) // 4)]:
        for site in sites_of(name):
            assert AGENTS[name].fits(SITES[site])
            world = build_world(SITES[site])
            assert np.isfinite(totals_many([world], make_agent(name))["objective_eur"]).all()
