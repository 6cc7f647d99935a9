"""What can be wrong with a visitor's data, in English; the catalogues translate it under ``own_data.problems``."""

from __future__ import annotations

from typing import Final

from core.errors import CombinationError, EnerV2GizeError

PROBLEMS: Final[dict[str, str]] = {
    # --- data that a scenario carries --------------------------------------------------------------------------------
    "not_carried": "must be data of the kind {kind}, as a scenario file of this app holds them",
    "too_long": "must be at most {most} characters of text",
    "damaged": "these data are damaged and cannot be read",
    "needs_file": "this link needs the file that it was made with (data {hash}); open the link and add the file",
    # --- series ------------------------------------------------------------------------------------------------------
    "too_many_values": "a series must have from 1 to {most} values",
    "too_large": "every value must be from -{most} to {most}",
    "not_a_day": "a day that repeats must have a value for each of its 24 hours",
    "time_out_of_range": "times must be in the years {first} to {last} and begin on a whole step",
    "not_covered": "there is no value for {time}; the file covers days from {first} to {last}",
    "no_series": "there must be at least one series",
    "unit_of_kind": "the unit must be one of {allowed}, not {unit}",
    "negative_pv": "solar power must not be negative",
    "limit_not_positive": "a transformer's limit must be above 0 kW at every hour",
    # --- files of charging sessions ----------------------------------------------------------------------------------
    "cars_count": "must hold 1 to {most} sessions",
    "cars_days": "no session of the file falls on this day; it has sessions from {first} to {last}",
    "cars_file_size": "the file is too large: at most {most} MB are read",
    "cars_not_text": "this is no text; save the table as CSV (UTF-8)",
    "cars_not_json": "this JSON file is damaged and cannot be read",
    "cars_not_acn": "this JSON file holds no sessions of ACN-Data (connectionTime, disconnectTime, kWhDelivered)",
    "cars_too_many": "the file has {rows} rows; at most {most} sessions are read",
    "cars_empty": "there is no session in this file",
    "cars_no_columns": "this is no table: columns must be separated by commas, semicolons, tabs or bars, names first",
    "cars_missing_columns": "there is no column for {missing}; the columns of the file are: {there}",
    "cars_two_columns": "two columns, {first} and {second}, could be the {role}; leave one of them out",
    "cars_mixed_dates": "{days} dates begin with the day and {months} with the month; write all of them in one way",
    "cars_ambiguous_dates": "{n} dates such as 03/04/2023 can be read in two ways; say whether the day comes first",
    "cars_mixed_zones": "{aware} times carry a difference from UTC and {naive} do not; write all of them in one way",
    "cars_utc_times": "all times are in UTC; say in which time zone the site lies",
    "cars_zone": "there is no time zone {zone}; names are such as Europe/Amsterdam or Asia/Seoul",
    "cars_nothing_left": "none of the {rows} rows can be used; most often: {why}",
}
"""Sentences by rule."""


class DataError(EnerV2GizeError):
    """A visitor's data cannot be used.

    Parameters
    ----------
    rule : str
        Key of `PROBLEMS`.
    **values
        What is filled into its sentence; texts of a visitor go through `core.errors.quoted` first.
    """

    def __init__(self, rule: str, **values: object) -> None:
        self.rule = rule
        self.values = values
        self.sentence = PROBLEMS[rule].format(**values)
        super().__init__(self.sentence)


class OwnDataError(CombinationError):
    """Data that a scenario carries do not serve it.

    Parameters
    ----------
    field : str
        The scenario's field.
    problem : DataError
        What is wrong.
    """

    def __init__(self, field: str, problem: DataError) -> None:
        super().__init__(field, problem.sentence)
        self.problem = problem
