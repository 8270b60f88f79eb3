"""Which sessions are read when, by Oslo days."""

from datetime import UTC, date, datetime

import pytest

from connectors.stortinget.sessions import Session, may_be_empty, sessions_to_read


def at(day: str, hour: int = 12) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=hour)


@pytest.mark.parametrize(
    ("day", "ids"),
    [
        ("2026-08-31", ["2025-2026"]),
        ("2026-09-01", ["2025-2026", "2026-2027"]),
        ("2026-09-30", ["2025-2026", "2026-2027"]),
        ("2026-10-01", ["2025-2026", "2026-2027"]),
        ("2026-11-25", ["2025-2026", "2026-2027"]),
        ("2026-11-26", ["2026-2027"]),
        ("2027-01-01", ["2026-2027"]),
        ("2027-07-01", ["2026-2027"]),
    ],
)
def test_sessions_when_near_the_first_of_october_then_the_new_and_the_old_one_overlap(
    day: str, ids: list[str]
) -> None:
    assert [session.id for session in sessions_to_read(at(day))] == ids


def test_session_when_it_is_october_in_oslo_but_september_in_utc_then_is_the_new_one() -> None:
    sessions = sessions_to_read(at("2026-09-30", hour=22))
    assert [session.id for session in sessions] == ["2025-2026", "2026-2027"]
    assert Session.on(date(2026, 10, 1)) == sessions[-1]


@pytest.mark.parametrize(
    ("day", "allowed"),
    [
        ("2026-10-01", True),
        ("2026-10-14", True),
        ("2026-10-15", False),
        ("2027-01-10", False),
        ("2027-06-30", False),
        ("2027-07-01", True),
        ("2027-09-30", True),
    ],
)
def test_empty_list_when_session_is_current_then_is_believed_only_out_of_season(
    day: str, *, allowed: bool
) -> None:
    assert may_be_empty(Session(2026), at(day)) is allowed


def test_empty_list_when_session_is_over_then_is_never_believed() -> None:
    assert not may_be_empty(Session(2025), at("2026-10-02"))


def test_empty_list_when_session_is_yet_to_open_then_is_believed() -> None:
    assert may_be_empty(Session(2026), at("2026-09-02"))
