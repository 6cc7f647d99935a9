"""The ways in: what comes from a visitor or from somebody's file, with a corpus to start from.

A new kind of file gets a `Door` here, and is fuzzed by `make fuzz` and by the suite from then on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hypothesis import strategies as st

from core.cli import options
from core.cli.main import _parser
from core.errors import CombinationError, ResultFileError, ScenarioError
from core.reports.result_csv import MAX_BYTES, MAX_NAME, read_results, write_results
from core.scenario import PRESETS, Scenario
from core.scenario.ev2gym_file import FileError
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
        raise
    for key in keys:
        f"{key.key} {key.value} {key.text}".encode()
    _round_trips(scenario)


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
        raise
    assert len(case) <= MAX_BYTES
    again = read_results(write_results([results]))
    assert (again.algorithms, again.stations) == (results.algorithms, results.stations)
    assert all(len(name) <= MAX_NAME for name in results.algorithms)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in _names_written(results))


def _names_written(results: Any) -> list[str]:
    lines = write_results([results]).decode().splitlines()[1:]
    return [line.split(",")[7].strip('"') for line in lines[:50] if line.count(",") == 8]


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
}
"""By name, in the order in which they are run."""
