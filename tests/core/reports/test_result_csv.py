"""The result CSV: what EV2Gym records, read back to the last digit; what is wrong in a file, in one sentence."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import Scenario, simulate
from core.engines.ev2gym import make_env
from core.errors import EnerV2GizeError, ResultFileError
from core.reports import result_csv
from core.reports.result_csv import COLUMNS, ResultFile, read_results, recorded, write_results
from core.studies.run import Result

FILES = Path(__file__).parents[2] / "data/results"
GOOD = sorted((FILES / "good").iterdir())
BAD = sorted((FILES / "bad").iterdir())
HEAD = ",".join(COLUMNS)
ROW = "2023-10-03 05:00:00,2023-10-03,05:00:00,-0.1131,0.1357,-0.0909,0,PPO,0.0"


@pytest.fixture(scope="module")
def run() -> Result:
    return simulate(Scenario(stations=4, ports_per_station=2, seed=3), "best")


def one_run(times: list[str], **changes: object) -> ResultFile:
    n = len(times)
    values = {
        "times": np.array(times, dtype="datetime64[s]"), "charging_eur_per_kwh": np.linspace(-0.1, 0.3, n),
        "discharging_eur_per_kwh": np.linspace(0.0, 0.36, n), "stations": (0, 2), "algorithms": ("ppo",),
        "soc_frac": np.linspace(0, 1, 2 * n).reshape(1, n, 2),
    }  # fmt: skip
    return ResultFile(**{**values, **changes})


def same(one: ResultFile, other: ResultFile) -> None:
    assert (one.stations, one.algorithms) == (other.stations, other.algorithms)
    assert one.times.dtype == other.times.dtype == np.dtype("datetime64[s]")
    np.testing.assert_array_equal(one.times, other.times)
    for name in ("charging_eur_per_kwh", "discharging_eur_per_kwh", "soc_frac"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0, atol=1e-9)


# --- what is written --------------------------------------------------------------------------------------------------
def test_a_row_looks_as_the_original_s_does():
    """The schema's example: charging 0.1131, discharging 1.2 times it, and a mean that is another step's too."""
    times = ["2023-10-03T05:00:00", "2023-10-03T05:15:00"]
    pay = np.array([0.1131, 0.0687])
    file = one_run(
        times, charging_eur_per_kwh=pay, discharging_eur_per_kwh=np.round(1.2 * pay, 4), stations=(0,),
        algorithms=("PPO",), soc_frac=np.zeros((1, 2, 1)),
    )  # fmt: skip
    lines = write_results([file]).decode().split("\n")
    assert lines[0] == HEAD
    assert lines[1] == ROW
    assert lines[2:] == [
        ROW.replace("05:00:00", "05:15:00").replace("0.1131,0.1357", "0.0687,0.0824"),
        "",
    ]


def test_soc_is_what_ev2gym_records(run):
    """On arrival, after every step, and when the car leaves; 0 where none is."""
    from ev2gym.utilities.utils import init_statistic_variables

    env = make_env(run.world)
    env.lightweight_plots = False
    init_statistic_variables(env)
    for step in range(run.world.n_steps):
        env.step(np.round(run.trace.action[:, step], 5).tolist())
    ports = run.world.scenario.ports_per_station
    levels = env.port_energy_level[:ports].transpose(2, 1, 0).reshape(run.world.n_steps, -1)  # [steps, ports]
    assert (levels > 0).mean() > 0.1
    file = recorded(run.world, {"best": run.trace})
    assert file.stations == tuple(range(8))
    assert levels.dtype == np.float16  # so below 1 it is off by 2^-12 at most
    np.testing.assert_allclose(file.soc_frac[0], levels, rtol=0, atol=2**-12 + 1e-9)


def test_a_battery_gains_between_two_rows_what_the_ledger_says(run):
    file = recorded(run.world, {"best": run.trace})
    for car in run.ledger.sessions.itertuples():
        soc = file.soc_frac[0, car.arrival_step - 1 : car.departure_step + 1, car.port]
        assert np.diff(soc).sum() * car.capacity_kwh == pytest.approx(car.charged_kwh - car.discharged_kwh, abs=0.02)


def test_runs_are_read_back(run):
    other = simulate(run.scenario, "afap", world=run.world)
    file = recorded(run.world, {"best": run.trace, "afap": other.trace})
    same(read_results(write_results([file]), "a.csv"), file)


def test_a_day_without_cars_is_all_empty():
    day = simulate(Scenario(stations=2, date="2022-01-22"), "afap")
    assert not len(day.world.sessions)
    assert not recorded(day.world, {"afap": day.trace}).soc_frac.any()


def test_a_run_is_written_up_to_the_next():
    first = one_run(["2023-10-03T23:30:00", "2023-10-03T23:45:00", "2023-10-04T00:00:00"])
    second = one_run(["2023-10-04T00:00:00", "2023-10-04T00:15:00"])
    file = read_results(write_results([second, first]))
    assert [str(time)[8:16] for time in file.times] == ["03T23:30", "03T23:45", "04T00:00", "04T00:15"]
    np.testing.assert_allclose(file.soc_frac[0, 2:], second.soc_frac[0])
    averages = {
        line.split(",")[1]: line.split(",")[5] for line in write_results([first, second]).decode().splitlines()[1:]
    }
    assert averages == {"2023-10-03": "-0.1", "2023-10-04": "-0.1"}  # of whole runs: what is cut off counts as well


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [one_run(["2023-10-03T00:00:00"]), one_run(["2023-10-03T00:00:00"])],
        [one_run(["2023-10-03T00:00:00"]), one_run(["2023-10-04T00:00:00"], algorithms=("sac",))],
        [one_run(["2023-10-03T00:00:00"], algorithms=("a\nb",))],
        [one_run(["2023-10-03T00:00:00"], soc_frac=np.zeros((1, 1, result_csv.MAX_ROWS + 1)))],
    ],
)
def test_what_could_not_be_read_again_is_not_written(runs):
    with pytest.raises(EnerV2GizeError):
        write_results(runs)


PRINTABLE = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).filter(
    lambda name: name.isprintable() and name == name.strip()
)
NAMES = PRINTABLE | st.builds("".join, st.lists(st.sampled_from("'=+-@\",;"), min_size=1, max_size=5))


@st.composite
def result_files(draw: st.DrawFn) -> ResultFile:
    stations = tuple(sorted(draw(st.sets(st.integers(0, 9999), min_size=1, max_size=4))))
    names = tuple(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)))
    starts = sorted(draw(st.sets(st.integers(0, 130 * 365 * 96), min_size=1, max_size=5)))
    n = len(starts)
    price = st.floats(-100, 100)
    prices = [np.array(draw(st.lists(price, min_size=n, max_size=n))) for _ in range(2)]
    size = n * len(stations) * len(names)
    soc = np.array(draw(st.lists(st.floats(0, 1), min_size=size, max_size=size)))
    times = np.datetime64("1970-01-01T00:00:00", "s") + np.array(starts) * np.timedelta64(900, "s")
    return ResultFile(times, *prices, stations, names, soc.reshape(len(names), n, len(stations)))


@given(result_files())
def test_whatever_is_written_is_read_back(file):
    written = write_results([file])
    same(read_results(written), file)
    assert write_results([read_results(written)]) == written


@given(result_files())
def test_no_name_is_a_formula(file):
    lines = csv.reader(io.StringIO(write_results([file]).decode(), newline=""))
    for cells in list(lines)[1:]:
        assert not cells[7].startswith(("=", "+", "-", "@", "\t", "\r"))


# --- what is read -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_files_are_read(path):
    file = read_results(path.read_bytes(), path.name)
    if path.stem.startswith("names"):
        assert file.algorithms == ("=1+1", "+PPO", "-PPO", "@PPO", "'=1", "'PPO", "한국어 이름")
        return
    if path.stem.startswith("two_days"):
        assert file.stations == (0, 3)
        assert file.algorithms == ("TQC", "PPO")
        assert file.soc_frac.tolist() == [[[0.2, 0.3], [0.7, 0.8]], [[0.0, 0.1], [0.5, 0.6]]]
        return
    assert file.times.tolist() == np.array(["2023-10-03T05:00", "2023-10-03T05:15"], dtype="datetime64[s]").tolist()
    assert file.charging_eur_per_kwh.tolist() == [0.1131, 0.1131]
    assert file.discharging_eur_per_kwh.tolist() == [0.1357, 0.1357]
    assert (file.stations, file.algorithms) == ((0,), ("PPO",))
    assert file.soc_frac.tolist() == [[[0.0], [0.42]]]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_files_break_the_rule_they_are_named_after(path):
    with pytest.raises(ResultFileError) as caught:
        read_results(path.read_bytes(), path.name)
    assert caught.value.rule == path.stem.partition("-")[0]
    sentence = str(caught.value)
    assert sentence.startswith(f"{path.name}: ")
    assert sentence.count("\n") == 0
    assert sentence.endswith(".")


def test_every_rule_has_a_bad_file_or_a_test_here():
    assert {path.stem.partition("-")[0] for path in BAD} | {"too_large", "too_many_rows"} == set(result_csv.SENTENCES)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("soc-percent", "Row 3, SoC: must be a number from 0 (empty) to 1 (full)."),
        ("price-charging_word", "Row 3, Charging Price: must be a number from -100 to 100, in EUR/kWh."),
        ("repeated-other_form", "Row 3 has the Timestamp, CS Id and Algorithm Name of row 2: each may occur once."),
        ("other_price-charging", "Row 3, Charging Price: must be the price of row 2, which has the same Timestamp."),
        ("cells-fewer", "Row 3 must have nine cells, one for each column."),
        ("quotes", "Row 3 must be CSV: every quotation mark closed, no cell longer than 131072 characters."),
        (
            "missing-station",
            "CS Id 7 has no row at 2023-10-03 05:15:00 for the algorithm of row 2: every station and every algorithm "
            "must have one at each Timestamp.",
        ),
        (
            "missing-last",
            "CS Id 7 has no row at 2023-10-03 05:15:00 for the algorithm of row 6: every station and every algorithm "
            "must have one at each Timestamp.",
        ),
    ],
)  # fmt: skip
def test_the_sentence_names_row_and_column(file, says):
    with pytest.raises(ResultFileError) as caught:
        read_results((FILES / f"bad/{file}.csv").read_bytes(), "a.csv")
    assert str(caught.value) == f"a.csv: {says}"


def test_nothing_of_the_file_is_repeated():
    for path in BAD:
        with pytest.raises(ResultFileError) as caught:
            read_results(path.read_bytes().replace(b"PPO", b"<b>SECRET</b>"), "a.csv")
        assert "SECRET" not in str(caught.value)
        assert "SECRET" not in str(caught.value.values)


@pytest.mark.parametrize("name", ["a\ud800.csv", "a\nb.csv", "x" * 500, "\u202egnp.csv", ""])
def test_any_file_name_can_be_shown(name):
    with pytest.raises(ResultFileError) as caught:
        read_results(b"", name)
    sentence = str(caught.value)
    sentence.encode()
    assert sentence.isprintable()
    assert len(sentence) < 200


def test_large_files_are_refused_before_they_are_parsed(monkeypatch):
    monkeypatch.setattr(result_csv.csv, "reader", lambda *_, **__: pytest.fail("parsed"))
    for data, rule in [
        (b"x" * (result_csv.MAX_BYTES + 1), "too_large"),
        (b"x\n" * (result_csv.MAX_ROWS + 2), "too_many_rows"),
        (b"x\r" * (result_csv.MAX_ROWS + 2), "too_many_rows"),
    ]:
        with pytest.raises(ResultFileError) as caught:
            read_results(data)
        assert caught.value.rule == rule


def test_as_many_rows_as_are_allowed_are_read():
    """150 stations at 1,000 times: exactly the limit."""
    n = result_csv.MAX_ROWS // 150
    file = one_run(
        [str(np.datetime64("2022-01-01T00:00:00") + 900 * i) for i in range(n)], stations=tuple(range(150)),
        soc_frac=np.zeros((1, n, 150)),
    )  # fmt: skip
    data = write_results([file])
    assert len(data) < result_csv.MAX_BYTES
    assert read_results(data).soc_frac.shape == (1, n, 150)
    with pytest.raises(ResultFileError, match="too many rows"):
        read_results(data + b"\n\n")


def test_a_very_long_cell_is_no_csv():
    with pytest.raises(ResultFileError) as caught:
        read_results(f"{HEAD}\n{ROW.replace('PPO', 'x' * 140_000)}\n".encode())
    assert caught.value.rule == "quotes"


PIECES = st.sampled_from(
    [HEAD, ROW[:-4], ",", "\n", '"', "\r", "nan", "-", "'", "\0", "9" * 400, "2023-10-03 05:00", "한"]
)


# None of these is a file: no row ends in a SoC.
@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=12).map(lambda parts: "".join(parts).encode())))
def test_anything_else_is_refused_in_one_sentence(data):
    with pytest.raises(ResultFileError) as caught:
        read_results(data, "a.csv")
    assert str(caught.value).isprintable()
