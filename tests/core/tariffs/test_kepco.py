"""KEPCO tariffs: rates, hours, Saturdays, holidays, the versions by their dates, surcharges."""

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

# Working days since the newest rates, and an hour of each period on them.
WORKDAYS = {
    "spring_fall": ("2024-04-17", {OFF: 23, MID: 12, ON: 13}),
    "summer": ("2023-07-12", {OFF: 7, MID: 20, ON: 17}),
    "winter": ("2024-01-10", {OFF: 3, MID: 15, ON: 9}),
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
    for day in (f"2024-{month:02d}-01", f"2024-{month:02d}-28"):
        rate = kepco.energy_rate_krw("self_use_low", np.array([day], dtype="datetime64[m]"))  # midnight: off-peak
        assert rate[0] == RATES["self_use_low"][season][0]


def test_demand_charges():
    charges = {plan: kepco.demand_krw_per_kw_month(plan, date(2023, 7, 12)) for plan in kepco.PLANS}
    assert charges == {plan: 2390.0 if "low" in plan else 2580.0 for plan in kepco.PLANS}


def test_unknown_plan():
    message = r"'service_low_5' is no KEPCO plan; there are self_use_low, "
    with pytest.raises(ScenarioError, match=message):
        kepco.energy_rate_krw("service_low_5", hours_of("2023-04-12"))
    with pytest.raises(ScenarioError, match=message):
        kepco.demand_krw_per_kw_month("service_low_5", date(2023, 7, 12))


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
        ("2023-01-02", "oooooooomPPPmmmmPPPmmmoo"),  # Monday, first working day of the hours of 2023
        ("2022-12-30", "ooooooooomPPmmmmmPPPmmPo"),  # Friday, winter, last one of those before
        ("2022-07-13", "ooooooooomPPmPPPPmmmmmmo"),  # Wednesday, summer
        ("2022-04-13", "ooooooooomPPmPPPPmmmmmmo"),  # Wednesday, spring
        ("2022-07-16", "ooooooooommmmmmmmmmmmmmo"),  # Saturday
        ("2016-07-13", "ooooooooomPPmPPPPmmmmmmo"),  # Wednesday before the first version: the first is used
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
        round(RATES[plan][season.get(s.month, 0)][(OFF, MID, ON).index(p)] - _added_since(s.date()), 1)
        * (1 - _discount(s.date()))
        for s, p in zip(starts, expected, strict=True)
    ]
    np.testing.assert_allclose(kepco.energy_rate_krw(plan, times), rates, rtol=1e-12)


def _added_since(day: date) -> float:
    """What the announced changes after a date add up to."""
    changes = {(2021, 1, 1): -5.0, (2022, 4, 1): 4.9, (2022, 10, 1): 7.4, (2023, 1, 1): 11.4, (2023, 5, 16): 8.0}
    return sum(change for when, change in changes.items() if date(*when) > day)


def _discount(day: date) -> float:
    """Off the energy charge of electric vehicles."""
    if day < date(2020, 7, 1):
        return 0.5
    return 0.3 if day < date(2021, 7, 1) else 0.1 if day < date(2022, 7, 1) else 0.0


def _period_by_plain_rules(time: datetime) -> str:
    """The rules once more, written out hour by hour."""
    if time.weekday() == 6 or time.date() in holidays.country_holidays("KR", years=time.year):
        return OFF
    if time.year < 2023:
        if time.hour >= 23 or time.hour < 9:
            return OFF
        if time.weekday() == 5:
            return MID
        winter = time.month in (11, 12, 1, 2)
        return ON if time.hour in ((10, 11, 17, 18, 19, 22) if winter else (10, 11, 13, 14, 15, 16)) else MID
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
    charge = kepco.demand_krw_per_kw_month("service_low_1", date(2023, 7, 12), surcharges=True)
    assert charge == pytest.approx(2390 + 239 + 88.43)


def test_fractions_are_not_compounded_over_a_whole_bill():
    """A bill of 100 kW and 500 kWh, added up line by line as printed on it."""
    time = np.array(["2023-07-12T17:00"], dtype="datetime64[m]")
    before_tax = 100 * 2580 + 500 * 151.2 + 500 * 9.0 + 500 * 5.0
    bill = before_tax + 0.10 * before_tax + 0.037 * before_tax
    ours = 100 * kepco.demand_krw_per_kw_month("service_high_1", date(2023, 7, 12), True)
    ours += 500 * kepco.energy_rate_krw("service_high_1", time, True)[0]
    assert ours == pytest.approx(bill, rel=1e-12)


# --- versions by their dates ------------------------------------------------------------------------------------------
# Whole tables of single periods as others published them (data/SOURCES.md), KRW/kWh off-, mid- and on-peak, without
# the discount; spring and autumn first, then summer, winter.
PUBLISHED = {
    ("2017-01-01", "self_use_low"): ((58.7, 70.5, 75.4), (57.6, 145.3, 232.5), (80.7, 128.2, 190.8)),
    ("2017-01-01", "self_use_high"): ((53.5, 64.3, 68.2), (52.5, 110.7, 163.7), (69.9, 101.0, 138.8)),
    ("2017-01-01", "service_low_1"): ((58.7, 70.5, 75.4), (69.2, 135.5, 176.8), (83.9, 116.4, 145.3)),
    ("2017-01-01", "service_low_2"): ((58.7, 70.5, 75.4), (56.4, 113.3, 244.1), (79.1, 100.0, 200.3)),
    ("2017-01-01", "service_low_3"): ((58.7, 70.5, 75.4), (63.4, 111.9, 209.3), (88.8, 98.7, 171.7)),
    ("2017-01-01", "service_low_4"): ((70.5, 70.5, 70.5), (145.3, 145.3, 145.3), (128.2, 128.2, 128.2)),
    ("2017-01-01", "service_high_1"): ((53.5, 64.3, 68.2), (63.1, 103.2, 124.5), (72.7, 91.7, 105.7)),
    ("2017-01-01", "service_high_2"): ((53.5, 64.3, 68.2), (51.5, 86.3, 171.9), (68.5, 78.8, 145.7)),
    ("2017-01-01", "service_high_3"): ((53.5, 64.3, 68.2), (57.8, 85.2, 147.3), (76.9, 77.8, 124.9)),
    ("2017-01-01", "service_high_4"): ((64.3, 64.3, 64.3), (110.7, 110.7, 110.7), (101.0, 101.0, 101.0)),
    ("2022-04-01", "self_use_low"): ((58.6, 70.4, 75.3), (57.5, 145.2, 232.4), (80.6, 128.1, 190.7)),
    ("2022-04-01", "self_use_high"): ((53.4, 64.2, 68.1), (52.4, 110.6, 163.6), (69.8, 100.9, 138.7)),
}


@pytest.mark.parametrize(("version", "plan"), PUBLISHED)
def test_announced_changes_lead_to_the_tables_that_were_published_between(version, plan):
    full = {"2017-01-01": 0.5, "2022-04-01": 0.9}[version]  # what the discount left
    for index, (day, hour_of) in enumerate(
        (
            (("2024-04-17", {OFF: 23, MID: 12, ON: 13})),
            ("2024-07-17", {OFF: 7, MID: 12, ON: 14}),
            ("2024-01-10", {OFF: 3, MID: 14, ON: 17}),
        )
    ):
        times = hours_of(day)[[hour_of[OFF], hour_of[MID], hour_of[ON]]]
        rates = kepco.energy_rate_krw(plan, times, version=version)
        np.testing.assert_allclose(rates, full * np.array(PUBLISHED[version, plan][index]), rtol=1e-12)


def test_a_bill_of_june_2017():
    """7 kW, low voltage, own use: 16,730 and 4,528 won before, 2,243 after the discount; fund and tax as printed.

    The bill: smhk.tistory.com, 5 June to 4 July 2017; 21 won of it are for paying by direct debit.
    """
    assert 7 * 2390 == 16_730
    assert kepco.demand_krw_per_kw_month("self_use_low", date(2017, 6, 5)) == 0
    plain = kepco.energy_rate_krw("self_use_low", hours_of("2017-06-07"))
    np.testing.assert_allclose(plain[[3, 12, 15]], [57.6 / 2, 145.3 / 2, 232.5 / 2])
    with_taxes = kepco.energy_rate_krw("self_use_low", hours_of("2017-06-07"), surcharges=True)
    np.testing.assert_allclose(with_taxes / plain, 1 + (224 + 83) / 2243, rtol=1e-3)


@pytest.mark.parametrize(
    ("day", "fund", "per_kwh"),
    [
        ("2020-12-30", 0.037, 0.0),
        ("2021-01-04", 0.037, 5.3 - 3),
        ("2021-10-01", 0.037, 5.3),
        ("2022-04-01", 0.037, 7.3),
        ("2022-07-01", 0.037, 7.3 + 5),
        ("2023-01-02", 0.037, 9 + 5),
        ("2024-06-30", 0.037, 9 + 5),
        ("2024-07-01", 0.032, 9 + 5),
        ("2025-06-30", 0.032, 9 + 5),
        ("2025-07-01", 0.027, 9 + 5),
    ],
)
def test_fund_and_charges_follow_their_date(day, fund, per_kwh):
    rate = kepco.energy_rate_krw("self_use_low", hours_of(day))
    taxed = kepco.energy_rate_krw("self_use_low", hours_of(day), surcharges=True)
    np.testing.assert_allclose(taxed, (rate + per_kwh) * (1.1 + fund), rtol=1e-12)
    on = date.fromisoformat(day)
    demand = kepco.demand_krw_per_kw_month("self_use_low", on)
    assert kepco.demand_krw_per_kw_month("self_use_low", on, True) == pytest.approx(demand * (1.1 + fund), rel=1e-12)


def kind_of_day(day: date) -> tuple[int, int]:
    """Season and day type: what decides about prices besides the version."""
    season = 1 if day.month in (6, 7, 8) else 2 if day.month in (11, 12, 1, 2) else 0
    off = day.weekday() == 6 or day in holidays.country_holidays("KR", years=day.year)
    return season, 2 if off else day.weekday() == 5


VERSIONS = kepco.versions()
DAYS = st.dates(date(2015, 1, 1), date(2026, 12, 31))


@given(version=st.sampled_from(VERSIONS), day=DAYS, plan=st.sampled_from(kepco.PLANS), surcharges=st.booleans())
def test_prices_under_a_version_are_those_of_a_like_day_within_its_validity(version, day, plan, surcharges):
    begin = date.fromisoformat(version)
    end = date.fromisoformat((*VERSIONS, "2100-01-01")[VERSIONS.index(version) + 1])
    like = next(
        (
            other
            for n in range(min((end - begin).days, 800))
            if kind_of_day(other := begin + timedelta(days=n)) == kind_of_day(day)
        ),
        None,
    )
    if like is None:  # a version of three months has no summer
        return
    asked = kepco.energy_rate_krw(plan, hours_of(str(day)), surcharges, version)
    np.testing.assert_array_equal(asked, kepco.energy_rate_krw(plan, hours_of(str(like)), surcharges))
    demand = kepco.demand_krw_per_kw_month(plan, day, surcharges, version)
    assert demand == kepco.demand_krw_per_kw_month(plan, like, surcharges)


FUND_AND_CHARGES_ONLY = {"2021-10-01", "2024-07-01", "2025-07-01"}
"""Versions in which nothing but surcharges changed."""


@given(
    version=st.sampled_from((kepco.BY_DATE, *VERSIONS)), first=DAYS, days=st.integers(0, 2), surcharges=st.booleans()
)
def test_a_sentence_stands_exactly_where_the_tariff_used_is_not_the_one_in_force(version, first, days, surcharges):
    def since(day: str) -> str | None:
        """Since when the tariff of a day is as it is, from the list of dates alone."""
        known = [v for v in VERSIONS if v <= day and (surcharges or v not in FUND_AND_CHARGES_ONLY)]
        return max(known, default=None)

    run = [str(first + timedelta(days=n)) for n in range(days + 1)]
    wrong = [day for day in run if since(day) is None or (version != kepco.BY_DATE and since(day) != since(version))]
    source = kepco.source(first, first + timedelta(days=days), surcharges, version)
    assert (source.notice is not None) == bool(wrong)
    if source.notice:
        assert wrong[0] in source.notice.text
        assert (since(wrong[0]) is None) == ("not known" in source.notice.text)
    used = run[0] if version == kepco.BY_DATE else version
    assert str(source.effective_from) == (since(used) or VERSIONS[0])
    # Beside a result without a sentence, nothing says "since" a date that had not come.
    assert source.notice or str(source.effective_from) <= run[0]


@given(version=st.sampled_from(VERSIONS), day=DAYS, plan=st.sampled_from(kepco.PLANS), surcharges=st.booleans())
def test_without_a_sentence_prices_are_those_of_the_day(version, day, plan, surcharges):
    if kepco.source(day, day, surcharges, version).notice is None:
        hours = hours_of(str(day))
        asked = kepco.energy_rate_krw(plan, hours, surcharges, version)
        np.testing.assert_array_equal(asked, kepco.energy_rate_krw(plan, hours, surcharges))


def test_the_source_says_what_it_is():
    source = kepco.source(date(2023, 10, 3))
    assert source.effective_from == date(2023, 5, 16)
    assert "KEPCO" in source.title
    assert "Not an official feed" in source.note
    assert "2023-11-09" not in source.note


def test_unknown_version():
    with pytest.raises(
        ScenarioError, match="'2020-01-01' is no version of KEPCO's tariff; there are by_date, 2017-01-01, "
    ):
        kepco.energy_rate_krw("self_use_low", hours_of("2023-04-12"), version="2020-01-01")


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
