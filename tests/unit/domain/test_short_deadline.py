"""Short-deadline watch: under six weeks, and over holiday periods."""

import pytest

from consultations.domain.observation import Kind
from consultations.domain.response.short_deadline import is_breach, remarks
from consultations.domain.response.work_calendar import HolidayPeriod
from tests.planning_building import calendar, day, laid

SUMMER = HolidayPeriod("sommerferien", day("2026-06-29"), day("2026-08-07"))
CHRISTMAS = HolidayPeriod("julen", day("2026-12-21"), day("2027-01-02"))
DAYS = calendar(periods=(SUMMER, CHRISTMAS))


def said(first, last, kind=Kind.MINISTRY, *, eea=False):
    return remarks(DAYS, kind, day(first), day(last), eea=eea)


def test_time_when_six_weeks_to_the_day_then_nothing_is_said():
    assert said("2026-09-01", "2026-10-13") == ()


def test_time_when_a_day_short_then_says_what_the_rule_asks():
    assert said("2026-09-01", "2026-10-12") == (
        "Høringstiden er 41 dager. Utredningsinstruksen punkt 3-3 krever minst seks uker.",
    )


def test_time_when_short_in_an_eea_matter_then_says_that_it_may_be():
    (words,) = said("2026-09-01", "2026-09-21", Kind.AGENCY, eea=True)
    assert words == (
        "Høringstiden er 20 dager, under seks uker. Det er tillatt: EØS-saker kan ha kortere frist "
        "etter utredningsinstruksen punkt 3-3."
    )


@pytest.mark.parametrize("kind", [Kind.COMMITTEE_HEARING, Kind.EU_INITIATIVE])
def test_time_when_the_rule_does_not_bind_the_sender_then_it_is_not_named(kind):
    assert said("2026-09-01", "2026-09-21", kind) == ("Høringstiden er 20 dager, under seks uker.",)


def test_time_when_over_the_summer_then_says_how_much_of_it():
    assert said("2026-06-15", "2026-09-15") == (
        "Høringstiden går over sommerferien: 30 av 67 virkedager.",
    )


def test_time_when_over_the_new_year_then_the_holiday_is_counted_on_both_sides():
    (words,) = said("2026-12-01", "2027-02-01")
    assert words.startswith("Høringstiden går over julen: 10 av ")


def test_time_when_it_only_touches_a_weekend_of_the_holiday_then_nothing_is_said():
    assert said("2026-05-01", "2026-06-28") == ()


@pytest.mark.parametrize(
    ("kind", "eea", "breach"),
    [
        (Kind.MINISTRY, False, True),
        (Kind.MINISTRY, True, False),
        (Kind.COMMITTEE_HEARING, False, False),
    ],
)
def test_breach_when_short_then_depends_on_who_and_what(kind, eea, breach):
    assert is_breach(kind, day("2026-09-01"), day("2026-09-21"), eea=eea) is breach


def test_plan_when_nothing_says_when_it_was_published_then_time_counts_from_when_it_began():
    plan = laid("2026-09-21", begun="2026-09-01", published_on=None)
    assert plan.short[0].startswith("Høringstiden er 20 dager.")
