"""The ways in: what comes from a visitor or from somebody's file, with a corpus to start from.

A new kind of file gets a `Door` here, and is fuzzed by `make fuzz` and by the suite from then on.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hypothesis import strategies as st

from core.cli import options
from core.cli.main import _parser, main
from core.data_in.own import POWERS, OwnPrices, OwnSite
from core.data_in.read import PRICE_UNITS, UNITS, Reading, Said, read_series
from core.data_in.read_sessions import REASONS, read_sessions
from core.data_in.times import ZONES
from core.data_in.words import DataError
from core.errors import CombinationError, EnerV2GizeError, ResultFileError, ScenarioError
from core.reports.result_csv import COLUMNS, MAX_BYTES, MAX_NAME, harmless, read_results, write_results
from core.scenario import PRESETS, Scenario
from core.scenario.ev2gym_file import FieldError, FileError
from core.scenario.fields import LAST_DATE
from core.world import build_world
from pages.ui import choices, errors, i18n, state
from tests.fuzz.drive import TOKENS, Door
from tests.strategies import ROWS, random_scenario

MOST_SAID = 4000
"""Characters on a page about one case: ten fields and what each may hold, and choices of an address."""

DATA = Path(__file__).resolve().parents[1] / "data"


# --- pages without a server -----------------------------------------------------------------------------------------
class _Session(dict):  # type: ignore[type-arg]
    """What `st.session_state` is to the modules that keep a visitor's choices."""


def visitor(language: str, query: Mapping[str, str] | None = None) -> _Session:
    """Give the modules between link and page a session of their own; what they keep in it."""
    session = _Session(lang=language)
    fake = SimpleNamespace(
        session_state=session,
        context=SimpleNamespace(locale=language, theme=SimpleNamespace(type="light")),
        query_params=SimpleNamespace(to_dict=lambda: dict(query or {}), from_dict=lambda _: None),
    )
    for module in (state, choices, i18n):
        module.st = fake  # type: ignore[assignment]
    return session


def language_of(case: bytes) -> str:
    """One language a case, each for half of them: sentences cost more than what they speak of."""
    return tuple(i18n.LANGUAGES)[len(case) % 2]


def _printable(text: str) -> None:
    assert len(text.encode()) <= 3 * MOST_SAID, f"a page says {len(text)} characters"


def _said(case: bytes, sentence: Callable[[], str]) -> None:
    """What a page would say must be sayable."""
    visitor(language_of(case))
    text = sentence()
    assert text.strip(), "a page says nothing"
    _printable(text)
    assert "errors." not in text, f"words are missing: {text[:200]}"


# --- scenario JSON ----------------------------------------------------------------------------------------------------
def read_scenario(case: bytes) -> None:
    """As the sidebar's upload and `--scenario`."""
    try:
        scenario = Scenario.from_json(case)
    except ScenarioError as error:
        told = error
        _said(case, lambda: errors.file_sentence(case, told))
        _names_the_field(error)
        raise
    _round_trips(scenario)


def _names_the_field(error: ScenarioError) -> None:
    """A refusal names a field, or speaks of the file as a whole."""
    if isinstance(error, CombinationError) or error.field in ROWS:
        assert error.field in ROWS, f"no field: {error}"
        row = ROWS[error.field]
        limits = row["choices"] or [row["minimum"], row["maximum"]]
        known = [str(limit) for limit in limits if limit is not None]
        assert isinstance(error, CombinationError) or all(text in error.message for text in known), (
            f"no allowed range: {error}"
        )
    else:
        whole = ("file", "there is no such field", "made by version")
        assert any(words in error.message for words in whole), f"names nothing: {error}"


def _round_trips(scenario: Scenario) -> None:
    assert Scenario.from_json(scenario.to_json()) == scenario
    assert Scenario.from_query(scenario.to_query()) == scenario
    assert Scenario.from_json(scenario.to_json()).key == scenario.key


SOME = [*PRESETS.values(), *(random_scenario(seed) for seed in range(12))]

_plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([token.decode("utf-8", "surrogateescape") for token in TOKENS])
)
_nested = st.recursive(_plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


def _as_json(fields: Any) -> bytes:
    return json.dumps(fields).encode("utf-8", "surrogatepass")


json_cases = st.one_of(
    _nested.map(_as_json),
    st.dictionaries(st.sampled_from([*ROWS, "schema_version"]) | st.text(max_size=10), _nested, max_size=6).map(
        _as_json
    ),
    st.builds(
        lambda base, changes: _as_json({**json.loads(base.to_json()), **changes}),
        st.sampled_from(SOME),
        st.dictionaries(st.sampled_from(list(ROWS)), _nested, max_size=2),
    ),
)


# --- links ------------------------------------------------------------------------------------------------------------
def read_link(case: bytes) -> None:
    """As the first run of a session does, up to the scenario that is shown and the link that it writes."""
    query = dict(parse_qsl(case.decode("utf-8", "surrogateescape"), keep_blank_values=True, errors="surrogateescape"))
    session = visitor(language_of(case), query)
    del session["lang"]
    state.load_link()
    said = session[state.PROBLEMS]
    scenario, problem = state.current()
    for text in filter(None, (said, problem)):
        _printable(text)
    state.write_link(scenario, "compare")
    assert Scenario.from_query(scenario.to_query()) == scenario
    if "v" in query or any(name in ROWS for name in query):
        try:
            Scenario.from_query(query)
        except ScenarioError as error:
            _names_the_field(error)
            assert said or problem, "a link that cannot be read says nothing"
            raise


links = [
    *(urlencode({**scenario.to_query(), "lang": "en", "agent": "best"}).encode() for scenario in SOME),
    b"v=1&agent=afap&station=3&lang=ko", b"one=afap&other=best&pins=1", b"field=stations&from=1&to=9&points=3",
    b"v=2", b"v=%ed%a0%80", b"station=" + b"9" * 5000, b"agent=![x](https://evil.example/a.png)",
    b"lang=xx&foo=1&bar=2", b"w_user=0&w_provider=0&w_grid=0", b"date=2022-02-30", b"stations=%D9%A3", b"seed=1_000",
    b"length_h=nan",
]  # fmt: skip

link_cases = st.dictionaries(
    st.sampled_from([*ROWS, *state.OWN, *sorted(choices.known())]) | st.text(max_size=8),
    st.text(max_size=40) | st.integers().map(str) | st.floats().map(str) | st.sampled_from(["1", "true", "9" * 400]),
    max_size=8,
).map(lambda query: urlencode(query, errors="surrogatepass").encode())


# --- EV2Gym's configurations ------------------------------------------------------------------------------------------
def read_configuration(case: bytes) -> None:
    """As the sidebar's upload and `--config`."""
    try:
        scenario, keys = Scenario.from_ev2gym(case)
    except FileError as error:
        told = error
        _said(case, lambda: errors.config_sentence(told))
        _names_the_key(error)
        raise
    for key in keys:
        f"{key.key} {key.value} {key.text}".encode()
    _round_trips(scenario)


OF_THE_FILE = ("missing", "large", "broken", "deep", "anchors", "no_mapping", "other")
"""Refusals of a configuration as a whole; all others are of a key."""


def _names_the_key(error: FileError) -> None:
    """A refusal names a key and what is allowed, or speaks of the file as a whole."""
    if error.code in OF_THE_FILE:
        assert any(word in error.message for word in ("file", "anchors")), f"names nothing: {error}"
        return
    assert error.field, f"no key: {error}"
    if isinstance(error, FieldError):
        _names_the_field(error.error)
    else:
        assert "must be" in error.message or error.code in ("group", "twice"), f"nothing allowed: {error}"


def _configurations() -> list[bytes]:
    files = [path.read_bytes() for folder in ("good", "bad") for path in sorted((DATA / "ev2gym" / folder).iterdir())]
    return [*files, *(scenario.to_ev2gym().encode() for scenario in SOME[:4])]


yaml_cases = st.builds(
    lambda top, inner: _as_json({**top, **({"ev": inner} if inner else {})}),  # JSON is YAML
    st.dictionaries(
        st.sampled_from(
            [
                "timescale", "simulation_length", "year", "month", "day", "hour", "scenario", "spawn_multiplier",
                "v2g_enabled", "number_of_charging_stations", "number_of_transformers", "tr_seed", "transformer",
                "ev", "solar_power",
            ]
        )
        | st.text(max_size=8),
        _nested,
        max_size=8,
    ),
    st.dictionaries(st.sampled_from(["battery_capacity", "min_time_of_stay", "desired_capacity"]), _plain, max_size=3),
)  # fmt: skip


# --- result files -----------------------------------------------------------------------------------------------------
def read_result_file(case: bytes) -> None:
    """As Stations' upload."""
    try:
        results = read_results(case, "file.csv")
    except ResultFileError as error:
        told = error
        _said(case, lambda: errors.sentence(told))
        _names_the_column(error)
        raise
    assert len(case) <= MAX_BYTES
    again = read_results(write_results([results]))
    assert (again.algorithms, again.stations) == (results.algorithms, results.stations)
    assert all(len(name) <= MAX_NAME for name in results.algorithms)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in _names_written(results))
    assert all(harmless(name) in _names_written(results, 10**6) for name in results.algorithms if "," not in name)


def _names_written(results: Any, most: int = 50) -> list[str]:
    lines = write_results([results]).decode().splitlines()[1:]
    return [line.split(",")[7].strip('"') for line in lines[:most] if line.count(",") == 8]


def _names_the_column(error: ResultFileError) -> None:
    """A refusal names a column, a row or the file, and what is allowed."""
    said = str(error)
    assert any(word in said for word in (*COLUMNS, "Row ", "The file", "The first row")), f"names nothing: {said}"
    assert any(word in said for word in ("must", "at most", "may occur", "save it as")), f"nothing allowed: {said}"


def _result_files() -> list[bytes]:
    files = [path.read_bytes() for folder in ("good", "bad") for path in sorted((DATA / "results" / folder).iterdir())]
    return [text for text in files if len(text) < 6000]


_cell = st.sampled_from(
    ["2023-10-03 05:00:00", "2023-10-03 05:15", "-0.1", "0.1", "0", "1", "7", "PPO", "=1+1", "0.5", "", "nan", "1e-3"]
) | st.text(max_size=12)
csv_cases = st.lists(st.lists(_cell, min_size=8, max_size=10), max_size=6).map(
    lambda rows: "\n".join(
        ["Timestamp,Date,Time,Charging Price,Discharging Price,Average Price,CS Id,Algorithm Name,SoC"]
        + [",".join(row) for row in rows]
    ).encode("utf-8", "surrogatepass")
)


# --- own prices, and the site's own load, solar power and limits -----------------------------------------------------
ALLOWS = ("must", "at most", "such as", "needed", "there is no", "neither", "no column", "holds", "none of")
"""A refusal of own data has one of these: what the file must hold, or what it lacks."""


def _of_data(case: bytes, error: DataError) -> None:
    if "reason" in error.values:
        error.values["why"] = i18n.t(f"own_cars.left_out.{error.values['reason']}")
    _said(case, lambda: i18n.t("own_data.file_problem", file="`x`", problem=errors.data_sentence(error)))
    assert any(word in str(error) for word in ALLOWS), f"nothing allowed: {error}"


def _answered(case: bytes, quantity: Any) -> Reading:
    """A file as the page reads it: first as it stands, then with what it asks for."""
    reading = read_series(case, quantity, Said(), label="file.csv")
    if not reading.questions:
        return reading
    found, some = reading.detected, len(case)
    answers: dict[str, Any] = {
        "unit": (PRICE_UNITS if quantity == "price" else ("kW", "kWh"))[some % 2], "eur_per_unit": 1.1,
        "site_zone": ZONES[some % len(ZONES)], "order": ("day_first", "month_first")[some % 2],
        "node": found.nodes[some % len(found.nodes)] if found.nodes else None,
    }  # fmt: skip
    for _ in range(3):  # an answer may lead to another question
        said = Said(**{name: answers[name] for name in answers if name in reading.questions or name == "eur_per_unit"})
        reading = read_series(case, quantity, said, label="file.csv")
        if not reading.questions:
            break
    return reading


def _read_own(case: bytes, quantity: Any, field: str) -> None:
    try:
        reading = _answered(case, quantity)
        for found in reading.findings:
            visitor(language_of(case))
            _printable(i18n.t(f"own_data.findings.{found.key}", n=found.n, **found.values))
        series = reading.must()
        assert series.unit in {kind for kind, _ in UNITS.values()}
        if field == "own_prices":
            data: OwnPrices | OwnSite = OwnPrices(buy=series, provider=series).must_fit()
        else:
            data = OwnSite(**{POWERS[len(case) % 3]: series}).must_fit()
    except DataError as error:
        _of_data(case, error)
        raise
    base = Scenario(**({} if not data.dates else {"date": data.dates[len(data.dates) // 2]}))
    try:
        scenario = base.replace(**{field: data})
    except CombinationError as error:  # its days are not enough for the run
        told = error
        _said(case, lambda: errors.rule_sentence(told))
        raise
    assert Scenario.from_json(scenario.to_json()).key == scenario.key


def read_own_prices(case: bytes) -> None:
    """As the Data page's upload of prices, and `import-prices`."""
    _read_own(case, "price", "own_prices")


def read_own_site(case: bytes) -> None:
    """As its upload of load, solar power or limits, and `import-site`."""
    _read_own(case, "power", "own_site")


def _own_files(*parts: str) -> list[bytes]:
    files = [path.read_bytes() for part in parts for path in sorted((DATA / part).glob("*.*"))]
    return [b"\n".join(text.split(b"\n")[:60]) if text[:4] != b"PAR1" else text for text in files]


_time = st.builds(
    lambda day, hour, minute, form: form.format(f"{day:02d}", f"{hour:02d}", f"{minute:02d}"),
    st.integers(1, 31), st.integers(0, 25), st.sampled_from([0, 15, 30, 45, 7]),
    st.sampled_from(
        ["2023-10-{} {}:{}", "{}/10/2023 {}:{}", "2023-03-{}T{}:{}:00Z", "2023-10-{}T{}:{}+02:00", "{}.{}.{}"]
    ),
)  # fmt: skip
_value = st.sampled_from(["0.1", "12,5", "-3", "", "nan", "1e400", "=1+1", "9" * 30]) | st.floats().map(str)
series_cases = st.builds(
    lambda head, rows, mark: "\n".join([mark.join(head), *(mark.join(row) for row in rows)]).encode(
        "utf-8", "surrogatepass"
    ),
    st.sampled_from([["time", "price EUR/MWh"], ["Date", "load kW"], ["시각", "원/kWh"], ["a", "b", "c"], ["x"]]),
    st.lists(st.tuples(_time, _value) | st.tuples(_time, _value, st.text(max_size=8)), max_size=30),
    st.sampled_from([",", ";", "\t", "|"]),
)


# --- files of charging sessions ---------------------------------------------------------------------------------------
def read_cars(case: bytes) -> None:
    """As the Data page's upload of cars, and `cars`, up to the day that the site makes of them."""
    zone = (None, "Asia/Seoul", "Europe/Amsterdam")[len(case) % 3]
    try:
        reading = read_sessions(case, zone=zone, day_first=(None, True, False)[len(case) % 7 % 3])
    except DataError as error:
        _of_data(case, error)
        raise
    assert all(key in REASONS for key in reading.left_out)
    for line in reading.said():
        _printable(line)
    own = reading.sessions.fitting(False, LAST_DATE)
    scenario = Scenario(stations=3, own_sessions=own, date=own.busiest_day)
    assert Scenario.from_json(scenario.to_json()).key == scenario.key
    world = build_world(scenario)
    assert len(world.sessions) <= len(own)


_session = st.tuples(_time, _time, st.sampled_from(["7.5", "0", "1e9", "x", "", "12,5"]) | st.text(max_size=6))
car_cases = st.one_of(
    st.builds(
        lambda head, rows, mark: "\n".join([mark.join(head), *(mark.join(row) for row in rows)]).encode(
            "utf-8", "surrogatepass"
        ),
        st.sampled_from([["arrival", "departure", "energy_kwh"], ["start", "end", "kwh"], ["도착", "출발", "에너지"]]),
        st.lists(_session, max_size=12),
        st.sampled_from([",", ";", "\t", "|"]),
    ),
    st.builds(
        lambda items: _as_json({"_items": items}),
        st.lists(
            st.dictionaries(
                st.sampled_from(["connectionTime", "disconnectTime", "kWhDelivered", "timezone", "userInputs"]),
                _nested | _time, max_size=5,
            ),
            max_size=5,
        ),
    ),
)  # fmt: skip


# --- commands that take files -----------------------------------------------------------------------------------------
def import_file(case: bytes) -> None:
    """`import-prices`, `import-site` and `cars`, whole: the first line holds their words, the rest is the file."""
    line, _, content = case.partition(b"\n")
    words = line.decode("utf-8", "surrogateescape").replace("\0", "").split(" ")
    # Nothing is written or waited for here, and help ends the program.
    words = [word for word in words if not word.startswith(("--o", "--h", "-h")) or word.startswith("--or")]
    words = [word if word.strip() not in ("-", "--") else "x" for word in words]
    if words[0] not in ("import-prices", "import-site", "cars"):
        words[:1] = ["cars"]
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "file.csv")
        file.write_bytes(content)
        given = [str(file) if word == "FILE" else word for word in words]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(given)
    said = err.getvalue().splitlines()
    assert code in (0, 2), f"exit code {code}"
    if code == 2:
        assert said[-1].startswith("error: "), f"no error: {said[-1:]}"
        raise EnerV2GizeError(said[-1].removeprefix("error: "))
    _printable(out.getvalue()[:MOST_SAID])
    assert all(text.startswith("note: ") for text in said), f"something else: {said}"


imports = [
    *(b"import-prices FILE --unit EUR/MWh --site-zone Europe/Amsterdam --json\n" + text for text in _own_files("own")),
    *(b"import-site FILE --as load --unit kW --site-zone Asia/Seoul --order day_first\n" + text
      for text in _own_files("own")),
    *(b"cars FILE --zone Asia/Seoul --dates day-first\n" + text
      for text in _own_files("sessions/good", "sessions/bad")),
    b"import-prices FILE --rate 1e400 --as buy,sell --preset busan\n", b"cars FILE --date 2022-02-30\n",
    b"import-site /no/such/file --as limit\n", b"import-prices FILE --column \xc2\xb2 --time-column x --node y\n",
]  # fmt: skip

import_cases = st.builds(
    lambda words, content: " ".join(words).encode("utf-8", "surrogatepass") + b"\n" + content,
    st.lists(
        st.sampled_from(
            ["import-prices", "import-site", "cars", "FILE", "--as", "load", "buy", "--unit", "kW", "--site-zone",
             "Asia/Seoul", "--rate", "1.1", "--zone", "--json", "--date", "2023-10-03", "--node", "--column"]
        ) | st.text(max_size=8),
        min_size=1, max_size=7,
    ),
    series_cases | car_cases,
)  # fmt: skip


PARSER = _parser()


# --- options of commands ----------------------------------------------------------------------------------------------
def read_options(case: bytes) -> None:
    """As the command line, up to the point at which a command would begin its work."""
    arguments = case.decode("utf-8", "surrogateescape").split(" ")
    if {"-h", "--help"} & set(arguments) or any("--help".startswith(word) and len(word) > 2 for word in arguments):
        return
    try:
        made = PARSER.parse_args([word.replace("\0", "") for word in arguments])
    except argparse.ArgumentError as error:
        raise AssertionError(f"argparse's own error: {error}") from None
    if getattr(made, "seeds", None):
        options.seeds(made)
    if getattr(made, "agents", None):
        options.agents(made)
    for name in ("from_", "date"):
        if isinstance(getattr(made, name, None), str):
            options.date(name, getattr(made, name))
    for spec in getattr(made, "field", None) or []:
        options.numbers("stations", spec.partition("=")[2], 3)


commands = [
    b"study --agents afap,best --seeds 0:9 --workers 2", b"study --seeds 0:\xc2\xb2",
    b"sweep --field stations=-1e308:1e308:3",
    b"regret --scenarios 20 --seed -1", b"simulate --preset busan --agent afap --json", b"bill --month 2023-08",
    b"prices --from 2022-01-01 --to 2022-01-07", b"train --algo ppo --steps 10", b"evaluate --runs 5 --agents afap",
    b"study --workers 0", b"forecast --date 2023-10-03", b"front --agents mpc --seeds 5:1",
    b"export --trusted x --results y",
]  # fmt: skip

_words = st.sampled_from(
    [
        "study",
        "sweep",
        "simulate",
        "--agents",
        "--seeds",
        "--workers",
        "--field",
        "0:9",
        "-1",
        "afap",
        "--seed",
        "--json",
    ]
) | st.text(max_size=12)
option_cases = st.lists(_words, max_size=6).map(lambda words: " ".join(words).encode("utf-8", "surrogatepass"))


DOORS: dict[str, Door] = {
    "scenario": Door([s.to_json().encode() for s in SOME] + [b"{}", b"[]", b""], read_scenario, json_cases, share=14),
    "link": Door(links, read_link, link_cases, share=4),
    "configuration": Door(_configurations(), read_configuration, yaml_cases),
    "results": Door(_result_files(), read_result_file, csv_cases, share=14),
    "options": Door(commands, read_options, option_cases, share=3),
    "prices": Door(_own_files("own"), read_own_prices, series_cases, share=4),
    "site": Door(_own_files("own"), read_own_site, series_cases),
    "cars": Door(_own_files("sessions/good", "sessions/bad"), read_cars, car_cases, share=4),
    "imports": Door(imports, import_file, import_cases, share=1),
}
"""By name, in the order in which they are run."""
