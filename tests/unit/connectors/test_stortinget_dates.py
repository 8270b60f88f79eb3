"""Each form of date the Storting has been seen to serve, on both sides of both clock changes."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.stortinget.dates import Moment, read_moment
from consultations.domain.calendar import OSLO, end_of_day
from consultations.domain.errors import InvalidRecord
from consultations.domain.observation import DeadlineKind

FIXTURES = Path(__file__).parents[2] / "fixtures/stortinget"
SEEN = json.loads((FIXTURES / "date-values-seen.json").read_text())

# What each value in date-values-seen.json means, as Oslo wall clock; None is «not set».
MEANINGS = {
    "2014-10-14T00:00:00": ("2014-10-14 00:00", False),
    "0001-01-01T00:00:00": None,
    "0001-01-01T00:00:00Z": None,
    "/Date(1761550200000+0100)/": ("2025-10-27 08:30", True),
    "/Date(1761083940000+0200)/": ("2025-10-21 23:59", True),
    "/Date(1760479200000+0200)/": ("2025-10-15 00:00", False),
    "/Date(-62135596800000)/": None,
    "21.10.2025 00:00:00": ("2025-10-21 00:00", False),
    "01.01.0001 00:00:00": None,
}

# Clocks go forward on 29 March 2026 at 02.00 and back on 25 October 2026 at 03.00.
AROUND_THE_CLOCK_CHANGES = [
    ("2026-03-28T23:59:00", datetime(2026, 3, 28, 22, 59, tzinfo=UTC)),
    ("2026-03-29T01:59:00", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
    ("2026-03-29T03:00:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
    ("2026-03-29T23:59:00", datetime(2026, 3, 29, 21, 59, tzinfo=UTC)),
    ("2026-10-24T23:59:00", datetime(2026, 10, 24, 21, 59, tzinfo=UTC)),
    ("2026-10-25T01:59:00", datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
    ("2026-10-25T03:00:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ("2026-10-25T23:59:00", datetime(2026, 10, 25, 22, 59, tzinfo=UTC)),
]

OSLO_MINUTES = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - made aware below
    max_value=datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.just(OSLO),
).map(lambda moment: moment.replace(second=0, microsecond=0, fold=0))


def as_json(instant: datetime) -> str:
    milliseconds = round((instant - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    return f"/Date({milliseconds}{instant.astimezone(OSLO):%z})/"


def exists(moment: datetime) -> bool:
    """Whether the clock shows this time at all; an hour is skipped each spring."""
    return moment.astimezone(UTC).astimezone(OSLO).replace(fold=0) == moment


@pytest.mark.parametrize("text", [seen["text"] for seen in SEEN])
def test_date_when_seen_at_the_storting_then_reads_as_documented(text: str) -> None:
    meaning = MEANINGS[text]
    moment = read_moment(text)
    if meaning is None:
        assert moment is None
        return
    assert moment is not None
    wall_clock, has_time = meaning
    assert f"{moment.at.astimezone(OSLO):%Y-%m-%d %H:%M}" == wall_clock
    assert moment.has_time is has_time


@pytest.mark.parametrize(("text", "instant"), AROUND_THE_CLOCK_CHANGES)
def test_wall_clock_when_near_a_clock_change_then_is_the_right_instant(
    text: str, instant: datetime
) -> None:
    assert read_moment(text) == Moment(instant, has_time=True, text=text)


@pytest.mark.parametrize(("text", "instant"), AROUND_THE_CLOCK_CHANGES)
def test_json_when_near_a_clock_change_then_agrees_with_the_xml(
    text: str, instant: datetime
) -> None:
    moment = read_moment(as_json(instant))
    assert moment is not None
    assert f"{moment.at.astimezone(OSLO):%Y-%m-%dT%H:%M:%S}" == text


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-03-28", "2026-10-26"])
def test_day_when_the_clock_changes_then_deadline_is_the_end_of_that_day(day: str) -> None:
    forms = [f"{day}T00:00:00", f"{day[8:]}.{day[5:7]}.{day[:4]} 00:00:00"]
    for form in forms:
        moment = read_moment(form)
        assert moment is not None
        deadline = moment.as_deadline(DeadlineKind.WRITTEN_ANSWER)
        assert (deadline.precision, deadline.at) == ("date", end_of_day(date.fromisoformat(day)))
        assert deadline.quote == form


@pytest.mark.parametrize("text", [None, "", "   "])
def test_date_when_empty_or_nil_then_is_not_set(text: str | None) -> None:
    assert read_moment(text) is None


def test_wall_clock_when_shown_twice_then_is_the_first_of_the_two() -> None:
    moment = read_moment("2026-10-25T02:30:00")
    assert moment is not None
    assert moment.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T00:00:00",
        "2026-10-05T25:00:00",
        "2026-10-05",
        "5. oktober 2026",
        "31.02.2026 00:00:00",
        "/Date(99999999999999999)/",
        "/Date(-99999999999999999+0100)/",
        "/Date(62135596800000)/",
        "9999-12-31T23:59:59",
        "0001-01-02T00:00:00",
        "٢٠٢٦-10-05T00:00:00",
        "2026-10-05T00:00:00 <script>",
    ],
)
def test_date_when_impossible_then_is_refused_with_its_words(text: str) -> None:
    with pytest.raises(InvalidRecord, match="lar seg ikke lese"):
        read_moment(text)


def test_xml_when_it_has_an_offset_and_seven_decimals_then_the_offset_counts() -> None:
    moment = read_moment("2026-08-27T10:15:00.1234567+02:00")
    assert moment is not None
    assert moment.at.replace(microsecond=0) == datetime(2026, 8, 27, 8, 15, tzinfo=UTC)


@settings(max_examples=200)
@given(moment=OSLO_MINUTES.filter(exists))
def test_every_form_when_it_names_the_same_moment_then_reads_the_same(moment: datetime) -> None:
    forms = [f"{moment:%Y-%m-%dT%H:%M:%S}", f"{moment:%d.%m.%Y %H:%M:%S}", as_json(moment)]
    found = {read.at for form in forms if (read := read_moment(form))}
    assert found == {moment.astimezone(UTC)}


@settings(max_examples=200)
@given(text=st.text(max_size=40) | st.from_regex(r"/Date\(-?\d{1,20}([+-]\d{4})?\)/"))
def test_any_text_when_read_as_a_date_then_is_a_moment_or_none_or_refused(text: str) -> None:
    try:
        moment = read_moment(text)
    except InvalidRecord:
        return
    assert moment is None or moment.at.tzinfo is UTC
