"""Unfinished studies: whatever order a job delivers in, only equal is compared with equal."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.figures import Style
from core.figures import tradeoffs as figures
from core.scenario import Scenario
from core.studies.job import Desk, _parts
from core.studies.partial import so_far
from core.studies.study import Study, draws, sweep
from core.studies.tradeoff import break_even_study, gains, weight_front
from core.studies.verdict import verdicts

BASE = Scenario(stations=2, intensity=3)
AGENTS = ("afap", "rr", "best", "mpc")
WEIGHTS = ("w_user", "w_provider", "w_grid", "own")
STUDIES: dict[str, tuple[Study, tuple[str, ...], str | None]] = {
    "days": (sweep(BASE, {"seed": list(range(12))}, AGENTS), (), "afap"),
    "sweep": (sweep(BASE, {"intensity": [1.0, 2.0, 3.0, 4.0]}, AGENTS, draws(BASE, 3)), ("intensity",), None),
    "front": (weight_front(BASE, AGENTS, 3, 3), WEIGHTS, "best"),
    "break_even": (break_even_study(BASE, "v2g_price_factor", AGENTS, 4, 3), ("v2g_price_factor",), None),
}


def invented(study: Study, seed: int) -> pd.DataFrame:
    """Rows with made-up amounts, quick to make: what a finding says depends on all of them."""
    rng = np.random.default_rng(seed)
    tables = []
    for name in study.agents:
        table = pd.DataFrame([dict(label) for label in study.labels])
        table.insert(0, "world", range(len(table)))
        amounts = {
            column: rng.normal(0, 30, len(table)).round(2)
            for column in ("objective_eur", "user_profit_eur", "grid_value_eur", "provider_margin_eur")
        }
        tables.append(table.assign(agent=name, cars=4, discharged_kwh=1.0, **amounts))
    return pd.concat(tables, ignore_index=True)


def style() -> Style:
    return Style(text=lambda key, **numbers: f"{key} {json.dumps(numbers, default=str)}")


def finding(kind: str, rows: pd.DataFrame) -> str:
    """What the page would say of these rows."""
    if kind == "days":
        return str([(v.agent, v.n, v.mean, v.win_frac) for v in verdicts(rows, "objective_eur", "afap")])
    if kind == "sweep":
        return figures.sweep_lines(rows, "intensity", "Intensity", 2.0, "objective_eur", style()).title
    if kind == "front":
        return figures.weight_front(rows, ("user_profit_eur", "grid_value_eur"), style()).title
    return figures.break_even_words(gains(rows, "v2g_price_factor"), "v2g_price_factor", style())


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """A study's rows, and those of them that a job may have delivered: parts in its order, some of them overtaken."""
    kind = draw(st.sampled_from(list(STUDIES)))
    study, _, _ = STUDIES[kind]
    rows = invented(study, draw(st.integers(0, 5)))
    parts = list(_parts(study))
    done = parts[: draw(st.integers(0, len(parts)))]
    # Two threads: one of the latest parts may still be missing; and a stopped job gives its part back.
    if done and draw(st.booleans()):
        done.pop(draw(st.integers(max(0, len(done) - 3), len(done) - 1)))
    if draw(st.booleans()):  # any order at all
        done = [part for part in parts if draw(st.booleans())]
    have = np.zeros(len(rows), dtype=bool)
    for part in done:
        have |= rows["world"].between(part.begin, part.end - 1) & rows["agent"].isin(part.agents)
    return kind, rows, rows[have].sample(frac=1, random_state=1).reset_index(drop=True)


@given(deliveries())
def test_a_part_of_a_study_compares_equal_with_equal_and_speaks_when_it_is_whole(delivery):
    kind, whole, some = delivery
    study, by, keep = STUDIES[kind]
    found = so_far(some, study, by=by, keep=keep)
    # Every agent shown has met the same Worlds, and every point all of its own.
    met = found.rows.groupby("agent")["world"].apply(frozenset)
    assert met.nunique() <= 1
    if len(found.rows) and by:
        seeds = found.rows.groupby(["agent", *by], dropna=False)["world"].nunique()
        assert set(seeds) == {3}
    # The common subset is complete: no point is left out that all agents shown have.
    shown = [name for name in study.agents if name not in found.waiting]
    if len(some) and shown:
        of_shown = some[some["agent"].isin(shown)]
        everywhere = of_shown.groupby("world")["agent"].nunique() == len(shown)
        common = frozenset(everywhere.index[everywhere])
        assert (met.iloc[0] if len(met) else frozenset()) <= common
        if not by:
            assert (met.iloc[0] if len(met) else frozenset()) == common
    # A finding is spoken of the whole alone, and is then the whole's.
    assert found.whole == (len(some) == len(whole))
    if found.whole:
        assert finding(kind, found.rows.sort_values(["agent", "world"])) == finding(
            kind, whole.sort_values(["agent", "world"])
        )


@given(deliveries())
def test_no_agent_lies_beyond_the_frontier_drawn(delivery):
    kind, _, some = delivery
    study, by, keep = STUDIES[kind]
    found = so_far(some, study, by=by, keep=keep)
    if kind != "front" or found.rows.empty:
        return
    figure = figures.weight_front(found.rows, ("user_profit_eur", "grid_value_eur"), style())
    points, edge = figure.data["points"].to_pandas(), figure.data["frontier"].to_pandas()
    assert (points.groupby("weights").size() % points["agent"].nunique() == 0).all()
    inside = points["x"].between(edge["x"].min(), edge["x"].max())
    assert (points["y"][inside] <= np.interp(points["x"][inside], edge["x"], edge["y"]) + 1e-3).all()
    assert points["x"].max() <= edge["x"].max() + 1e-9
    assert points["y"].max() <= edge["y"].max() + 1e-9


def test_slow_agents_wait_but_never_the_one_that_is_kept():
    study, by, _ = STUDIES["days"]
    rows = invented(study, 0)
    done = {"afap": 12, "rr": 12, "best": 7, "mpc": 3}
    some = rows[rows["world"] < rows["agent"].map(done)]
    found = so_far(some, study, by=by, keep="afap")
    assert (found.points, found.asked, found.waiting) == (7, 12, ("mpc",))
    assert found.rows.groupby("agent")["world"].nunique().to_dict() == {"afap": 7, "rr": 7, "best": 7}
    kept = so_far(some, study, by=by, keep="mpc")
    assert (kept.points, kept.waiting) == (3, ())


def test_a_job_stopped_midway_shows_points_with_all_their_seeds():
    study, by, keep = STUDIES["front"]
    job = Desk().job(study)
    job.watch()
    job.wait_for_something(60)
    job.stop()
    job.join(60)
    found = so_far(job.table(), study, by=by, keep=keep)
    assert not found.whole
    assert set(found.rows.groupby(["agent", *by])["world"].nunique()) <= {3}


@pytest.mark.parametrize("kind", STUDIES)
def test_nothing_done_is_nothing_shown(kind):
    study, by, keep = STUDIES[kind]
    found = so_far(pd.DataFrame({"world": [], "agent": []}), study, by=by, keep=keep)
    assert found.rows.empty
    assert not found.whole
    assert found.waiting == study.agents
