"""KEPCO tariffs: rates, hours, Saturdays, holidays, the revision of 2026, surcharges."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import holidays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ScenarioError
from core.tariffs import kepco

OFF, MID, ON = "off_peak", "mid_peak", "on_peak"

# KRW/kWh off-, mid- and on-peak, transcribed from the tariff file; spring and autumn first, then summer, winter.
RATES = {
    "self_use_low": ((85.4, 97.2, 102.1), (84.3, 172.0, 259.2), (107.4, 154.9, 217.5)),
    "self_use_high": ((80.2, 91.0, 94.9), (79.2, 137.4, 190.4), (96.6, 127.7, 165.5)),
    "service_low_1": ((85.4, 97.2, 102.1), (95.9, 162.2, 203.5), (110.6, 143.1, 172.0)),
    "service_low_2": ((85.4, 97.2, 102.1), (83.1, 140.0, 270.8), (105.8, 126.7, 227.0)),
    "service_low_3": ((85.4, 97.2, 102.1), (90.1, 138.6, 236.0), (115.5, 125.4, 198.4)),
    "service_low_4": ((97.2, 97.2, 97.2), (172.0, 172.0, 172.0), (154.9, 154.9, 154.9)),
    "service_high_1": ((80.2, 91.0, 94.9), (89.8, 129.9, 151.2), (99.4, 118.4, 132.4)),
    "service_high_2": ((80.2, 91.0, 94.9), (78.2, 113.0, 198.6), (95.2, 105.5, 172.4)),
    "service_high_3": ((80.2, 91.0, 94.9), (84.5, 111.9, 174.0), (103.6, 104.5, 151.6)),
    "service_high_4": ((91.0, 91.0, 91.0), (137.4, 137.4, 137.4), (127.7, 127.7, 127.7)),
}

# Working days, and an hour of each period on them, under the hours of 2022.
WORKDAYS = {
    "spring_fall": ("2023-04-12", {OFF: 23, MID: 12, ON: 13}),
    "summer": ("2023-07-12", {OFF: 7, MID: 20, ON: 17}),
    "winter": ("2023-01-11", {OFF: 3, MID: 15, ON: 9}),
}


def hours_of(day: str) -> np.ndarray:
    return np.datetime64(day, "m") + np.arange(24) * np.timedelta64(60, "m")


def spelled(day: str) -> str:
    """Periods of a day's 24 hours in one letter each: o, m, P."""
    return "".join({OFF: "o", MID: "m", ON: "P"}[str(name)] for name in kepco.period(hours_of(day)))


# --- rates --------------------------------------------------------------------------------------------------------
def test_plans_in_order():
    assert tuple(RATES) == kepco.PLANS


@pytest.mark.parametrize("plan", RATES)
@pytest.mark.parametrize(("season", "index"), [("spring_fall", 0), ("summer", 1), ("winter", 2)])
def test_rate_of_each_plan_season_and_period(plan, season, index):
    day, hour_of = WORKDAYS[season]
    times = hours_of(day)[[hour_of[OFF], hour_of[MID], hour_of[ON]]]
    np.testing.assert_array_equal(kepco.energy_rate_krw(plan, times), RATES[plan][index])


@pytest.mark.parametrize("month", range(1, 13))
def test_season_of_each_month(month):
    season = 1 if month in (6, 7, 8) else 2 if month in (11, 12, 1, 2) else 0
    for day in (f"2023-{month:02d}-01", f"2023-{month:02d}-28"):
        rate = kepco.energy_rate_krw("self_use_low", np.array([day], dtype="datetime64[m]"))  # midnight: off-peak
        assert rate[0] == RATES["self_use_low"][season][0]


def test_demand_charges():
    charges = {plan: kepco.demand_krw_per_kw_month(plan) for plan in kepco.PLANS}
    assert charges == {plan: 2390.0 if "low" in plan else 2580.0 for plan in kepco.PLANS}


def test_unknown_plan():
    message = r"'service_low_5' is no KEPCO plan; there are self_use_low, "
    with pytest.raises(ScenarioError, match=message):
        kepco.energy_rate_krw("service_low_5", hours_of("2023-04-12"))
    with pytest.raises(ScenarioError, match=message):
        kepco.demand_krw_per_kw_month("service_low_5")


# --- hours --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        # hour      000000000011111111112222
        # .         012345678901234567890123
        ("2023-07-12", "oooooooommmPmPPPPPmmmmoo"),  # Wednesday, summer
        ("2023-04-12", "oooooooommmPmPPPPPmmmmoo"),  # Wednesday, spring
        ("2023-01-11", "oooooooomPPPmmmmPPPmmmoo"),  # Wednesday, winter
        ("2023-07-15", "oooooooommmmmmmmmmmmmmoo"),  # Saturday: on-peak counts as mid-peak
        ("2023-01-14", "oooooooommmmmmmmmmmmmmoo"),
        ("2023-07-16", "o" * 24),  # Sunday
        ("2023-10-03", "o" * 24),  # Tuesday, National Foundation Day
        ("2024-05-06", "o" * 24),  # Monday, substitute for Children's Day on a Sunday
        ("2023-09-30", "o" * 24),  # Saturday in the Chuseok holiday: the holiday wins
        ("2023-10-02", "o" * 24),  # Monday, temporary public holiday
        ("2023-10-04", "oooooooommmPmPPPPPmmmmoo"),  # Wednesday after the holiday
        ("2024-05-07", "oooooooommmPmPPPPPmmmmoo"),  # Tuesday after the substitute
        ("2026-04-15", "oooooooommmPmPPPPPmmmmoo"),  # Wednesday, last day of the old hours
        ("2026-04-16", "oooooooommmmmmmPPPPPPmoo"),  # Thursday, first day of the new ones
        ("2026-07-15", "oooooooommmmmmmPPPPPPmoo"),  # Wednesday, summer
        ("2026-11-11", "oooooooomPPPmmmmPPPmmmoo"),  # Wednesday, winter: not revised
        ("2026-04-18", "oooooooommmmmmmmmmmmmmoo"),  # Saturday
        ("2019-07-10", "oooooooommmPmPPPPPmmmmoo"),  # Wednesday before the first revision: the first is used
    ],
)
def test_periods_of_a_day(day, expected):
    assert spelled(day) == expected


def test_a_run_over_a_holiday_a_weekend_and_new_year():
    # Saturday 30 December 2023 to Tuesday 2 January 2024; 1 January is a public holiday.
    noon = np.array(
        ["2023-12-29T10", "2023-12-30T10", "2023-12-31T10", "2024-01-01T10", "2024-01-02T10"], "datetime64[m]"
    )
    assert kepco.period(noon).tolist() == [ON, MID, OFF, OFF, ON]


def test_the_revision_changes_at_midnight():
    times = np.array(["2026-04-15T16:45", "2026-04-16T14:45", "2026-04-16T15:00"], dtype="datetime64[m]")
    assert kepco.period(times).tolist() == [ON, MID, ON]
    assert kepco.period(times - np.timedelta64(24 * 60, "m")).tolist() == [ON, ON, ON]


@given(
    starts=st.lists(st.datetimes(datetime(2010, 1, 1), datetime(2040, 12, 31)), min_size=1, max_size=6),
    plan=st.sampled_from(kepco.PLANS),
)
def test_many_times_agree_with_one_at_a_time_by_plain_rules(starts, plan):
    times = np.array(starts, dtype="datetime64[m]")
    expected = [_period_by_plain_rules(start) for start in starts]
    assert kepco.period(times).tolist() == expected
    season = {6: 1, 7: 1, 8: 1, 11: 2, 12: 2, 1: 2, 2: 2}
    rates = [
        RATES[plan][season.get(s.month, 0)][(OFF, MID, ON).index(p)] for s, p in zip(starts, expected, strict=True)
    ]
    np.testing.assert_array_equal(kepco.energy_rate_krw(plan, times), rates)


def _period_by_plain_rules(time: datetime) -> str:
    """The rules once more, written out hour by hour."""
    if time.weekday() == 6 or time.date() in holidays.country_holidays("KR", years=time.year):
        return OFF
    if time.hour >= 22 or time.hour < 8:
        return OFF
    if time.weekday() == 5:
        return MID
    if time.month in (11, 12, 1, 2):
        return ON if time.hour in (9, 10, 11, 16, 17, 18) else MID
    if time.date() >= date(2026, 4, 16):
        return ON if time.hour in (15, 16, 17, 18, 19, 20) else MID
    return ON if time.hour in (11, 13, 14, 15, 16, 17) else MID


def test_shape_is_kept_also_of_an_empty_array():
    times = hours_of("2023-07-12").reshape(4, 6)
    assert kepco.period(times).shape == (4, 6)
    assert kepco.energy_rate_krw("self_use_low", times[:0]).shape == (0, 6)


def test_years_without_known_holidays_are_refused():
    for day in ("1947-12-31", "2101-01-01"):
        with pytest.raises(ScenarioError, match=r"known for the years 1948 to 2100\.$"):
            kepco.period(hours_of(day))
    assert holidays.country_holidays("KR", years=2100)
    assert not holidays.country_holidays("KR", years=2101)


def test_what_is_no_time_is_refused():
    with pytest.raises(ScenarioError, match=r"at least one is missing \(NaT\)"):
        kepco.period(np.array(["2023-07-12", "NaT"], dtype="datetime64[m]"))


# --- surcharges ---------------------------------------------------------------------------------------------------
def test_surcharges_by_hand():
    """Summer on-peak, low voltage, own use: 259.2 + 9 + 5 = 273.2; 10 % tax 27.32 and 3.7 % fund 10.1084 on top."""
    time = np.array(["2023-07-12T17:00"], dtype="datetime64[m]")
    np.testing.assert_allclose(kepco.energy_rate_krw("self_use_low", time, surcharges=True), 310.6284, rtol=1e-12)


def test_taxes_apply_to_the_demand_charge_and_charges_per_kwh_do_not():
    assert kepco.demand_krw_per_kw_month("service_low_1", surcharges=True) == pytest.approx(2390 + 239 + 88.43)


def test_fractions_are_not_compounded_over_a_whole_bill():
    """A bill of 100 kW and 500 kWh, added up line by line as printed on it."""
    time = np.array(["2023-07-12T17:00"], dtype="datetime64[m]")
    before_tax = 100 * 2580 + 500 * 151.2 + 500 * 9.0 + 500 * 5.0
    bill = before_tax + 0.10 * before_tax + 0.037 * before_tax
    ours = 100 * kepco.demand_krw_per_kw_month("service_high_1", True)
    ours += 500 * kepco.energy_rate_krw("service_high_1", time, True)[0]
    assert ours == pytest.approx(bill, rel=1e-12)


# --- source -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("on", "effective_from"),
    [
        (date(2022, 1, 1), date(2022, 1, 1)),
        (date(2026, 4, 15), date(2022, 1, 1)),
        (date(2026, 4, 16), date(2026, 4, 16)),
        (None, date(2026, 4, 16)),
    ],
)
def test_source_names_the_revision_in_force(on, effective_from):
    source = kepco.source(on)
    assert source.effective_from == effective_from
    assert "KEPCO" in source.title
    assert "Not an official feed" in source.note
    assert "let users" not in source.note  # what programmers are told
    assert "not known here" not in source.note


def test_source_says_when_no_revision_is_old_enough():
    source = kepco.source(date(2021, 12, 31))
    assert source.effective_from == date(2022, 1, 1)
    assert source.note.endswith("Hours before 2022-01-01 are not known here; those of 2022-01-01 are used.")


# --- shared state -------------------------------------------------------------------------------------------------
def test_callers_cannot_spoil_each_others_rates():
    times = hours_of("2023-07-12")
    kepco.energy_rate_krw("self_use_low", times)[:] = 0.0
    kepco.period(times)[:] = "x"
    assert kepco.energy_rate_krw("self_use_low", times)[17] == 259.2
    assert spelled("2023-07-12") == "oooooooommmPmPPPPPmmmmoo"
    with pytest.raises(ValueError, match="read-only"):
        kepco._tables().rate_krw_per_kwh[:] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        kepco._public_holidays(2023)[:] = True


def test_threads_that_load_at_once_get_the_same_periods():
    kepco._tables.cache_clear()
    kepco._public_holidays.cache_clear()
    days = [str(date(2023, 9, 25) + timedelta(days=n)) for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(spelled, days * 4))
    assert together == [spelled(day) for day in days] * 4
    assert together[8] == "o" * 24  # 3 October
