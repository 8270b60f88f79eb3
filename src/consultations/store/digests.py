"""The weekly mails: what each reader is sent, kept before it is sent, and how that went.

A mail goes ``pending -> sending (lease) -> sent``, or ``refused`` when only a person can help.
``silent`` had nothing to read, ``dropped`` came too late or was no longer wanted. A lease that ran
out, or an answer that never came, leaves ``uncertain_since`` set for good: the reader may have got
the same mail twice, and its Message-ID lets their mail program show it once.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from consultations.store.tables import DigestRow, SourceRow, UnsubscribedRow
from consultations.store.upsert import insert_new

LONGEST_WAIT = timedelta(hours=2)
"""No attempt is put off for longer: a time further ahead was set by a clock that was wrong."""

REPLACED = "En nyere ukesoversikt er sendt i stedet."


class DigestState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    SILENT = "silent"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Composed:
    """One reader's mail for one week. ``mail`` is None where there is nothing to send.

    ``problem`` says why it could not be written, and what to do.
    """

    week: str
    reader: str
    message_id: str
    covers_from: datetime
    covers_until: datetime
    mail: bytes | None
    problem: str | None = None

    @property
    def state(self) -> DigestState:
        if self.problem is not None:
            return DigestState.REFUSED
        return DigestState.SILENT if self.mail is None else DigestState.PENDING


@dataclass(frozen=True)
class Covered:
    """A mail told of what we had seen before ``until``, as we knew it at ``made_at`` (UTC)."""

    until: datetime
    made_at: datetime


@dataclass(frozen=True)
class DueMail:
    """A claimed mail, byte for byte as it was composed."""

    id: int
    reader: str
    mail: bytes
    attempts: int


@dataclass(frozen=True)
class DigestLine:
    """How one mail stands, for a list."""

    week: str
    reader: str
    state: DigestState
    attempts: int
    uncertain: bool
    reason: str | None
    sent_at: datetime | None


def is_made(session: Session, week: str) -> bool:
    return (
        session.scalar(sa.select(DigestRow.id).where(DigestRow.week == week).limit(1)) is not None
    )


def has_worked_since(session: Session, moment: datetime) -> bool:
    """Tell whether the tracker had seen any source by a moment (UTC)."""
    began = session.scalar(sa.select(sa.func.min(SourceRow.first_run_completed_at)))
    return began is not None and began <= moment


def covered(session: Session, before: datetime) -> dict[str, Covered]:
    """Return, by reader, what the last mail that reached them covered, ending ``before`` then."""
    ended = (DigestState.SENT, DigestState.SILENT)
    query = (
        sa.select(DigestRow.reader, DigestRow.covers_until, DigestRow.made_at)
        .where(DigestRow.state.in_(ended), DigestRow.covers_until < before)
        .order_by(DigestRow.covers_until)
    )
    return {reader: Covered(until, made_at) for reader, until, made_at in session.execute(query)}


def keep(session: Session, composed: Sequence[Composed], now: datetime) -> None:
    """Keep the mails of a week, each once, and drop what is left of earlier weeks."""
    rows = [
        {
            "week": one.week,
            "reader": one.reader,
            "message_id": one.message_id,
            "covers_from": one.covers_from,
            "covers_until": one.covers_until,
            "mail": zlib.compress(one.mail or b"", level=6),
            "state": one.state,
            "reason": one.problem,
            "attempts": 0,
            "next_attempt_at": now,
            "made_at": now,
        }
        for one in composed
    ]
    insert_new(session, DigestRow, rows, unique=["week", "reader"])
    weeks = {one.week for one in composed}
    row = DigestRow
    session.execute(
        sa.update(row)
        .where(row.week < min(weeks, default=""), _is_open(now))
        .values(state=DigestState.DROPPED, claimed_until=None, reason=REPLACED)
    )


def unsubscribed(session: Session) -> frozenset[str]:
    """Return the readers who have said no."""
    return frozenset(session.scalars(sa.select(UnsubscribedRow.reader)))


def claim(session: Session, week: str, now: datetime, lease: timedelta) -> DueMail | None:
    """Claim the mail of a week that has waited longest; one that another has in hand is passed by.

    One whose lease ran out may have been sent: its sender never came back to say.
    """
    row = session.scalar(
        sa.select(DigestRow)
        .where(DigestRow.week == week, _is_due(now))
        .order_by(DigestRow.next_attempt_at, DigestRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    if row.state == DigestState.SENDING:
        row.uncertain_since = row.uncertain_since or now
    row.state, row.claimed_until = DigestState.SENDING, now + lease
    row.attempts += 1
    session.flush()
    return DueMail(row.id, row.reader, zlib.decompress(row.mail), row.attempts)


def mark_sent(session: Session, due: DueMail, now: datetime) -> None:
    """Record success, also when the lease ran out meanwhile: the mail is out there."""
    session.execute(
        sa.update(DigestRow)
        .where(DigestRow.id == due.id, DigestRow.state != DigestState.SENT)
        .values(state=DigestState.SENT, sent_at=now, claimed_until=None, reason=None)
    )


def put_off(
    session: Session,
    due: DueMail,
    until: datetime,
    reason: str,
    *,
    uncertain_since: datetime | None,
) -> None:
    """Give a mail back for a later attempt. ``uncertain_since``: when it may have arrived."""
    _end_attempt(
        session, due, uncertain_since, state=DigestState.PENDING, next_attempt_at=until,
        reason=reason,
    )  # fmt: skip


def refuse(session: Session, due: DueMail, reason: str) -> None:
    """Set a mail aside until a person has acted."""
    _end_attempt(session, due, None, state=DigestState.REFUSED, reason=reason)


def drop(session: Session, due: DueMail, reason: str) -> None:
    _end_attempt(session, due, None, state=DigestState.DROPPED, reason=reason)


def hold_all(session: Session, week: str, until: datetime) -> None:
    """Let no mail of a week be tried before an instant (UTC)."""
    session.execute(
        sa.update(DigestRow)
        .where(
            DigestRow.week == week,
            DigestRow.state == DigestState.PENDING,
            DigestRow.next_attempt_at < until,
        )
        .values(next_attempt_at=until)
    )


def lines(session: Session, week: str | None = None) -> Sequence[DigestLine]:
    """Return how the mails of a week stand, by reader; of the last week that has any."""
    week = week or session.scalar(sa.select(sa.func.max(DigestRow.week)))
    query = sa.select(DigestRow).where(DigestRow.week == week).order_by(DigestRow.reader)
    return [
        DigestLine(
            row.week, row.reader, DigestState(row.state), row.attempts,
            row.uncertain_since is not None, row.reason, row.sent_at,
        )
        for row in session.scalars(query)
    ]  # fmt: skip


def tally(lines: Iterable[DigestLine]) -> dict[DigestState, int]:
    """Count mails by state."""
    states = [line.state for line in lines]
    return {state: states.count(state) for state in DigestState if state in states}


def _end_attempt(
    session: Session, due: DueMail, uncertain_since: datetime | None, **values: object
) -> None:
    """End an attempt without success. One that another has claimed since is left to it."""
    row = DigestRow
    session.execute(
        sa.update(row)
        .where(
            row.id == due.id, row.state == DigestState.SENDING, row.attempts == due.attempts
        )
        .values(
            claimed_until=None,
            uncertain_since=sa.func.coalesce(row.uncertain_since, uncertain_since),
            **values,
        )
    )  # fmt: skip


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    row = DigestRow
    return sa.or_(
        sa.and_(row.state == DigestState.PENDING, _has_come(row.next_attempt_at, now)),
        sa.and_(row.state == DigestState.SENDING, _has_come(row.claimed_until, now)),
    )


def _is_open(now: datetime) -> sa.ColumnElement[bool]:
    """Tell whether a mail still waits, or was left by somebody who never came back."""
    row = DigestRow
    return sa.or_(
        row.state == DigestState.PENDING,
        sa.and_(row.state == DigestState.SENDING, _has_come(row.claimed_until, now)),
    )


def _has_come(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], now: datetime
) -> sa.ColumnElement[bool]:
    return sa.or_(column <= now, column > now + LONGEST_WAIT)
