"""Scenarios from and to EV2Gym's own configuration files (YAML).

EV2Gym's files say more than a `Scenario` can hold, and less: `read` accounts for every key of a file, and `write` says
in the file what EV2Gym has no key for. What both agree on stands in the tables below, once.

Files come from anybody: they are read by PyYAML's safe loader, after their size, their depth and their anchors were
looked at, and no file that they name is opened.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from core.errors import ScenarioError, quoted
from core.paths import ev2gym_data
from core.scenario.fields import MOST_BYTES, SCHEMA_VERSION, STEP_MINUTES, Scenario, applies

if TYPE_CHECKING:
    import yaml

MOST_SEED = 999_999
"""Largest seed of a scenario."""

MAX_DEPTH = 8
"""Levels of a configuration file; EV2Gym's own have two."""

CARS_FILE = "./ev2gym/data/ev_specs_v2g_enabled2024.json"
"""The list of cars that `cars="mixed"` means, as EV2Gym's own files name it: from the folder that holds the package."""

FIELDS: dict[str, str] = {
    "hour": "start_hour",
    "scenario": "place",
    "spawn_multiplier": "intensity",
    "discharge_price_factor": "v2g_price_factor",
    "number_of_charging_stations": "stations",
    "number_of_ports_per_cs": "ports_per_station",
    "power_setpoint_enabled": "setpoint",
    "power_setpoint_flexiblity": "setpoint_flexibility_percent",  # EV2Gym's spelling
    "demand_response.event_capacity_percentage_mean": "dr_depth_percent",
    "demand_response.event_start_hour_mean": "dr_start_hour",
    "transformer.max_power": "transformer_limit_kw",
    "charging_station.max_charge_current": "charger_current_a",
    "charging_station.voltage": "charger_voltage_v",
    "charging_station.phases": "charger_phases",
    "ev.max_ac_charge_power": "car_charge_kw",
    "ev.min_battery_capacity": "min_energy_kwh",
    "ev.desired_capacity": "wanted_soc",
}
"""Keys that hold a field as it is."""

OTHER_FIELDS: dict[str, str] = {
    "simulation_length": "length_h",
    "year": "date",
    "month": "date",
    "day": "date",
    "v2g_enabled": "v2g",
    "number_of_transformers": "transformers",
    "tr_seed": "seed",
    "inflexible_loads.include": "load_share",
    "inflexible_loads.inflexible_loads_capacity_multiplier_mean": "load_share",
    "solar_power.include": "pv_share",
    "solar_power.solar_power_capacity_multiplier_mean": "pv_share",
    "inflexible_loads.forecast_std": "forecast_error_percent",
    "solar_power.forecast_std": "forecast_error_percent",
    "demand_response.include": "dr_events",
    "demand_response.events_per_day": "dr_events",
    "demand_response.event_length_minutes_min": "dr_length_min",
    "demand_response.event_length_minutes_max": "dr_length_min",
    "demand_response.notification_of_event_minutes": "dr_notice_min",
    "heterogeneous_ev_specs": "cars",
    "ev.battery_capacity": "car_capacity_kwh",
    "ev.max_discharge_power": "car_discharge_kw",
    "ev.min_time_of_stay": "min_stay_min",
}
"""Keys that a field follows from by a rule of its own."""

FIXED: dict[str, Any] = {
    "minute": 0,
    "inflexible_loads.forecast_mean": 100,
    "solar_power.forecast_mean": 100,
    "demand_response.event_capacity_percentage_std": 5,
    "demand_response.event_start_hour_std": 2,
    "charging_station.min_charge_current": 0,
    "charging_station.min_discharge_current": 0,
    "ev.min_ac_charge_power": 0,
    "ev.min_discharge_power": 0,
    "ev.ev_phases": 3,
    "ev.charge_efficiency": 1,
    "ev.discharge_efficiency": 1,
    "ev.transition_soc": 1,
    "ev.min_emergency_battery_capacity": 25,
    "ev.transition_soc_multiplier": 5,
}
"""Keys whose value every scenario shares."""

GROUPS = ("network_info", "inflexible_loads", "solar_power", "demand_response", "transformer", "charging_station", "ev")
"""Keys that hold keys."""

NOTES: dict[str, str] = {
    "fixed": "Every scenario has {here} here.",
    "absent": "Not in the file; the scenario has {here}. EV2Gym itself needs this key.",
    "unknown": "EV2Gym 2.0.0 reads no such key.",
    "one_day": "A scenario has one date and hour: those of the file.",
    "fixed_day": "Of no effect where the day is not random.",
    "grid_only": "Of no effect without a power grid.",
    "no_grid": "Power grids are not simulated here.",
    "only_ac": "Chargers are AC, in EV2Gym's files as well.",
    "grid_nodes": "With a power grid EV2Gym counts its nodes; the scenario has one transformer.",
    "topology": "All stations are alike here; the file that this names is not opened.",
    "timescale": "Steps are 15 minutes here; the run is as long in hours, but cars come at another rate.",
    "whole_steps": "EV2Gym counts whole steps: {here} minutes.",
    "step_of": "Rounded to {here}.",
    "off": "Switched off by its key include.",
    "one_error": "One error of forecasts here, of load and solar power alike: {here} %.",
    "mean_length": "EV2Gym draws a length between the two; here all events last {here} minutes.",
    "same_current": "Stations discharge with the current they charge with: {here} A.",
    "no_discharge": "Without current nothing can be discharged: V2G is off.",
    "not_v2g": "Without V2G there is no discharging current.",
    "cars_file": "Mixed cars are EV2Gym's list of V2G-capable cars of 2024; no other file is opened.",
    "uniform_only": "Of no effect: EV2Gym reads it for uniform cars only.",
    "mixed_only": "Of no effect: EV2Gym reads it for mixed cars only.",
    "no_effect": "Of no effect in this scenario, and not possible here; left at {here}.",
    "seed": "Draws the cars as well here; EV2Gym is given the seed of its cars apart.",
    "own_seed": "Loads are drawn with the scenario's seed, which the file does not hold.",
}
"""What is said of a key, in English, by its code."""

PROBLEMS: dict[str, str] = {
    "missing": "there is no file '{name}'; EV2Gym itself brings {own}",
    "large": "the file is too large for a scenario; at most {most} bytes are read",
    "broken": "the file must be YAML that can be read{where}",
    "deep": "the file is nested too deeply; at most {most} levels are read",
    "anchors": "anchors and aliases (& and *) are not read; each value must be written out",
    "twice": "this key stands twice in one place; it must stand once",
    "no_mapping": "the file must be a configuration of EV2Gym: keys with values",
    "other": "the file must be a configuration of EV2Gym, with keys such as simulation_length",
    "group": "must hold keys with values of its own",
    "number": "must be a number from -1,000,000,000 to 1,000,000,000",
    "flag": "must be true or false",
    "date": "must be a date together with month and day",
    "between": "must be a number from {low} to {high}",
    "length": "must be a run of 12 to 48 hours, so {low} to {high} steps here",
    "allowed": "{message}",
}
"""What can be wrong with a file, in English, by its code; `allowed` is what the scenario's field says."""


class FileError(ScenarioError):
    """A configuration file cannot be a scenario.

    Parameters
    ----------
    key : str
        The key that is wrong; empty where it is the file.
    code : str
        One of `PROBLEMS`.
    **values
        What is filled in there.
    """

    def __init__(self, key: str, code: str, **values: str) -> None:
        super().__init__(key, PROBLEMS[code].format(**values))
        self.code, self.values = code, values


class FieldError(FileError):
    """A key's value is not allowed for the field that follows from it; `error` is the scenario's own."""

    def __init__(self, key: str, error: ScenarioError) -> None:
        super().__init__(key, "allowed", message=error.message)
        self.error = error


Status = Literal["taken", "differs", "ignored", "unknown", "absent"]


@dataclass(frozen=True, slots=True)
class Key:
    """What became of one key of a file.

    Parameters
    ----------
    key : str
        Its name, after that of the group it stands in: ``ev.battery_capacity``.
    value : str
        What it holds, shortened; empty where it is absent.
    status : str
        ``taken``; taken, but it ``differs``; ``ignored``; ``unknown``; ``absent`` where EV2Gym would need it.
    field : str
        The scenario's field that follows from it; empty where none does.
    note : str
        Which of `NOTES` says more; empty where nothing needs to be said.
    here : str
        What is filled in there.
    """

    key: str
    value: str
    status: Status
    field: str = ""
    note: str = ""
    here: str = ""

    @property
    def text(self) -> str:
        """The note in English."""
        return NOTES[self.note].format(here=self.here) if self.note else ""


class FromFile(NamedTuple):
    """A scenario read from a configuration, and what became of each of the file's keys."""

    scenario: Scenario
    keys: tuple[Key, ...]

    def summary(self) -> str:
        """One English sentence on what was not taken as it stands; empty where everything was."""
        parts = []
        for status, words in _SUMMARY.items():
            names = [key.key for key in self.keys if key.status == status and key.note not in _HARMLESS]
            if names:
                more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
                parts.append(f"{words} {', '.join(names[:MOST_NAMED])}{more}")
        return "; ".join(parts)


MOST_NAMED = 8
"""So many keys are named for each reason."""

_SUMMARY = {
    "differs": "taken with a difference:",
    "ignored": "not taken:",
    "unknown": "unknown to EV2Gym:",
    "absent": "absent, so as by default:",
}
_HARMLESS = ("off", "uniform_only", "mixed_only", "not_v2g", "fixed_day", "grid_only", "only_ac")
"""Notes on what has no effect in EV2Gym either."""


# --- finding and parsing files ----------------------------------------------------------------------------------------
def shipped() -> dict[str, Path]:
    """Configurations that come with the installed EV2Gym, by file name."""
    folder = ev2gym_data().parent / "example_config_files"
    return {path.name: path for path in sorted(folder.glob("*.yaml"))}


def find(name: str | Path) -> Path:
    """The file of that path, else EV2Gym's own of that name.

    Raises
    ------
    ScenarioError
        Where there is neither; it lists EV2Gym's own.
    """
    path = Path(name)
    if path.is_file():
        return path
    own = shipped()
    if str(name) in own:
        return own[str(name)]
    raise FileError("", "missing", name=_short(name), own=", ".join(own))


def load(content: str | bytes) -> dict[str, Any]:
    """The configuration in a YAML text, as plain values.

    Raises
    ------
    ScenarioError
        One sentence, where it is too large or too deep, uses anchors or tags, or is not a mapping.
    """
    import yaml

    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    if len(data) > MOST_BYTES:
        raise FileError("", "large", most=str(MOST_BYTES))
    try:
        _look_over(yaml.parse(data, Loader=yaml.SafeLoader))
        config = yaml.load(data, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise FileError("", "broken", where=where) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        raise FileError("", "broken", where="") from None
    if not isinstance(config, dict) or not all(isinstance(name, str) for name in config):
        raise FileError("", "no_mapping")
    return config


def _look_over(events: Iterator[yaml.Event]) -> None:
    """Refuse what could grow in memory, before anything is built."""
    import yaml

    depth = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FileError("", "anchors")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise FileError("", "deep", most=str(MAX_DEPTH))


@cache
def _loader() -> type[yaml.SafeLoader]:
    """PyYAML's safe loader, refusing a key that stands twice: EV2Gym would take the last one without a word."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise FileError(_short(twice), "twice")
            made: dict[Any, Any] = super().construct_mapping(node, deep)
            return made

    return Loader


# --- reading ----------------------------------------------------------------------------------------------------------
def read(source: str | bytes | Path) -> FromFile:
    """Read a configuration of EV2Gym.

    Parameters
    ----------
    source : str, bytes or Path
        A `Path`, or a text of one line that ends in ``.yaml`` or ``.yml``, names a file (see `find`); any other text,
        and bytes always, are the file's content.

    Returns
    -------
    FromFile

    Raises
    ------
    ScenarioError
        One sentence that names the key and what is allowed.
    """
    if isinstance(source, str) and "\n" not in source and source.endswith((".yaml", ".yml")):
        source = Path(source)
    if isinstance(source, Path):
        with find(source).open("rb") as file:
            source = file.read(MOST_BYTES + 1)
    return _Reader(_flat(load(source))).result()


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Values by dotted name; of what is nested deeper, or is not EV2Gym's, the top alone."""
    out: dict[str, Any] = {}
    for name, value in config.items():
        if name in GROUPS:
            if not isinstance(value, dict):
                raise FileError(name, "group")
            out |= {f"{name}.{inner}": item for inner, item in value.items()}
        else:
            out[name] = value
    return out


class _Reader:
    """One file on its way to a scenario."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._fields: dict[str, Any] = {}
        self._keys: dict[str, Key] = {}
        if not any(name in values for name in (*FIELDS, *OTHER_FIELDS)):
            raise FileError("", "other")

    def result(self) -> FromFile:
        for name, field in FIELDS.items():
            if name in self._values:
                self._take(name, field, self._values[name])
        self._calendar()
        self._site()
        self._events()
        self._cars()
        for name, value in FIXED.items():
            if name in self._values:
                if self._values[name] == value and not isinstance(self._values[name], bool):
                    self._say(name, "taken")
                elif self._values.get(f"{name.partition('.')[0]}.include") is False:
                    self._say(name, "ignored", "off")
                else:
                    self._say(name, "ignored", "fixed", value)
        for name in self._values:
            if name not in self._keys:
                self._say(name, "unknown", "unknown")
        scenario = self._parse()
        for name, field in (FIELDS | OTHER_FIELDS).items():
            if name not in self._values and name != "tr_seed":
                self._say(name, "absent", "absent", getattr(scenario, field), field=field)
        order = [*self._values, *(name for name in self._keys if name not in self._values)]
        return FromFile(scenario, tuple(self._keys[name] for name in order))

    def _say(self, name: str, status: Status, note: str = "", here: Any = "", *, field: str = "") -> None:
        value = _short(_plain(self._values[name])) if name in self._values else ""
        field = field or (FIELDS | OTHER_FIELDS).get(name, "")
        self._keys[name] = Key(_short(name), value, status, field, note, _plain(here))

    def _take(self, name: str, field: str, value: Any, *, note: str = "", differs: bool = False) -> None:
        self._fields[field] = value
        self._say(name, "differs" if differs else "taken", note, value)

    def _number(self, name: str) -> float | None:
        """The number in a key; None where it is absent."""
        value = self._values.get(name)
        if name not in self._values:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e9:
            raise FileError(name, "number")
        return value

    def _flag(self, name: str, default: bool) -> bool:
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise FileError(name, "flag")
        return value

    def _calendar(self) -> None:
        step = self._number("timescale")
        minutes = STEP_MINUTES if step is None else step
        if step is not None:
            if not 1 <= step <= 60:
                raise FileError("timescale", "between", low="1", high="60")
            self._say("timescale", *(("taken",) if step == STEP_MINUTES else ("differs", "timescale")))
        steps = self._number("simulation_length")
        if steps is not None:
            hours = steps * minutes / 60
            if not 12 <= hours <= 48:
                raise FileError(
                    "simulation_length", "length", low=f"{12 * 60 / minutes:g}", high=f"{48 * 60 / minutes:g}"
                )
            whole = int(4 * hours) / 4
            other = whole != hours
            self._take("simulation_length", "length_h", whole, note="step_of" if other else "", differs=other)
        parts = ("year", "month", "day")
        if all(name in self._values for name in parts):
            try:
                date = dt.date(*(self._values[name] for name in parts))
            except (TypeError, ValueError, OverflowError):
                raise FileError("year", "date") from None
            for name in parts:
                self._take(name, "date", date)
        else:
            for name in parts:
                if name in self._values:
                    self._say(name, "ignored", "one_day")
        any_day = self._flag("random_day", False)
        if "random_day" in self._values:
            self._say("random_day", *(("ignored", "one_day") if any_day else ("taken",)))
        for name in ("random_hour", "simulation_days"):
            if name in self._values:
                self._say(name, "ignored", "one_day" if any_day else "fixed_day")
        if self._values.get("random_hour") is False:
            self._say("random_hour", "taken")
        seed = self._number("tr_seed")
        if seed is not None and 0 <= seed <= MOST_SEED and seed == int(seed):
            self._take("tr_seed", "seed", int(seed), note="seed")
        elif seed is not None:
            self._say("tr_seed", *(("taken",) if seed == -1 else ("ignored", "own_seed")))

    def _site(self) -> None:
        grid = self._flag("simulate_grid", False)
        if "simulate_grid" in self._values:
            self._say("simulate_grid", *(("ignored", "no_grid") if grid else ("taken",)))
        if "number_of_transformers" in self._values:
            if grid:
                self._take("number_of_transformers", "transformers", 1, note="grid_nodes", differs=True)
            else:
                self._take("number_of_transformers", "transformers", self._values["number_of_transformers"])
        for name in self._values:
            if name == "pf_solver" or name.startswith("network_info."):
                self._say(name, "ignored", "no_grid" if grid else "grid_only")
        topology = self._values.get("charging_network_topology")
        if "charging_network_topology" in self._values:
            self._say(
                "charging_network_topology", *(("taken",) if topology in (None, "None") else ("ignored", "topology"))
            )
        for group, inner, field in (
            ("inflexible_loads", "inflexible_loads_capacity_multiplier_mean", "load_share"),
            ("solar_power", "solar_power_capacity_multiplier_mean", "pv_share"),
        ):
            self._switched(f"{group}.include", f"{group}.{inner}", field, 0.0)
        self._forecasts()
        v2g = self._flag("v2g_enabled", Scenario().v2g)
        if "v2g_enabled" in self._values:
            self._take("v2g_enabled", "v2g", v2g)
        name = "charging_station.max_discharge_current"
        current = self._number(name)
        if current is None:
            return
        charge = self._number("charging_station.max_charge_current")
        if not v2g:
            self._say(name, *(("taken",) if current == 0 else ("ignored", "not_v2g")))
        elif current == 0:
            self._fields["v2g"] = False
            self._say(name, "differs", "no_discharge", field="v2g")
        elif charge is not None and abs(current) == charge:
            self._say(name, "taken")
        else:
            self._say(name, "differs", "same_current", Scenario().charger_current_a if charge is None else charge)

    def _forecasts(self) -> None:
        """One error for the forecasts of load and solar power: of what is there, that of the load before all."""
        groups = ("inflexible_loads", "solar_power")
        errors = {group: self._number(f"{group}.forecast_std") for group in groups}
        there = [group for group in groups if errors[group] is not None]
        on = [group for group in there if self._values.get(f"{group}.include", True)] or there
        for group in there:
            name = f"{group}.forecast_std"
            if group not in on and errors[group] != errors[on[0]]:
                self._say(name, "ignored", "off")
            elif errors[group] != errors[on[0]]:
                self._say(name, "differs", "one_error", errors[on[0]])
            else:
                self._take(name, "forecast_error_percent", errors[group])

    def _switched(self, switch: str, name: str, field: str, nothing: float) -> None:
        """A field with an amount in `name` that `switch` turns off."""
        on = self._flag(switch, name in self._values)
        if switch in self._values:
            self._say(switch, "taken")
        if name in self._values and (on or self._values[name] == nothing):
            self._take(name, field, self._values[name])
        elif name in self._values:
            self._say(name, "ignored", "off")
        if not on:
            self._fields[field] = nothing

    def _events(self) -> None:
        group = "demand_response."
        self._switched(f"{group}include", f"{group}events_per_day", "dr_events", 0)
        names = (f"{group}event_length_minutes_min", f"{group}event_length_minutes_max")
        lengths = [length for length in map(self._number, names) if length is not None]
        if lengths:
            mean = sum(lengths) / len(lengths)
            steps = mean // STEP_MINUTES * STEP_MINUTES
            for name in names:
                if name not in self._values:
                    continue
                if len(set(lengths)) > 1:
                    self._take(name, "dr_length_min", steps, note="mean_length", differs=True)
                else:
                    self._steps(name, "dr_length_min")
        self._steps(f"{group}notification_of_event_minutes", "dr_notice_min")

    def _steps(self, name: str, field: str) -> None:
        """Minutes, of which EV2Gym takes whole steps."""
        minutes = self._number(name)
        if minutes is None:
            return
        whole = minutes // STEP_MINUTES * STEP_MINUTES
        self._take(name, field, whole, note="" if whole == minutes else "whole_steps")

    def _cars(self) -> None:
        mixed = self._flag("heterogeneous_ev_specs", Scenario().cars == "mixed")
        if "heterogeneous_ev_specs" in self._values:
            self._take("heterogeneous_ev_specs", "cars", "mixed" if mixed else "uniform")
        name = "ev_specs_file"
        if name in self._values:
            same = str(self._values[name]).replace("\\", "/").rpartition("/")[2] == CARS_FILE.rpartition("/")[2]
            if same:
                self._say(name, "taken")
            else:
                self._say(name, *(("differs", "cars_file") if mixed else ("ignored", "mixed_only")))
        elif mixed and "heterogeneous_ev_specs" in self._values:  # EV2Gym takes another of its lists then
            self._say(name, "absent", "cars_file")
        if "ev.max_dc_charge_power" in self._values:
            self._say("ev.max_dc_charge_power", "ignored", "only_ac")
        capacity = self._number("ev.battery_capacity")
        if capacity is not None:
            half = round(2 * capacity) / 2
            other = half != capacity
            self._take("ev.battery_capacity", "car_capacity_kwh", half, note="step_of" if other else "", differs=other)
        power = self._number("ev.max_discharge_power")
        if power is not None:
            if not -50 <= power <= 0:
                raise FileError("ev.max_discharge_power", "between", low="-50", high="0")
            self._take("ev.max_discharge_power", "car_discharge_kw", -power + 0.0)
        self._steps("ev.min_time_of_stay", "min_stay_min")

    def _parse(self) -> Scenario:
        """The scenario; a bad value that has no effect is left at its default, any other is an error."""
        rows = {row["name"]: row for row in Scenario.fields()}
        default = Scenario()
        for _ in rows:
            try:
                scenario = Scenario.parse(self._fields)
            except ScenarioError as error:
                names = [name for name, field in (FIELDS | OTHER_FIELDS).items() if field == error.field]
                row = rows.get(error.field)
                if not names:  # a rule of tariffs, which no key can break
                    raise
                if row is None or applies(row, lambda name: self._fields.get(name, getattr(default, name))):
                    raise FieldError(next((n for n in names if n in self._values), names[0]), error) from None
                del self._fields[error.field]
                for name in names:
                    self._say(name, "ignored", "no_effect", getattr(default, error.field))
            else:
                return self._uniform(scenario)
        raise AssertionError("every field was left at its default, and those go together")

    def _uniform(self, scenario: Scenario) -> Scenario:
        """Say which of the keys of uniform cars have no effect on mixed ones."""
        if scenario.cars == "mixed":
            for name, key in self._keys.items():
                if name in _OF_UNIFORM_CARS and key.status != "ignored":
                    self._say(name, "taken", "uniform_only")
                elif name in _OF_UNIFORM_CARS:
                    self._say(name, "ignored", "uniform_only")
        return scenario


_OF_UNIFORM_CARS = (
    "ev.battery_capacity", "ev.max_ac_charge_power", "ev.min_ac_charge_power", "ev.max_dc_charge_power",
    "ev.max_discharge_power", "ev.min_discharge_power", "ev.ev_phases", "ev.charge_efficiency",
    "ev.discharge_efficiency", "ev.transition_soc",
)  # fmt: skip


def _plain(value: Any) -> str:
    """A value as a reader writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _short(value: Any) -> str:
    return quoted(str(value), 60)


# --- writing ----------------------------------------------------------------------------------------------------------
def config_of(scenario: Scenario) -> dict[str, Any]:
    """EV2Gym's configuration for `scenario`, as plain values; see `write` for what it cannot hold."""
    values = FIXED | {name: getattr(scenario, field) for name, field in FIELDS.items()}
    values |= {
        "timescale": STEP_MINUTES,
        "simulation_length": scenario.n_steps,
        "year": scenario.date.year,
        "month": scenario.date.month,
        "day": scenario.date.day,
        "random_day": False,
        "random_hour": False,
        "simulation_days": "both",
        "v2g_enabled": scenario.v2g,
        "number_of_transformers": scenario.transformers,
        "charging_network_topology": "None",
        "simulate_grid": False,
        "tr_seed": scenario.seed,
        "inflexible_loads.include": scenario.load_share > 0,
        "inflexible_loads.inflexible_loads_capacity_multiplier_mean": scenario.load_share,
        "solar_power.include": scenario.pv_share > 0,
        "solar_power.solar_power_capacity_multiplier_mean": scenario.pv_share,
        "inflexible_loads.forecast_std": scenario.forecast_error_percent,
        "solar_power.forecast_std": scenario.forecast_error_percent,
        "demand_response.include": scenario.dr_events > 0,
        "demand_response.events_per_day": scenario.dr_events,
        "demand_response.event_length_minutes_min": scenario.dr_length_min,
        "demand_response.event_length_minutes_max": scenario.dr_length_min,
        "demand_response.notification_of_event_minutes": scenario.dr_notice_min,
        "heterogeneous_ev_specs": scenario.cars == "mixed",
        "ev_specs_file": CARS_FILE,
        "charging_station.max_discharge_current": -scenario.charger_current_a if scenario.v2g else 0,
        "ev.battery_capacity": scenario.car_capacity_kwh,
        "ev.max_discharge_power": 0.0 - scenario.car_discharge_kw,
        "ev.max_dc_charge_power": 50,
        "ev.min_time_of_stay": scenario.min_stay_min,
    }
    config: dict[str, Any] = {}
    for name in sorted(values, key=_rank):
        group, _, inner = name.rpartition(".")
        (config.setdefault(group, {}) if group else config)[inner] = values[name]
    return config


def _rank(name: str) -> tuple[int, str]:
    """Keys of the file's top first, those of the run's time before all others; a group's keys stay together."""
    first = ("timescale", "simulation_length", "year", "month", "day", "hour", "minute")
    if name in first:
        return first.index(name), ""
    return (len(first), name) if "." not in name else (len(first) + 1, name)


def located(config: Mapping[str, Any]) -> dict[str, Any]:
    """`config` with its list of cars where EV2Gym is installed, if it is one of EV2Gym's own: to run anywhere."""
    config = {**config, "charging_network_topology": config.get("charging_network_topology") or "None"}
    name = str(config.get("ev_specs_file", ""))
    inside = name.replace("\\", "/").removeprefix("./")
    if not inside.startswith("ev2gym/data/") or Path(name).is_file():
        return config
    return {**config, "ev_specs_file": str(ev2gym_data() / inside.removeprefix("ev2gym/data/"))}


def not_held(scenario: Scenario) -> dict[str, Any]:
    """Fields that EV2Gym has no key for, with their values."""
    held = {*FIELDS.values(), *OTHER_FIELDS.values()}
    fields = {name: value for name, value in scenario.model_dump(mode="json").items() if name not in held}
    return fields | {name: f"(data {data.hash})" for name, data in scenario.carried.items()}


def loss(scenario: Scenario) -> str:
    """One English sentence on what EV2Gym will not know; empty where all fields that it lacks are at their defaults."""
    default = Scenario()
    lost = [f"{name} {_plain(value)}" for name, value in not_held(scenario).items() if value != getattr(default, name)]
    return f"EV2Gym cannot hold {', '.join(lost)}; it charges day-ahead prices and weighs nobody" if lost else ""


def write(scenario: Scenario) -> str:
    """EV2Gym's configuration file for `scenario`: YAML, with what EV2Gym cannot hold in comments above it."""
    import yaml

    lines = [
        f"EnerV2Gize scenario {scenario.key} (schema {SCHEMA_VERSION}) for EV2Gym 2.0.0.",
        "",
        f"EV2Gym takes the seed of its cars as an argument: EV2Gym(config_file=..., seed={scenario.seed}).",
        "tr_seed below is that of loads, solar power and events.",
        "ev_specs_file is relative to the folder that holds the package ev2gym, as in EV2Gym's own files.",
        "",
        "Prices: EV2Gym always charges Dutch day-ahead prices, and reads their table in its own way (UTC hours as",
        "local ones, days and months exchanged in parts of 2023 and 2024). The same actions move the same energy as",
        "in EnerV2Gize, but money differs.",
    ]
    if scenario.setpoint:
        lines.append("The power set-point follows these prices, so it differs too.")
    if scenario.dr_events:
        lines.append("An event before the run begins counts from its end in EV2Gym; in EnerV2Gize it is a day later.")
    lines += ["", "EV2Gym has no key for:"]
    for name, value in not_held(scenario).items():
        lines.append(f"  {name}: {value if isinstance(value, str) else json.dumps(value)}")
    head = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    return head + str(yaml.safe_dump(config_of(scenario), sort_keys=False))
