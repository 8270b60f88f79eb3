"""When each channel hears: at once, once a day, in the weekly mail, and not in its quiet hours."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from consultations.domain.channels import Channel, ChannelMap, QuietHours, Told
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.response.work_calendar import WorkCalendar
from consultations.handlers.telling import timed
from consultations.store.ledger import Debt

CALENDAR = WorkCalendar(closed=frozenset({date(2026, 5, 14)}))  # a Thursday
QUIET = QuietHours(start="17.00", end="08.00")
CHANNELS = ChannelMap(
    triage="straks",
    channels={
        "straks": Channel(name="#straks"),
        "stille": Channel(name="#stille", quiet_hours=QUIET),
        "daglig": Channel(name="#daglig", told=Told.DAILY, daily_at="09.30"),
        "uke": Channel(name="#uke", told=Told.DIGEST),
    },
)
TUESDAY_NOON = datetime(2026, 5, 12, 10, tzinfo=UTC)
WEDNESDAY_EVENING = datetime(2026, 5, 13, 18, tzinfo=UTC)
FRIDAY_MORNING = datetime(2026, 5, 15, 6, tzinfo=UTC)
"""08.00 in Oslo, the first working hour after a Wednesday evening with Ascension between."""


def told(channel: str, now: datetime, *, urgent: bool = False) -> Debt:
    fact = Fact(EventType.OPENED, "opened", now, "Ny høring.")
    debt = Debt(1, "regjeringen:1", channel, fact, urgent=urgent)
    (one,) = timed([debt], CHANNELS, CALENDAR, now)
    return one


@pytest.mark.parametrize("channel", ["straks", "person:kari-eksempel", "stille"])
def test_timed_in_the_day_then_at_once(channel):
    one = told(channel, TUESDAY_NOON)
    assert (one.not_before, one.bundle, one.left_to_digest) == (None, False, False)


def test_timed_in_quiet_hours_then_when_they_end_on_a_working_day():
    assert told("stille", WEDNESDAY_EVENING).not_before == FRIDAY_MORNING


def test_timed_on_a_day_nobody_works_then_on_the_next_one():
    assert told("stille", datetime(2026, 5, 14, 10, tzinfo=UTC)).not_before == FRIDAY_MORNING


def test_timed_when_told_daily_then_with_the_rest_at_its_hour():
    one = told("daglig", TUESDAY_NOON)
    assert one.bundle
    assert one.not_before == datetime(2026, 5, 13, 7, 30, tzinfo=UTC)


def test_timed_when_told_weekly_then_left_to_the_mail():
    assert told("uke", TUESDAY_NOON).left_to_digest


@pytest.mark.parametrize("channel", CHANNELS.channels)
def test_timed_when_urgent_then_at_once_whatever_the_channel_chose(channel):
    one = told(channel, WEDNESDAY_EVENING, urgent=True)
    assert (one.not_before, one.bundle, one.left_to_digest) == (None, False, False)


@pytest.mark.parametrize("now", [datetime(2026, 3, 27, 20, tzinfo=UTC),
                                 datetime(2026, 10, 23, 20, tzinfo=UTC)])  # fmt: skip
def test_quiet_hours_over_a_change_of_clocks_end_at_the_hour_people_see(now):
    ends = told("stille", now).not_before
    assert ends is not None
    assert ends.hour == (6 if now.month == 3 else 7)


@pytest.mark.parametrize("hour", ["24.00", "8.00", "08:00", "natt"])
def test_hour_when_it_is_none_then_it_is_refused(hour):
    with pytest.raises(ValidationError):
        QuietHours(start=hour, end="08.00")
