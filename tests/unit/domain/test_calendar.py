from datetime import UTC, date, datetime

import pytest

from consultations.domain.calendar import (
    days_left,
    days_left_in_words,
    end_of_day,
    format_day,
    format_instant,
    from_local,
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 24), datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_end_of_day_around_both_clock_changes_is_local_midnight(day, expected):
    assert end_of_day(day) == expected


def test_from_local_reads_the_wall_clock_in_oslo():
    local = datetime(2026, 7, 4, 12, 0)  # noqa: DTZ001 - a wall clock has no zone
    assert from_local(local) == datetime(2026, 7, 4, 10, 0, tzinfo=UTC)


def test_format_is_how_people_write_it():
    assert format_day(date(2026, 10, 16)) == "16. oktober 2026"
    assert format_instant(datetime(2026, 10, 16, 7, 5, tzinfo=UTC)) == "16. oktober 2026 kl. 09.05"


def test_days_left_counts_local_days_across_the_clock_change():
    now = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
    assert days_left(end_of_day(date(2026, 10, 25)), now) == 1
    assert days_left(end_of_day(date(2026, 10, 26)), now) == 2


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 7, 4), "i dag"),
        (date(2026, 7, 5), "i morgen"),
        (date(2026, 7, 9), "om 5 dager"),
        (date(2026, 7, 3), "gikk ut i går"),
        (date(2026, 6, 24), "gikk ut for 10 dager siden"),
    ],
)
def test_days_left_in_words(day, words):
    assert days_left_in_words(end_of_day(day), datetime(2026, 7, 4, 8, 0, tzinfo=UTC)) == words


def test_days_left_in_words_says_when_the_hour_has_passed_today():
    noon = datetime(2026, 7, 4, 10, 0, tzinfo=UTC)
    assert days_left_in_words(noon, datetime(2026, 7, 4, 11, 0, tzinfo=UTC)) == "gikk ut i dag"
