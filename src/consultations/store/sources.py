"""How each source is doing: cursor, first run, last poll; and what was last published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.store.tables import PublishedRow, SourceRow
from consultations.store.upsert import insert_new, upsert

LONGEST_REST = timedelta(days=1)


@dataclass(frozen=True)
class Published:
    """What a record meant when it was last put on the topic."""

    meaning_hash: str
    backfill: bool


@dataclass
class PollCounts:
    """What one poll came to."""

    fetched: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    unreadable: int = 0


def begin_poll(session: Session, source: str, now: datetime) -> SourceRow:
    """Note that a poll started; creates the source on its very first one."""
    insert_new(session, SourceRow, [{"source": source}], unique=["source"])
    row = session.get_one(SourceRow, source)
    row.last_started_at = now
    session.flush()
    return row


def save_cursor(session: Session, source: str, cursor: Mapping[str, Any]) -> None:
    session.get_one(SourceRow, source).cursor = dict(cursor)


def end_poll(
    session: Session, source: str, now: datetime, counts: PollCounts, *, error: str | None = None,
    stopped: bool = False, rest_until: datetime | None = None,
) -> None:  # fmt: skip
    """Record how a poll went. Only a poll without error counts as the source having been seen.

    The first run is over once it has read anything: what a later poll finds is news, even
    where the first one ended badly. ``rest_until`` (UTC) is when the source wants us back.
    """
    row = session.get_one(SourceRow, source)
    for name, count in asdict(counts).items():
        setattr(row, name, count)
    row.stopped, row.rest_until = stopped, rest_until
    if error is None or counts.fetched:
        row.first_run_completed_at = row.first_run_completed_at or now
    if error is None:
        row.last_success_at = now
        row.last_error = None
    else:
        row.last_error_at = now
        row.last_error = error


def rests_until(session: Session, source: str, now: datetime) -> datetime | None:
    """Return when the source wants us back, if that is ahead. A clock set back does not bind us."""
    row = session.get(SourceRow, source)
    until = row.rest_until if row else None
    return until if until and now < until <= now + LONGEST_REST else None


def was_first_run(session: Session, source: str, moment: datetime) -> bool:
    """Tell whether the source's first run was not yet over at a moment (UTC)."""
    row = session.get(SourceRow, source)
    over = row.first_run_completed_at if row else None
    return over is None or moment <= over


def has_ended(row: SourceRow) -> bool:
    """Tell whether the poll that was started last came to an end, well or not."""
    started = row.last_started_at
    return started is not None and any(
        ended is not None and ended >= started for ended in (row.last_success_at, row.last_error_at)
    )


def published(session: Session, source: str, external_ids: Iterable[str]) -> dict[str, Published]:
    query = sa.select(PublishedRow).where(
        PublishedRow.source == source, PublishedRow.external_id.in_(list(external_ids))
    )
    return {
        row.external_id: Published(row.meaning_hash, row.backfill) for row in session.scalars(query)
    }


def note_published(session: Session, rows: Sequence[tuple[str, str, Published]]) -> None:
    """Remember ``(source, external id, what it meant)`` once delivery is confirmed."""
    upsert(
        session,
        PublishedRow,
        [{"source": s, "external_id": i, **asdict(p)} for s, i, p in rows],
        unique=["source", "external_id"],
    )


def all_sources(session: Session) -> Sequence[SourceRow]:
    return sorted(session.scalars(sa.select(SourceRow)), key=lambda row: row.source)
