"""A cursor from regjeringen.no that is not what we expect never kills the source."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.regjeringen.restore import restore

NOW = datetime(2026, 7, 4, 8, tzinfo=UTC)
URL = "https://www.regjeringen.no/no/dokumenter/x/id10/"
SOUND = {
    "polled_at": "2026-07-04T07:00:00Z",
    "pages": {"10": {"url": URL, "checked_at": "2026-07-04T07:00:00Z"}},
    "settled": [1],
    "unvisited": [2],
}


def test_restore_when_the_cursor_is_sound_then_nothing_is_lost():
    progress, lost = restore(SOUND, NOW)
    assert lost is None
    assert progress.as_cursor() == SOUND


def test_restore_when_the_cursor_is_empty_then_it_is_the_first_run():
    progress, lost = restore({}, NOW)
    assert (progress.polled_at, lost) == (None, None)


@pytest.mark.parametrize(
    ("number", "page"),
    [
        ("5", {"url": URL, "from_a_later_version": 1}),
        ("5", {}),
        ("5", "text"),
        ("x", {"url": URL}),
        ("5", {"url": URL, "failures": -1}),
        ("5", {"url": URL, "failed_at": "9999-12-31T23:59:59Z"}),
    ],
)
def test_restore_when_one_page_is_broken_then_it_is_dropped_and_told_and_the_rest_kept(
    number, page
):
    pages = {**SOUND["pages"], number: page}
    progress, lost = restore({**SOUND, "pages": pages}, NOW)
    assert progress.as_cursor() == SOUND
    assert json.loads(lost.body) == {number: page}
    assert "Kunne ikke lese 1 av sidene" in lost.reason


@pytest.mark.parametrize(
    "cursor",
    [
        {**SOUND, "version": 2},
        {**SOUND, "from_a_later_version": True},
        {**SOUND, "settled": ["a"]},
        {**SOUND, "pages": [1]},
        {**SOUND, "polled_at": "i går"},
        {**SOUND, "polled_at": "9999-12-31T23:59:59Z"},
        ["a list"],
        None,
    ],
)
def test_restore_when_the_cursor_is_another_versions_then_begins_anew_but_not_as_first_run(cursor):
    progress, lost = restore(cursor, NOW)
    assert (progress.polled_at, progress.behind, progress.pages) == (NOW, True, {})
    assert (lost.media_type, json.loads(lost.body)) == ("application/json", cursor)
    assert "annen versjon" in lost.reason
    again, nothing = restore(progress.as_cursor(), NOW + timedelta(hours=1))
    assert (again, nothing) == (progress, None)
