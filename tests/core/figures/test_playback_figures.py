"""The day as it plays, and who serves a station's drivers best: what is shown is the ledger's, and ties are said."""

from __future__ import annotations

import base64
import json
from functools import partial

import numpy as np
import pytest
import vl_convert

from core import PRESETS, Scenario
from core.accounts.playback import RunningMoney, of_run, running_money
from core.figures import Style
from core.figures.playback import EMPTY_BYTE, PARTS, Served, player, serves_best, station_ranking
from core.studies.run import simulate
from pages.ui.i18n import translate

STYLE = Style(text=partial(translate, "en"))
WON = Style(text=partial(translate, "ko"), currency="KRW", theme="dark")
STREET = PRESETS["street"]


@pytest.fixture(scope="module")
def street():
    return simulate(STREET, "best")


def day_of(result):
    return of_run(result.world, result.trace, result.ledger)


def levels(text: str) -> list[int]:
    return list(base64.b64decode(text))


# --- the day as it plays ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("style", [STYLE, WON])
def test_the_last_frame_shows_the_ledger(street, style):
    for station in range(STREET.stations):
        row, shown = street.ledger.stations.iloc[station], player(day_of(street), station, style)["shown"]["money"]
        expected = {
            "total": row["user_profit_eur"], "energy_cost": -row["energy_cost_eur"],
            "v2g_revenue": row["v2g_revenue_eur"], "wear": -row["wear_cost_eur"], "unmet": -row["unmet_cost_eur"],
        }  # fmt: skip
        for name, eur in expected.items():
            # Sums in another order differ by a hair, which matters where an amount ends in half a cent or won.
            assert shown[name][-1] in {style.amount(eur + hair, signed=True) for hair in (-1e-9, 0, 1e-9)}
        assert {len(amounts) for amounts in shown.values()} == {street.world.n_steps + 1}


def test_every_port_has_its_levels_and_status(street):
    day, data = day_of(street), player(day_of(street), 5, STYLE)
    n = street.world.n_steps
    assert len(data["status"]) == len(data["before"]) == len(data["after"]) == STREET.n_ports
    for port in range(STREET.n_ports):
        before, after = levels(data["before"][port]), levels(data["after"][port])
        assert len(before) == len(after) == len(data["status"][port]) == n
        empty = street.world.occupancy[port] < 0
        assert [x == EMPTY_BYTE for x in before] == empty.tolist()
        assert [x == "0" for x in data["status"][port]] == empty.tolist()
        percent = 100 * day.soc_after_frac[port][~empty]
        assert np.array(after)[~empty] == pytest.approx(percent, abs=0.5)
    assert len(data["clock"]) == len(data["dates"]) == n + 1
    assert data["clock"][0] == "05:00"
    assert len(data["shown"]["power"]) == len(data["shown"]["soc"]) == STREET.ports_per_station


def test_a_line_of_levels_is_one_car(street):
    s = street.world.sessions
    for station in range(STREET.stations):
        lines = player(day_of(street), station, STYLE)["lines"]
        mine = np.flatnonzero(s.station == station)
        begins = sorted(zip(s.arrival_step[mine], s.departure_step[mine] - s.arrival_step[mine] + 2, strict=True))
        assert sorted((line["from"], len(line["soc"])) for line in lines) == begins


def test_stations_hang_from_their_transformer(street):
    groups = player(day_of(street), 0, STYLE)["transformers"]
    assert [group["stations"] for group in groups] == [
        np.flatnonzero(street.world.station_transformer == i).tolist() for i in range(STREET.transformers)
    ]
    for i, group in enumerate(groups):
        assert group["limit"] == pytest.approx(street.world.limit_kw[i], abs=0.051)
        assert min(group["low"], group["high"]) <= min(group["power"])
        assert max(group["power"] + group["limit"]) <= group["high"]


@pytest.mark.parametrize("agent", ["afap", "best"])
@pytest.mark.parametrize("scenario", [Scenario(), STREET, Scenario(date="2022-01-22"), Scenario(retail="flat")])
def test_axes_hold_what_they_show(scenario, agent):
    result = simulate(scenario, agent)
    for style in (STYLE, WON):
        data = player(day_of(result), 3, style)
        for name in ("power", "price", "money"):
            axis = data[name]
            values = [v for key, row in axis.items() if key not in ("low", "high", "ticks") for v in row]
            assert axis["low"] <= min(values)
            assert max(values) <= axis["high"]
            assert axis["low"] < axis["high"]
            assert 2 <= len(axis["ticks"]) <= 6
            assert len({label for _, label in axis["ticks"]}) == len(axis["ticks"])


def test_a_large_site_is_light():
    large = simulate(Scenario(stations=200, transformers=4, transformer_limit_kw=200), "cheapest")
    assert len(json.dumps(player(day_of(large), 3, STYLE))) < 200_000
    largest = Scenario(stations=200, ports_per_station=4, length_h=48, transformers=10, transformer_limit_kw=200)
    assert len(json.dumps(player(day_of(simulate(largest, "afap")), 3, STYLE))) < 1_000_000


# --- who serves them best ---------------------------------------------------------------------------------------------
def one(name: str, total: float, **more) -> Served:
    """An agent whose day brings `total` EUR: half of what it pays it gets back."""
    zero = np.zeros(2)
    return Served(name, RunningMoney(np.array([0, 2.0]), np.array([0, 2.0 + total]), zero, zero), **more)


def said(served, cars=2, style=STYLE, station=4) -> list[str]:
    return [style.text(found.key, **found.values) for found in serves_best(served, station, cars, style)]


def test_the_best_is_named_with_its_lead_over_the_next_and_over_the_reference():
    served = [
        one("Plain", -3.0, reference=True),
        one("Slow", -2.5),
        one("Good", -1.25),
        one("Seer", -1.0, foresight=True),
    ]
    assert said(served) == [
        "Station 4: Good serves its drivers best, with −1.25 EUR. That is 1.25 EUR more than Slow.",
        "It is 1.75 EUR more than Plain.",
        "Seer, which knows the future, reaches −1.00 EUR.",
    ]


def test_who_is_printed_alike_is_tied():
    served = [one("A", -1.001), one("B", -1.004), one("C", -2.0, reference=True)]
    assert said(served)[0] == (
        "Station 4: A and B serve its drivers best and equally well, with −1.00 EUR. That is 1.00 EUR more than C."
    )
    assert said(served[:2]) == ["Station 4: all 2 agents serve its drivers equally well, with −1.00 EUR."]


def test_the_reference_may_be_the_best():
    assert said([one("Plain", 1.0, reference=True), one("Other", 0.5)]) == [
        "Station 4: Plain serves its drivers best, with +1.00 EUR. That is 0.50 EUR more than Other."
    ]


def test_one_alone_and_nobody():
    assert said([one("A", -1.0)]) == ["Station 4: the day under A brings its drivers −1.00 EUR."]
    assert said([one("A", 0.0), one("B", 0.0)], cars=0) == ["No car comes to station 4 on this day."]


def test_without_unmet_energy_it_is_a_bill():
    served = [
        Served(name, RunningMoney(np.array([0, pay]), np.zeros(2), None, None)) for name, pay in (("A", 2), ("B", 1))
    ]
    assert said(served) == ["Station 4: B leaves its drivers the best bill, −1.00 EUR. That is 1.00 EUR better than A."]


def test_the_ranking_adds_up(street):
    results = [simulate(STREET, name, world=street.world) for name in ("afap", "cheapest", "best")]
    served = [Served(run.trace.agent, running_money(day_of(run), 5)) for run in results]
    figure = station_ranking(served, 5, "cheapest", STYLE)
    bars, sums = figure.data["bars"].to_pandas(), figure.data["sums"].to_pandas()
    profit = {run.trace.agent: run.ledger.stations["user_profit_eur"].iloc[5] for run in results}
    assert sums["name"].tolist() == sorted(profit, key=lambda name: -profit[name])
    assert sums["total"].tolist() == pytest.approx([profit[name] for name in sums["name"]], abs=1e-4)
    lengths = (bars["to"] - bars["from"]).groupby(bars["name"]).sum()
    assert lengths[sums["name"]].tolist() == pytest.approx(sums["total"].tolist(), abs=1e-4)
    assert len(bars) == 3 * len(PARTS)
    (low,) = figure.data["chosen"].to_pandas()["low"]
    assert sums["name"][int(low + 0.5)] == "cheapest"
    gap = STYLE.money(max(profit.values()) - min(profit.values()))
    assert gap in figure.title
    svg = vl_convert.vegalite_to_svg(figure.to_vega_lite())
    assert "NaN" not in svg


def test_where_agents_do_not_matter_the_ranking_says_so():
    figure = station_ranking([one("A", -1.0), one("B", -1.0)], 4, "A", STYLE)
    assert figure.title == "Who controls charging does not change the profit of station 4's drivers."
