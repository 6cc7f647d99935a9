"""Why one agent is better than another: each number and place of the sentence is so in the traces.

Every claim is counted a second time, in plain Python from World and trace.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from core import Scenario, build_world
from core.accounts.ledger import settle
from core.agents.registry import make_agent
from core.engines.batch import simulate_many
from core.figures import Style
from core.figures.compare.why import PARTS, parts, why_better
from core.reports.words import translate
from core.studies.run import Result
from tests.strategies import SMALL, scenarios

RUNS = int(os.environ.get("REASON_RUNS", "20"))
WHO = ["afap", "alap", "rr", "cheapest", "best", "ppo"]
LOOKS = [Style(text=lambda key, lang=lang, **v: translate(lang, key, **v)) for lang in ("en", "ko")]
CLOSE = 1e-6


def run(scenario: Scenario, *agents: str) -> list[Result]:
    world = build_world(scenario)
    traces = [simulate_many([world], make_agent(agent))[0] for agent in agents]
    return [Result(scenario, world, trace, settle(world, trace)) for trace in traces]


def station_kwh(result: Result, station: int, first: int, last: int) -> float:
    """Charged less discharged at a station from one step to before another."""
    k = result.scenario.ports_per_station
    ports = result.trace.power_kw[station * k : (station + 1) * k]
    return sum(float(ports[port, step]) / 4 for port in range(k) for step in range(first, last))


def site_kwh(result: Result, first: int, last: int) -> float:
    return sum(station_kwh(result, station, first, last) for station in range(result.scenario.stations))


def windows(result: Result) -> list[tuple[int, int]]:
    """Two whole hours from every hour on, as steps."""
    n = result.world.n_steps
    hours = -(-n // 4)
    return [(4 * h, min(4 * h + 8, n)) for h in range(max(1, hours - 1))]


def time_of(result: Result, step: int) -> str:
    start = result.scenario.start_hour * 60 + 15 * step
    return f"{start // 60 % 24:02d}:{start % 60:02d}"


@settings(max_examples=RUNS)
@given(scenario=scenarios(**SMALL), one=st.sampled_from(WHO), other=st.sampled_from(WHO))
@example(Scenario(), "best", "afap")
@example(Scenario(stations=5, transformer_limit_kw=10), "afap", "rr")
@example(Scenario(stations=5, w_user=0.0, peak_price_eur_per_kw=3.0), "best", "afap")
@example(Scenario(stations=4, setpoint=True, deviation_price_eur_per_kwh=5.0), "best", "afap")
def test_what_is_said_is_so(scenario, one, other):
    first, second = run(scenario, one, other)
    found = why_better(first, second, LOOKS[0])
    gain = first.ledger.totals.objective_eur - second.ledger.totals.objective_eur
    if abs(gain) < 0.005 - CLOSE:
        assert found is None
        return
    assume(found is not None)
    a, b = (first, second) if gain > 0 else (second, first)
    for look in LOOKS:
        assert "why." not in look.text(found.key, **found.values)
    assert sum(parts(a).values()) == pytest.approx(a.ledger.totals.objective_eur, abs=1e-6)
    saved = {name: parts(a)[name] - parts(b)[name] for name in PARTS}
    cause, v = found.key.removeprefix("why."), found.values
    assert v["gain"] == LOOKS[0].money(abs(gain))
    assert v["part"] == LOOKS[0].money(max(saved.values()))
    if cause == "plain":
        return
    assert saved[cause] == max(saved.values()) > 0
    if cause == "energy":
        by_window = {w: site_kwh(a, *w) - site_kwh(b, *w) for w in windows(a)}
        assert -v["less"] == pytest.approx(min(by_window.values()), abs=CLOSE)
        assert v["more"] == pytest.approx(max(by_window.values()), abs=CLOSE)
        said = next(w for w in by_window if time_of(a, w[0]) == v["from"] and -by_window[w] > v["less"] - CLOSE)
        at = [station_kwh(a, s, *said) - station_kwh(b, s, *said) for s in range(scenario.stations)]
        assert at[v["station"]] == pytest.approx(min(at), abs=CLOSE)
    if cause == "wear":
        assert v["energy"] == pytest.approx(b.ledger.totals.discharged_kwh - a.ledger.totals.discharged_kwh)
        assert v["energy"] > 0
    if cause == "unmet":
        s = a.world.sessions
        missing = [
            [
                max(0.0, float(s.wanted_energy_kwh[c] - r.trace.energy_kwh[s.port[c], s.departure_step[c]]))
                for r in (b, a)
            ]
            for c in range(len(s))
        ]
        less = [x - y for x, y in missing]
        assert v["energy"] == pytest.approx(sum(less), abs=CLOSE)
        most = [c for c in range(len(s)) if less[c] > max(less) - CLOSE]
        assert (v["station"], v["at"]) in [(s.station[c], time_of(a, int(s.departure_step[c]) + 1)) for c in most]
    if cause == "overload":
        assert v["energy"] == pytest.approx(b.ledger.totals.overload_kwh - a.ledger.totals.overload_kwh)
        assert v["energy"] > 0
    if cause == "demand":
        assert v["power"] == pytest.approx(b.ledger.totals.peak_kw - a.ledger.totals.peak_kw)
        power = b.trace.power_kw.sum(axis=0)
        assert v["at"] in [time_of(b, k) for k in range(len(power)) if power[k] > power.max() - CLOSE]
