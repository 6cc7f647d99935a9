"""Figures: what their data say, that they compile, and how large they are."""

from __future__ import annotations

import dataclasses
import json
from functools import partial

import numpy as np
import pytest
import vl_convert

from core.accounts.explain import explain_station
from core.accounts.ledger import station_power_kw, transformer_power_kw
from core.figures import Figure, Style, power_map, site_power, stakeholder_ledger, station_bars, station_detail
from core.figures.findings import cars_short, headline
from core.figures.heat import shortest_window
from core.figures.site import peak_and_limit
from core.figures.stakeholders import account_lines
from core.scenario import STEP_HOURS, Scenario
from core.studies.run import Result, simulate
from core.world import build_world


def style(**changes: object) -> Style:
    return Style(text=lambda key, **numbers: f"{key} {json.dumps(numbers, default=str)}", **changes)


@pytest.fixture(scope="module")
def runs() -> tuple[Result, Result]:
    scenario = Scenario(stations=8, load_share=0.5, pv_share=0.5, dr_events=1, transformer_limit_kw=50)
    world = build_world(scenario)
    return simulate(scenario, "best", world=world), simulate(scenario, "afap", world=world)


def detail(result: Result, reference: Result, station: int, look: Style | None = None) -> Figure:
    steps = explain_station(result.world, result.trace, station)
    return station_detail(result, reference, station, steps, look or style())


def all_figures(result: Result, reference: Result, look: Style, station: int | None = 1) -> list[Figure]:
    out = [
        power_map(result, look, station=station),
        station_bars(result, reference, look, station=station),
        site_power(result, reference, look),
        stakeholder_ledger(result, reference, look),
    ]
    if station is not None:
        out.append(detail(result, reference, station, look))
    return out


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("currency", ["EUR", "KRW"])
def test_every_figure_draws(runs, theme, currency):
    for figure in all_figures(*runs, style(theme=theme, currency=currency)):
        svg = vl_convert.vegalite_to_svg(figure.to_vega_lite())
        assert svg.startswith("<svg")
        assert "NaN" not in svg
        assert figure.title
        assert figure.alt


def test_figures_leave_data_outside_the_specification(runs):
    result, reference = runs
    other = simulate(result.scenario, "cheapest", world=result.world)
    for one, two in zip(all_figures(result, reference, style()), all_figures(other, reference, style()), strict=True):
        # The same drawing, other data: a page exchanges data without drawing anew. (The site's legend and areas follow
        # what there is to show, so that it alone may change.)
        if "site" not in one.data:
            assert one.spec == two.spec


def test_power_map_holds_every_step_of_every_parked_car(runs):
    result, _ = runs
    rows = power_map(result, style()).data["runs"].to_pandas()
    energy = (rows["power"] * (rows["t1"] - rows["t0"]) / 3_600_000).groupby(rows["station"]).sum()
    exact = station_power_kw(result.world, result.trace).sum(axis=1) * STEP_HOURS
    for station, kwh in energy.items():
        assert kwh == pytest.approx(exact[station], abs=0.005 * STEP_HOURS * result.world.n_steps)
    assert set(rows["station"]) == set(result.ledger.sessions["station"])


@pytest.mark.parametrize("currency", ["EUR", "KRW"])
def test_a_flat_price_is_written_on_the_axis_as_in_tooltips(currency):
    result, look = simulate(Scenario(stations=2, retail="flat"), "afap"), style(currency=currency)
    axis = power_map(result, look).spec["layer"][0]["encoding"]["y"]["axis"]
    assert axis["format"] == look.price_format


def test_power_map_scale_is_fixed_by_the_charger(runs):
    result, _ = runs
    spec = power_map(result, style()).spec
    domain = next(x for x in spec["layer"] if "color" in x["encoding"])["encoding"]["color"]["scale"]["domain"]
    assert domain[-1] == pytest.approx(32 * 400 * np.sqrt(3) / 1000)
    assert domain == [-x for x in reversed(domain)]


def test_station_bars_repeat_the_ledger(runs):
    result, reference = runs
    rows = station_bars(result, reference, style(currency="KRW", krw_per_eur=1000.0)).data["stations"].to_pandas()
    assert rows["charged"].to_numpy() == pytest.approx(result.ledger.stations["charged_kwh"].to_numpy(), abs=1e-3)
    assert rows["discharged"].to_numpy() == pytest.approx(
        -result.ledger.stations["discharged_kwh"].to_numpy(), abs=1e-3
    )
    assert rows["profit"].to_numpy() == pytest.approx(
        1000 * result.ledger.stations["user_profit_eur"].to_numpy(), abs=1e-3
    )


def test_a_station_without_cars_has_no_readiness(runs):
    result, reference = runs
    rows = station_bars(result, reference, style()).data["stations"].to_pandas()
    assert (rows["cars"] == 0).any()
    assert ((rows["ready"] == "–") == (rows["cars"] == 0)).all()
    assert rows.loc[rows["cars"] > 0, "ready"].str.fullmatch(r"\d+ %").all()


def test_site_power_is_cars_plus_load_less_solar(runs):
    result, reference = runs
    rows = site_power(result, reference, style()).data["site"].to_pandas()
    assert len(rows) == result.world.n_steps + 1
    assert (rows["cars"] + rows["load"] + rows["pv"]).to_numpy() == pytest.approx(rows["site"].to_numpy(), abs=2e-3)
    assert (rows["above"] >= rows["limit"] - 1e-9).all()
    assert rows["limit"].min() < 50  # the event is visible


def test_site_power_of_one_transformer():
    scenario = Scenario(stations=6, transformers=2, transformer_limit_kw=20)
    run = simulate(scenario, "afap")
    each = [site_power(run, run, style(), transformer=i).data["site"].to_pandas()["site"] for i in range(2)]
    both = site_power(run, run, style()).data["site"].to_pandas()["site"]
    assert (each[0] + each[1]).to_numpy() == pytest.approx(both.to_numpy(), abs=2e-3)
    assert each[0].iloc[:-1].to_numpy() == pytest.approx(transformer_power_kw(run.world, run.trace)[0], abs=1e-3)


def test_site_power_speaks_of_the_limit_in_force(runs):
    """An event lowers the limit of 50 kW: what is furthest beyond it need not be what is highest."""
    result, reference = runs
    world = result.world
    beyond = transformer_power_kw(world, reference.trace)[0] - world.limit_kw[0]
    said = peak_and_limit(reference, reference, style())
    assert said.key == "finding.over_limit"
    at = int(beyond.argmax())
    assert said.values["time"] == str(world.times_local[at])[11:16]
    assert said.values["limit"] == pytest.approx(world.limit_kw[0, at])
    assert said.values["peak"] - said.values["limit"] == pytest.approx(beyond[at])
    # Within the limit, what is carried while it is lowest stands beside the highest of the day.
    said = peak_and_limit(result, reference, style())
    low = np.flatnonzero(world.limit_kw[0] < world.limit_kw[0].min() + 0.05)
    assert said.key == "finding.within_limit_now"
    assert "finding.while_lowest" in said.values["also"]
    numbers = json.loads(said.values["also"].partition(" ")[2])
    assert numbers["from"] == str(world.times_local[low[0]])[11:16]
    assert numbers["low"] == pytest.approx(world.limit_kw[0].min())
    assert numbers["peak"] == pytest.approx(transformer_power_kw(world, result.trace)[0, low].max())
    (well,) = (x for x in headline(result, reference, style()) if x.key == "headline.overload_gone")
    assert f'"low": {numbers["low"]}' in well.values["also"]
    plain = simulate(Scenario(stations=2), "afap")
    assert peak_and_limit(plain, plain, style()).values["also"] == ""


def test_feeding_back_beyond_the_limit_is_called_so():
    run = simulate(Scenario(stations=3, pv_share=3.0, date="2022-06-18"), "afap")
    said = peak_and_limit(run, run, style())
    assert said.key == "finding.over_limit_back"
    assert said.values["peak"] > said.values["limit"] == 100


def test_accounts_add_up(runs):
    result, reference = runs
    lines = account_lines(result.ledger.totals, reference.ledger.totals)
    totals = {line.key: line.agent_eur for line in lines if line.total}
    for who in ("drivers", "provider", "grid"):
        assert sum(x.agent_eur for x in lines if x.who == who and not x.total) == pytest.approx(totals[who])
    assert totals["objective"] == pytest.approx(totals["drivers"] + totals["provider"] + totals["grid"])


def test_profit_through_the_day_ends_at_the_ledgers(runs):
    result, reference = runs
    for station in range(result.scenario.stations):
        figure = detail(result, reference, station)
        rows = figure.data["steps"].to_pandas()
        assert rows["profit"].iloc[-1] == pytest.approx(result.ledger.stations["user_profit_eur"][station], abs=1e-3)
        assert rows["profit_reference"].iloc[-1] == pytest.approx(
            reference.ledger.stations["user_profit_eur"][station], abs=1e-3
        )


def test_detail_shows_soc_from_arrival_to_departure(runs):
    result, reference = runs
    sessions = result.ledger.sessions
    station = int(sessions["station"].iloc[0])
    soc = detail(result, reference, station).data["soc"].to_pandas()
    for i, row in sessions[sessions["station"] == station].iterrows():
        line = soc[soc["car"] == i]["soc"]
        assert line.iloc[0] == pytest.approx(row["arrival_energy_kwh"] / row["capacity_kwh"], abs=1e-4)
        assert line.iloc[-1] == pytest.approx(row["departure_energy_kwh"] / row["capacity_kwh"], abs=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"date": "2022-01-22"},  # Saturday at work: nobody comes
        {"v2g": False},
        {"stations": 1},
        {"stations": 3, "ports_per_station": 4, "intensity": 60.0},
        {"setpoint": True, "stations": 3},
    ],
    ids=["empty", "no V2G", "one station", "many ports", "set-point"],
)
def test_odd_sites_draw(changes):
    scenario = Scenario().replace(**changes)
    run = simulate(scenario, "afap")
    for figure in all_figures(run, run, style(), station=0):
        assert vl_convert.vegalite_to_svg(figure.to_vega_lite()).startswith("<svg")
    assert headline(run, run, style())


def test_two_hundred_stations_stay_below_a_megabyte():
    scenario = Scenario(stations=200, transformer_limit_kw=800)
    world = build_world(scenario)
    cheapest, afap = (simulate(scenario, agent, world=world) for agent in ("cheapest", "afap"))
    figures = all_figures(cheapest, afap, style(), station=5)
    size = sum(len(json.dumps(f.spec)) + sum(len(part) for part in f.arrow().values()) for f in figures)
    assert size < 1_000_000


def test_money_is_written_with_its_currency():
    euro, won = style(), style(currency="KRW", krw_per_eur=1400.0)
    assert euro.money(-1.2345) == "−1.23 EUR"
    assert euro.money(1.2, signed=True) == "+1.20 EUR"
    assert euro.money(-0.001) == "0.00 EUR"
    assert won.money(10) == "14,000 KRW"


@pytest.mark.parametrize(
    ("energy", "window"),
    [
        ([0, 1, 0, 0], (1, 1)),
        ([1, 1, 1, 1], (0, 1)),
        ([4, 0, 0, 1, 1, 1], (0, 0)),
        ([0, 2, 2, 0, 2, 2], (1, 2)),
    ],
)
def test_shortest_window_holds_half(energy, window):
    assert shortest_window(np.array(energy, dtype=float)) == window


def test_headline_names_gain_readiness_and_overload(runs):
    result, reference = runs
    keys = [finding.key for finding in headline(result, reference, style())]
    assert len(keys) == 3
    assert keys[0] in {"headline.gain", "headline.loss", "headline.same"}
    gain = result.ledger.totals.user_profit_eur - reference.ledger.totals.user_profit_eur
    assert (keys[0] == "headline.gain") == (gain > 0.005)
    keys = [finding.key for finding in headline(reference, reference, style())]
    assert keys == ["headline.overload_first_alone", "headline.reference", "headline.all_ready"]


@pytest.mark.parametrize(
    ("currency", "gain", "key"),
    [
        ("EUR", 0.002, "same"), ("KRW", 0.002, "gain"), ("KRW", -0.002, "loss"), ("KRW", 0.0003, "same"),
        ("EUR", 0.006, "gain"),
    ],
)  # fmt: skip
def test_a_gain_is_none_where_it_is_printed_as_none(runs, currency, gain, key):
    result, reference = runs
    totals = result.ledger.totals.replace(user_profit_eur=reference.ledger.totals.user_profit_eur + gain)
    result = dataclasses.replace(result, ledger=dataclasses.replace(result.ledger, totals=totals))
    look = dataclasses.replace(style(), currency=currency)
    assert headline(result, reference, look)[0].key == f"headline.{key}"


def test_style_is_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        partial(setattr, style(), "theme", "dark")()


def test_cars_are_short_where_the_limit_is_too_low():
    scenario = Scenario(stations=10, transformer_limit_kw=10)
    run = simulate(scenario, "rr")
    assert cars_short(run) > 0
    first = headline(run, simulate(scenario, "afap"), style())[0]
    assert first.key == "headline.short_first"
    assert first.values["short"] == cars_short(run)
