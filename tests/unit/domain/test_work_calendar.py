"""Working days, office hours and meetings, by a calendar with one closed day and one half day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations.domain.calendar import OSLO
from consultations.domain.response.plan_templates import OfficeHours
from consultations.domain.response.work_calendar import WorkCalendar
from tests.planning_building import calendar, day

CLOSED, HALF = day("2026-05-14"), day("2026-05-15")  # a Thursday and the Friday after it
DAYS = WorkCalendar(closed=frozenset({CLOSED}), half=frozenset({HALF}))
HOURS = OfficeHours()
ANY_DAY = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-05-13", 0, "2026-05-13"),
        ("2026-05-14", 0, "2026-05-13"),
        ("2026-05-17", 0, "2026-05-15"),
        ("2026-05-13", 1, "2026-05-15"),
        ("2026-05-15", 1, "2026-05-18"),
        ("2026-05-16", 1, "2026-05-18"),
        ("2026-05-18", -1, "2026-05-15"),
        ("2026-05-17", -1, "2026-05-15"),
        ("2026-05-18", -2, "2026-05-13"),
    ],
)
def test_add_when_days_are_free_then_they_are_not_counted(start, n, end):
    assert DAYS.add(day(start), n) == day(end)


@given(ANY_DAY, st.integers(-30, 30))
def test_add_when_the_days_between_are_counted_then_there_are_as_many(start, n):
    end = DAYS.add(start, n)
    assert DAYS.is_working_day(end)
    if DAYS.is_working_day(start):
        assert DAYS.between(start, end) == n


@given(ANY_DAY, ANY_DAY)
def test_between_when_turned_round_then_has_the_other_sign(one, other):
    assert DAYS.between(one, other) == -DAYS.between(other, one)


@given(ANY_DAY, ANY_DAY, st.integers(-30, 30))
def test_add_when_a_day_is_later_then_so_is_what_is_counted_from_it(one, other, n):
    first, then = sorted([one, other])
    assert DAYS.add(first, n) <= DAYS.add(then, n)


def test_meeting_before_when_it_is_held_that_day_then_the_one_before_it():
    days = calendar("2026-05-04", "2026-06-08")
    assert days.meeting_before("board", day("2026-06-08")).on == day("2026-05-04")
    assert days.meeting_before("board", day("2026-06-09")).on == day("2026-06-08")
    assert days.meeting_before("board", day("2026-05-04")) is None
    assert days.meeting_before("nobody", day("2026-06-09")) is None


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-05-13T07:00", "2026-05-13T08:00"),
        ("2026-05-13T08:00", "2026-05-13T08:00"),
        ("2026-05-13T15:59", "2026-05-13T15:59"),
        ("2026-05-13T16:00", "2026-05-15T08:00"),
        ("2026-05-15T12:00", "2026-05-18T08:00"),
        ("2026-05-16T12:00", "2026-05-18T08:00"),
    ],
)
def test_office_when_closed_then_opens_on_the_next_working_day(now, opens):
    assert HOURS.next_open(DAYS, oslo(now)) == oslo(opens)


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        ("2026-03-28T12:00:00+00:00", "2026-03-30T06:00:00+00:00"),  # summer time began on Sunday
        ("2026-10-24T12:00:00+00:00", "2026-10-26T07:00:00+00:00"),  # and ended on this one
    ],
)
def test_office_when_the_clock_changes_then_opens_at_the_same_hour_by_the_wall(asked, opens):
    moment = HOURS.next_open(DAYS, datetime.fromisoformat(asked))
    assert moment == datetime.fromisoformat(opens)
    assert moment.astimezone(OSLO).hour == 8


@given(st.integers(0, 365 * 24 * 60))
def test_office_when_it_opens_then_it_is_open(minutes):
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    opens = HOURS.next_open(DAYS, moment)
    assert opens >= moment
    assert HOURS.next_open(DAYS, opens) == opens
    assert opens - moment < timedelta(days=6)
