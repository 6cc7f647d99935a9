"""A World as one object: its arrays are read-only, and what is derived from them follows them."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace

import numpy as np
import pytest

from core import Scenario, build_world
from core.world import expected_cars

BUSY = Scenario(
    stations=4, ports_per_station=2, intensity=12, seed=2, load_share=0.5, pv_share=0.5, dr_events=1, setpoint=True
)


@pytest.fixture(scope="module")
def world():
    return build_world(BUSY)


def test_no_array_can_be_written(world):
    parts = (world, world.sessions)
    arrays = [
        value for part in parts for field in fields(part) if isinstance(value := getattr(part, field.name), np.ndarray)
    ]
    assert len(arrays) > 20
    assert not any(array.flags.writeable for array in (*arrays, world.occupancy))


def test_occupancy_names_the_car_of_each_port_and_step(world):
    s, at = world.sessions, world.occupancy
    assert at.shape == (BUSY.n_ports, world.n_steps)
    assert len(s) > 4
    for i in range(len(s)):
        ports, steps = np.nonzero(at == i)
        assert set(ports) == {s.port[i]}
        assert steps.tolist() == list(range(s.arrival_step[i], s.departure_step[i] + 1))
    assert set(np.unique(at)) == {-1, *range(len(s))}


def test_occupancy_is_computed_once_and_anew_for_other_sessions(world):
    assert world.occupancy is world.occupancy
    nobody = replace(
        world,
        sessions=replace(
            world.sessions, **{f.name: getattr(world.sessions, f.name)[:0] for f in fields(world.sessions)}
        ),
    )
    assert (nobody.occupancy == -1).all()


def test_a_world_survives_pickling(world):
    copy = pickle.loads(pickle.dumps(world))
    np.testing.assert_array_equal(copy.occupancy, world.occupancy)
    np.testing.assert_array_equal(copy.limit_kw, world.limit_kw)


@pytest.mark.parametrize(
    "changes",
    [{}, {"intensity": 0.5}, {"intensity": 100.0}, {"place": "public", "length_h": 48.0}, {"ports_per_station": 2}],
)
def test_as_many_cars_come_on_average_as_are_expected(changes):
    scenario = Scenario(stations=40).replace(**changes)
    mean = np.mean([len(build_world(scenario.replace(seed=seed)).sessions) for seed in range(20)])
    assert expected_cars(scenario) == pytest.approx(mean, rel=0.1)


def test_nobody_is_expected_at_work_at_the_weekend():
    assert expected_cars(Scenario(date="2022-01-22", length_h=24)) == 0
