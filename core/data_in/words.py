"""What can be wrong with a visitor's data, in English; the catalogues translate it under ``own_data.problems``."""

from __future__ import annotations

from typing import Final

from core.errors import CombinationError, EnerV2GizeError

PROBLEMS: Final[dict[str, str]] = {
    # --- data that a scenario carries --------------------------------------------------------------------------------
    "not_carried": "must be data of the kind {kind}, as a scenario file of this app holds them",
    "too_long": "must be at most {most} characters of text",
    "damaged": "these data are damaged; they must be as a scenario file of this app holds them",
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
    # --- files -------------------------------------------------------------------------------------------------------
    "file_too_large": "the file must have at most {most} bytes",
    "too_many_rows": "the file must have at most {most} rows",
    "too_many_columns": "the file must have at most {most} columns",
    "not_a_table": "this is neither a CSV nor a Parquet file with rows and columns",
    "no_rows": "the file must hold rows of data below the names of its columns",
    "no_header": "the first rows must name the columns",
    "no_time_column": "no column holds times such as 2023-01-31 14:00",
    "no_value_column": "no column besides the times holds numbers",
    "no_column": "there is no column {column}; the file has {allowed}",
    "no_unit": "the unit must be one of {allowed}, not {unit}",
    "no_zone": "the clock must be one of {allowed}, not {zone}",
    "no_order": "the order of dates must be day_first or month_first, not {order}",
    "no_rate": "the exchange rate must be above 0",
    "no_node": "there is no {node}; the file has {allowed}",
    "mixed_dates": "dates are mixed: in {days_first} rows the first number must be the day, in {months_first} rows the"
    " second",
    "too_many_bad": "{n} of {of} rows hold no time or no number; at most {most_times} % may lack a time and"
    " {most_numbers} % a number",
    "too_few": "the file holds {n} usable rows; two at least are needed",
    "no_step": "values must come every 1, 5, 10, 15, 30 or 60 minutes",
    "too_long_span": "the file must not span so many years",
    "not_on_quarter": "the first value must begin on a quarter of an hour",
    "question": "this must be said first: {what}",
    # --- files of charging sessions ----------------------------------------------------------------------------------
    "cars_count": "must hold 1 to {most} sessions",
    "cars_days": "no session of the file falls on this day; it has sessions from {first} to {last}",
    "cars_file_size": "the file is too large: at most {most} MB are read",
    "cars_not_text": "this is no text; the table must be saved as CSV (UTF-8)",
    "cars_not_json": "this JSON file is damaged; it must be whole, as ACN-Data gave it",
    "cars_not_acn": "this JSON file holds no sessions of ACN-Data (connectionTime, disconnectTime, kWhDelivered)",
    "cars_too_many": "the file has {rows} rows; at most {most} sessions are read",
    "cars_empty": "there is no session in this file",
    "cars_no_columns": "this is no table: columns must be separated by commas, semicolons, tabs or bars, names first",
    "cars_missing_columns": "there is no column for {missing}; the columns of the file are: {there}",
    "cars_two_columns": "two columns, {first} and {second}, could be the {role}; one of them must be left out",
    "cars_mixed_dates": "{days} dates begin with the day and {months} with the month; all of them"
    " must be written in one way",
    "cars_ambiguous_dates": "{n} dates such as 03/04/2023 can be read in two ways; it must be said whether"
    " the day comes first",
    "cars_mixed_zones": "{aware} times carry a difference from UTC and {naive} do not; all of them"
    " must be written in one way",
    "cars_utc_times": "all times are in UTC; it must be said in which time zone the site lies",
    "cars_zone": "there is no time zone {zone}; names are such as Europe/Amsterdam or Asia/Seoul",
    "cars_nothing_left": "none of the {rows} rows can be used; most often: {why}",
}
"""Sentences by rule."""

FINDINGS: Final[dict[str, str]] = {
    "mixed_formats": "Times are written in {n} {n:|way|ways} (rows: {formats}).",
    "other_rows": "{n} {n:|row|rows} of other {column} {n:|is|are} left out.",
    "no_time": "{n} {n:|row holds|rows hold} no time and {n:|is|are} left out.",
    "no_number": "{n} {n:|row holds|rows hold} no number and {n:|counts as a gap|count as gaps}.",
    "shuffled": "The rows are not in order of time: {n} {n:|stands|stand} below a later one.",
    "ends": "Hours count to 24: times name the end of an interval, so each value is moved {step} minutes back.",
    "duplicates": "{n} {n:|row repeats|rows repeat} another row and {n:|is|are} left out.",
    "conflicts": "{n} {n:|time has|times have} several values that differ and {n:|counts as a gap|count as gaps}.",
    "off_grid": "{n} {n:|time does|times do} not lie on steps of {step} minutes and {n:|is|are} left out.",
    "coarser": "{n} {n:|value stands|values stand} for longer than {step} minutes and {n:|holds|hold} until the next.",
    "dst_skipped": "{n} {n:|step does|steps do} not exist because clocks are turned on; the hour before stands in.",
    "dst_twice": "{n} {n:|value belongs|values belong} to the second pass of a repeated hour; the first counts.",
    "filled": "{n} missing {n:|value lies|values lie} in gaps of at most {minutes} minutes, filled from both sides.",
    "gaps": "{n} {n:|value is|values are} missing for good on {days} {days:|day|days} ({which}), which cannot be run.",
    "negative": "{n} {n:|value is|values are} negative.",
    "averaged": "Values come every {step} minutes; {n} {n:|mean|means} over 15 minutes {n:|is|are} used.",
    "unlikely": "The median is {median} EUR/kWh, which is unusual: check the unit.",
}
"""What is said of a file that was read, by key."""


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
