"""When the weekly mail goes out: by the clock on the wall in Oslo, every week of every year."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from consultations.domain.calendar import OSLO
from consultations.domain.errors import NotFound
from consultations.domain.readers import Reader, Readers

MONDAYS = Readers()
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_sending_when_asked_at_any_time_then_is_the_last_monday_at_seven(now):
    sending = MONDAYS.last_sending(now)
    local = sending.at.astimezone(OSLO)
    assert (local.isoweekday(), local.hour, local.minute) == (1, 7, 0)
    assert timedelta() <= now - sending.at <= timedelta(days=7, hours=1)


@given(MOMENTS)
def test_sending_when_the_next_has_come_then_it_is_the_last(now):
    following = MONDAYS.next_sending(now)
    assert following.at > now
    assert MONDAYS.last_sending(following.at) == following
    assert MONDAYS.before(following, 1) == MONDAYS.last_sending(now)
    assert MONDAYS.of_week(following.week) == following


@pytest.mark.parametrize(
    ("now", "week"),
    [("2026-07-06T04:59:59+00:00", "2026-W27"), ("2026-07-06T05:00:00+00:00", "2026-W28"),
     ("2026-12-31T12:00:00+00:00", "2026-W53"), ("2027-01-01T12:00:00+00:00", "2026-W53"),
     ("2027-01-04T06:00:00+00:00", "2027-W01")],
)  # fmt: skip
def test_week_when_the_clock_passes_seven_then_it_is_a_new_one(now, week):
    assert MONDAYS.last_sending(datetime.fromisoformat(now)).week == week


def test_week_when_a_clock_change_lies_in_it_then_it_still_ends_at_seven():
    sending = MONDAYS.of_week("2026-W14")
    assert sending.at - MONDAYS.before(sending, 1).at == timedelta(days=6, hours=23)


def test_sending_when_another_day_is_chosen_then_keeps_to_it():
    fridays = Readers(day="friday", time="15.30")
    local = fridays.of_week("2026-W28").at.astimezone(OSLO)
    assert local.isoformat() == "2026-07-10T15:30:00+02:00"


@pytest.mark.parametrize(
    "week", ["", "28", "2026-28", "2026-W54", "2026-W00", "0000-W01", "2026-W1"]
)
def test_week_when_there_is_none_such_then_says_how_to_write_one(week):
    with pytest.raises(NotFound, match="Skriv år og uke slik: 2026-W28"):
        MONDAYS.of_week(week)


@pytest.mark.parametrize(
    ("given_", "words"),
    [({}, "følger ingenting"),
     ({"members": True, "leadership": True}, "står alene"),
     ({"members": True, "sections": ("jus",)}, "står alene"),
     ({"brussels": True, "email": "kåre@example.org"}, "ingen e-postadresse"),
     ({"brussels": True, "email": "a@b.no\nBcc: x@y.no"}, "ingen e-postadresse")],
)  # fmt: skip
def test_reader_when_it_makes_no_sense_then_says_why(given_, words):
    with pytest.raises(ValidationError, match=words):
        Reader(**{"name": "Kari", "email": "kari@example.org", **given_})


def test_readers_when_two_share_an_address_then_says_so():
    one = Reader(name="Kari", email="kari@example.org", brussels=True)
    other = Reader(name="Ola", email="Kari@Example.org", leadership=True)
    with pytest.raises(ValidationError, match="samme adresse hos flere lesere"):
        Readers(readers={"kari": one, "ola": other})
