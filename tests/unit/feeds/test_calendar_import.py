"""Meetings read from iCalendar files: whole, recurring, broken, empty and enormous ones."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.errors import InvalidRecord
from consultations.feeds.calendar_import import LARGEST, read_meetings

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)


def calendar(*events: str, head: str = "") -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//NO", *([head] if head else [])]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("|"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*events: str):
    return read_meetings(calendar(*events), FIRST, LAST)


def days(*events: str) -> list[str]:
    found = read(*events)
    assert found.problems == ()
    return [day.isoformat() for day in found.days]


def test_file_when_it_has_no_events_then_nothing_is_read_and_nothing_is_wrong():
    found = read()
    assert (found.days, found.events, found.problems) == ({}, 0, ())


def test_event_when_all_day_then_is_on_that_day_with_its_title():
    found = read("DTSTART;VALUE=DATE:20260128|SUMMARY:Hovedstyret\\, januar")
    assert found.days == {date(2026, 1, 28): "Hovedstyret, januar"}


@pytest.mark.parametrize(
    ("start", "day"),
    [
        ("DTSTART;TZID=Europe/Oslo:20260128T100000", "2026-01-28"),
        ("DTSTART;TZID=W. Europe Standard Time:20260128T100000", "2026-01-28"),
        ("DTSTART:20260128T100000", "2026-01-28"),
        ("DTSTART:20260127T233000Z", "2026-01-28"),
        ("DTSTART:20260728T220000Z", "2026-07-29"),
        ("DTSTART;TZID=America/New_York:20260127T190000", "2026-01-28"),
    ],
)
def test_event_when_timed_then_is_on_the_day_in_oslo(start, day):
    assert days(start) == [day]


def test_event_when_over_several_days_then_counts_on_the_first():
    assert days("DTSTART;VALUE=DATE:20260224|DTEND;VALUE=DATE:20260226") == ["2026-02-24"]


def test_event_when_it_recurs_then_each_time_within_the_horizon():
    weekly = "UID:1|DTSTART;TZID=Europe/Oslo:20250108T100000|RRULE:FREQ=MONTHLY;BYDAY=2WE"
    found = days(weekly)
    assert len(found) == 24
    assert (found[0], found[-1]) == ("2026-01-14", "2027-12-08")


@pytest.mark.parametrize(
    "until", ["20260325T090000Z", "20260325T100000", "20260325", "20260325T090000Z;WKST=MO"]
)
def test_event_when_it_recurs_until_a_day_then_the_last_one_is_that_day(until):
    event = f"DTSTART;TZID=Europe/Oslo:20260311T100000|RRULE:FREQ=WEEKLY;UNTIL={until}"
    assert days(event) == ["2026-03-11", "2026-03-18", "2026-03-25"]


def test_event_when_it_recurs_over_the_clock_change_then_stays_on_its_day():
    late = "DTSTART;TZID=Europe/Oslo:20260323T233000|RRULE:FREQ=WEEKLY;COUNT=3"
    assert days(late) == ["2026-03-23", "2026-03-30", "2026-04-06"]


def test_event_when_one_time_is_left_out_and_one_moved_then_so_it_is():
    found = days(
        "UID:a|DTSTART;TZID=Europe/Oslo:20260304T100000|RRULE:FREQ=WEEKLY;COUNT=4"
        "|EXDATE;TZID=Europe/Oslo:20260311T100000",
        "UID:a|RECURRENCE-ID;TZID=Europe/Oslo:20260318T100000"
        "|DTSTART;TZID=Europe/Oslo:20260319T100000",
    )
    assert found == ["2026-03-04", "2026-03-19", "2026-03-25"]


def test_event_when_one_time_of_it_is_cancelled_then_that_one_is_left_out():
    found = read(
        "UID:a|DTSTART;VALUE=DATE:20260304|RRULE:FREQ=WEEKLY;COUNT=2",
        "UID:a|RECURRENCE-ID;VALUE=DATE:20260311|DTSTART;VALUE=DATE:20260311|STATUS:CANCELLED",
    )
    assert [*found.days] == [date(2026, 3, 4)]
    assert found.cancelled == 1


def test_event_when_it_has_more_days_of_its_own_then_they_come_too():
    assert days("DTSTART;VALUE=DATE:20260304|RDATE;VALUE=DATE:20260408,20260506") == [
        "2026-03-04",
        "2026-04-08",
        "2026-05-06",
    ]


def test_event_when_outside_the_horizon_then_is_counted_and_not_read():
    found = read("DTSTART;VALUE=DATE:20200101", "DTSTART;VALUE=DATE:20990101")
    assert (found.days, found.outside) == ({}, 2)


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ("SUMMARY:Uten dag", "hendelse 2 («Uten dag»): kan ikke brukes (mangler en dato"),
        ("DTSTART:i morgen", "DTSTART kan ikke leses"),
        ("DTSTART;VALUE=DATE:20260101|dette er ikke en linje", "en linje kan ikke leses"),
        ("DTSTART;VALUE=DATE:20260101|RRULE:FREQ=BANANA", "RRULE kan ikke leses"),
        ("DTSTART;VALUE=DATE:20260101|RRULE:FREQ=SECONDLY", "gjentas oftere enn hver dag"),
        ("DTSTART;VALUE=DATE:20260101|DTSTART;VALUE=DATE:20260102", "kan ikke brukes"),
        ("DTSTART;VALUE=DATE:20260101|EXDATE:tull", "EXDATE kan ikke leses"),
        ("DTSTART;VALUE=DATE:20260101|RRULE:COUNT=3", "RRULE mangler FREQ"),
        ("DTSTART;VALUE=DATE:20260101|RECURRENCE-ID:tull", "RECURRENCE-ID kan ikke leses"),
    ],
)
def test_event_when_something_in_it_is_broken_then_says_so_and_reads_the_others(event, problem):
    found = read("DTSTART;VALUE=DATE:20260128", event, "DTSTART;VALUE=DATE:20260311")
    assert {date(2026, 1, 28), date(2026, 3, 11)} <= {*found.days}
    assert any(problem in one for one in found.problems)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Filen er tom."),
        (b" \r\n", "Filen er tom."),
        (b"Hei", "kan ikke leses som en iCalendar-fil"),
        (b"bodies:\n  kdu: 1\n", "kan ikke leses som en iCalendar-fil"),
        (calendar("DTSTART;VALUE=DATE:20260128")[:-40], "Er den kuttet av?"),
        (calendar("DTSTART;VALUE=DATE:20260128|SUMMARY:Møte").replace("ø".encode(), b"\xf8"),
         "Filen er ikke UTF-8 (linje 6)."),
        (calendar(head="tull"), "kan ikke leses som en iCalendar-fil"),
        (b"BEGIN:VEVENT\r\nDTSTART:20260101\r\nEND:VEVENT\r\n", "ingen hel kalender"),
        (b"x" * (LARGEST + 1), "mer enn 20 MB"),
    ],
)  # fmt: skip
def test_file_when_it_is_no_calendar_then_says_what_to_do(content, problem):
    with pytest.raises(InvalidRecord) as refusal:
        read_meetings(content, FIRST, LAST)
    assert problem in str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_file_when_its_encoding_can_be_told_then_is_read(encoding):
    content = calendar("DTSTART;VALUE=DATE:20260128|SUMMARY:Møte æøå").decode().encode(encoding)
    assert read_meetings(content, FIRST, LAST).days == {date(2026, 1, 28): "Møte æøå"}


def test_file_when_it_has_ten_thousand_events_then_all_are_read():
    events = [
        f"UID:{n}|DTSTART;VALUE=DATE:2026{n % 12 + 1:02}{n % 28 + 1:02}" for n in range(9_999)
    ]
    found = read(*events, "UID:x|DTSTART;VALUE=DATE:20260101|RRULE:FREQ=DAILY")
    assert (found.events, found.problems) == (10_000, ())
    assert len(found.days) == 365 + 365


def test_title_when_hostile_then_stands_on_one_plain_line():
    found = read("DTSTART;VALUE=DATE:20260128|SUMMARY:=1+1\\n\u202e<b>møte</b>")
    assert [*found.days.values()] == ["=1+1 <b>møte</b>"]


WHOLE = calendar(
    "UID:a|DTSTART;TZID=Europe/Oslo:20260304T100000|RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=WE"
    "|EXDATE;TZID=Europe/Oslo:20260311T100000|RDATE;VALUE=DATE-TIME:20260501T100000Z",
    "UID:a|RECURRENCE-ID;TZID=Europe/Oslo:20260318T100000|DTSTART;VALUE=DATE:20260319|SUMMARY:Møte",
)


@settings(max_examples=300)
@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.binary(max_size=6))
def test_file_when_damaged_anywhere_then_is_read_or_refused_in_words(place, gone, put_in):
    damaged = WHOLE[:place] + put_in + WHOLE[place + gone :]
    try:
        found = read_meetings(damaged, FIRST, LAST)
    except InvalidRecord:
        return
    assert all(FIRST <= day <= LAST for day in found.days)
