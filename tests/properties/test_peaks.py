"""Titles of duration curves, over the scenario space: every number in them is that of the trace, added up anew here.

`REASON_RUNS` sets the number of random runs, as in `test_reasons.py`.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import Scenario
from core.figures.compare import durations
from core.figures.duration import duration
from core.figures.robustness import daily_peaks
from core.studies.run import Result
from tests.properties.test_findings import EN, RUNS, SITES, STYLES, WHO, run
from tests.strategies import scenarios

EXPORTS = Scenario(stations=3, pv_share=3.0).replace(date="2022-06-18")
"""The site feeds back more than it draws, beyond its limit."""

EMPTY = Scenario(stations=2, place="workplace", date="2022-01-16")


def site(result: Result) -> list[float]:
    """Power of the site step by step."""
    world = result.world
    return [
        sum(float(world.load_kw[i, k] - world.pv_kw[i, k]) for i in range(result.scenario.transformers))
        + float(sum(result.trace.power_kw[:, k]))
        for k in range(world.n_steps)
    ]


def hours_over(result: Result) -> float:
    """Hours in which any transformer is more than 0.5 kW beyond the limit in force."""
    world, per = result.world, result.scenario.ports_per_station
    home = [int(world.station_transformer[port // per]) for port in range(result.scenario.n_ports)]
    hours = 0.0
    for k in range(world.n_steps):
        power = [float(world.load_kw[i, k] - world.pv_kw[i, k]) for i in range(result.scenario.transformers)]
        for port, i in enumerate(home):
            power[i] += float(result.trace.power_kw[port, k])
        over = [kw - world.limit_kw[i, k] > 0.5 or world.lower_limit_kw[i, k] - kw > 0.5 for i, kw in enumerate(power)]
        hours += 0.25 * any(over)
    return hours


def numbers(text: str) -> list[float]:
    found = re.findall(r"(?<![A-Z])−?\d[\d,]*(?:\.\d+)?", text)  # names hold digits, too: TD3
    return [float(x.replace(",", "").replace("−", "-")) for x in found]


def left_short(result: Result) -> int:
    s = result.world.sessions
    return int((s.wanted_energy_kwh - result.trace.energy_kwh[s.port, s.departure_step] > 0.05).sum())


@settings(max_examples=RUNS)
@given(scenario=scenarios(**SITES), agent=st.sampled_from(WHO))
@example(EXPORTS, "best")
@example(EXPORTS, "afap")
@example(EMPTY, "best")
@example(Scenario(stations=12, transformers=3, transformer_limit_kw=20, dr_events=2, load_share=0.7), "best")
def test_a_duration_curve_says_what_the_trace_did(scenario, agent):
    result, reference = run(scenario, agent, "afap")
    mine, base = site(result), site(reference)
    figure = duration(result, reference, EN)
    found = numbers(figure.title)
    assert found[0] == pytest.approx(max(mine), abs=0.0501)
    if agent == "afap":
        assert found[1:] == [pytest.approx(hours_over(result))]
    else:
        cut = max(base) - max(mine)
        assert found[-2:] == pytest.approx([hours_over(result), hours_over(reference)])
        word = "below" if "below plug" in figure.title else "above" if "above plug" in figure.title else "as with"
        # What is written as 0.0 kW is no difference.
        assert word in {"below" if cut > 0.05 - 1e-9 else "", "above" if cut < -0.05 + 1e-9 else "",
                        "as with" if abs(cut) < 0.05 + 1e-9 else ""}  # fmt: skip
        if word != "as with":
            assert found[1] == pytest.approx(abs(cut), abs=0.0501)
            assert ("%" in figure.title) == (max(base) > 0)
            if max(base) > 0:
                assert found[2] == pytest.approx(100 * abs(cut) / max(base), abs=0.0501)
    for look in STYLES:
        assert not re.search(r"[{}]|nan", duration(result, reference, look).title)
    # The line is the trace's, and each of its values lasts a step.
    rows = figure.data["curves"].to_pandas()
    line = rows[rows["line"] == EN.text("series.site")]
    assert line["power"].to_numpy()[:-1] == pytest.approx(sorted(mine, reverse=True), abs=1e-3)
    assert line["x"].to_numpy() == pytest.approx(np.arange(len(mine) + 1) / 4)
    assert line["long"].to_numpy()[0] == 0.25
    assert line["long"].max() == len(mine) / 4


@settings(max_examples=RUNS)
@given(scenario=scenarios(**SITES), who=st.lists(st.sampled_from(WHO), min_size=1, max_size=4, unique=True))
@example(EXPORTS, ["afap", "best", "rr"])
@example(Scenario(), ["rr", "alap", "cheapest"])
@example(Scenario(w_user=0.0, w_provider=0.0, stations=1, intensity=3.0), ["td3"])
def test_the_lowest_peak_of_several_agents_is_the_lowest(scenario, who):
    *runs, base = run(scenario, *(name for name in who if name != "afap"), "afap")
    title = durations([*runs, base], base, EN).title
    able = {result.trace.agent: max(site(result)) for result in runs if result.trace.agent != "best"}
    peak = max(site(base))
    if not able:
        assert numbers(title) == [pytest.approx(peak, abs=0.0501), hours_over(base)]
    elif title.startswith("Lowest peak"):
        lowest = min(able.values())
        assert lowest < peak
        assert numbers(title)[0] == pytest.approx(lowest, abs=0.0501)
        named = [name for name in able if EN.text(f"agents.{name}.name") in title]
        assert named
        assert all(able[name] < lowest + 0.1001 for name in named)
        assert numbers(title)[-2] in [hours_over(x) for x in runs if x.trace.agent in named]
        assert numbers(title)[-1] == hours_over(base)
        short = {left_short(x) for x in runs if x.trace.agent in named}
        assert len(short) == 1
        assert ("left short" in title) == (short != {0})
        cars = len(base.world.sessions)
        assert short == {0} or f"{next(iter(short))} of {cars} cars left" in title or cars == 1
    else:
        assert title.startswith("No agent")
        assert min(able.values()) >= peak - 0.0501
        assert numbers(title) == [pytest.approx(peak, abs=0.0501), hours_over(base)]
    assert (" of those that do not know the future" in title) == (bool(able) and "best" in who)


@given(
    peaks=st.lists(st.tuples(*[st.floats(-50, 300, allow_nan=False)] * 3, st.booleans()), min_size=1, max_size=40),
)
def test_the_highest_day_of_many_is_the_highest(peaks):
    agents = ("afap", "rr", "best")
    rows = pd.DataFrame(
        [
            {"world": i, "agent": name, "cars": 1, "site_peak_kw": day[k], "over_limit_h": 0.25 * (day[3] and k == 0)}
            for i, day in enumerate(peaks)
            for k, name in enumerate(agents)
        ]
    )
    figure = daily_peaks(rows, "afap", 100.0, EN)
    afap, rr = (max(day[k] for day in peaks) for k in (0, 1))
    found = numbers(figure.title)
    assert found[-4:] == pytest.approx([rr, afap, 0, sum(day[3] for day in peaks)], abs=0.0501)
    assert EN.text("agents.best.name") not in figure.title  # which knows the future
    line = figure.data["curves"].to_pandas()
    line = line[line["line"] == EN.text("agents.rr.name")]
    assert line["power"].to_numpy()[:-1] == pytest.approx(sorted((day[1] for day in peaks), reverse=True), abs=1e-3)
    assert line["x"].to_numpy().tolist() == list(range(len(peaks) + 1))
    for look in STYLES:
        daily_peaks(rows[rows["agent"] == "afap"], "afap", 100.0, look)
