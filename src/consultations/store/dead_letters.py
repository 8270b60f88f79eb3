"""What could not be read or handled, kept with its bytes until a person has dealt with it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.store.columns import as_text
from consultations.store.tables import DeadLetterRow
from consultations.store.upsert import insert


class LetterState(StrEnum):
    OPEN = "open"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


POLL = "poll"
"""The step of what could not be fetched or read while polling a source."""


@dataclass(frozen=True)
class DeadLetter:
    """``step`` is who gave up, ``place`` where the bytes came from (address or topic place).

    ``source`` is the source's id when it is known.
    """

    step: str
    source: str | None
    place: str
    reason: str
    media_type: str
    body: bytes

    @property
    def fingerprint(self) -> str:
        """Tell the same letter from a new one.

        A page that cannot be read is the same letter however its bytes vary between polls; a
        message on a topic is the same letter wherever it stands.
        """
        what = self.place if self.step == POLL else hashlib.sha256(self.body).hexdigest()
        said = "\0".join(map(as_text, (self.step, what, self.reason)))
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True)
class KeptLetter:
    """A letter as a table held it: how many ``times`` it had come, first and last when (UTC)."""

    letter: DeadLetter
    fingerprint: str
    times: int
    first_at: datetime
    last_at: datetime


def keep(session: Session, letter: DeadLetter, now: datetime) -> None:
    """Keep a dead letter; the same one again is counted and opened anew.

    A discarded one stays so as long as the very same bytes come.
    """
    row = insert(session, DeadLetterRow).values(
        fingerprint=letter.fingerprint, step=letter.step, source=letter.source, place=letter.place,
        reason=letter.reason, media_type=letter.media_type, body=letter.body,
        first_at=now, last_at=now, times=1, state=LetterState.OPEN,
    )  # fmt: skip
    session.execute(
        row.on_conflict_do_update(
            index_elements=["fingerprint"],
            set_={
                "times": DeadLetterRow.times + 1,
                "last_at": now,
                "place": letter.place,
                "body": letter.body,
                "state": _state_when_it_comes_again(letter),
            },
        )
    )


def put_back(session: Session, kept: KeptLetter) -> bool:
    """Put back a letter that the table does not know, or not as often. Returns whether it did.

    It is open then; a discarded one stays so as long as the very same bytes come.
    """
    letter = kept.letter
    row = insert(session, DeadLetterRow).values(
        fingerprint=kept.fingerprint, step=letter.step, source=letter.source, place=letter.place,
        reason=letter.reason, media_type=letter.media_type, body=letter.body,
        first_at=kept.first_at, last_at=kept.last_at, times=kept.times,
        published_times=kept.times, state=LetterState.OPEN,
    )  # fmt: skip
    given = {
        name: row.excluded[name]
        for name in ("place", "body", "last_at", "times", "published_times")
    }
    upsert = row.on_conflict_do_update(
        index_elements=["fingerprint"],
        set_={**given, "state": _state_when_it_comes_again(letter)},
        where=DeadLetterRow.times < kept.times,
    )
    return session.execute(upsert.returning(DeadLetterRow.id)).first() is not None


def _state_when_it_comes_again(letter: DeadLetter) -> sa.ColumnElement[str]:
    is_discarded = sa.and_(
        DeadLetterRow.state == LetterState.DISCARDED, DeadLetterRow.body == letter.body
    )
    return sa.case((is_discarded, LetterState.DISCARDED.value), else_=LetterState.OPEN.value)


def listed(
    session: Session, state: LetterState | None = LetterState.OPEN
) -> Sequence[DeadLetterRow]:
    """Return dead letters, the newest first; ``None`` for all states."""
    query = sa.select(DeadLetterRow).order_by(DeadLetterRow.last_at.desc(), DeadLetterRow.id)
    if state:
        query = query.where(DeadLetterRow.state == state)
    return session.scalars(query).all()


def get(session: Session, id_: int) -> DeadLetterRow | None:
    return session.get(DeadLetterRow, id_)


def count_open(session: Session) -> int:
    query = sa.select(sa.func.count()).where(DeadLetterRow.state == LetterState.OPEN)
    return session.scalar(query) or 0


def settle(session: Session, letter: DeadLetterRow, state: LetterState) -> None:
    """Close a letter, unless it has come again since it was loaded."""
    session.execute(
        sa.update(DeadLetterRow)
        .where(DeadLetterRow.id == letter.id, DeadLetterRow.times == letter.times)
        .values(state=state)
    )


def unpublished(session: Session, limit: int) -> Sequence[DeadLetterRow]:
    """Return letters that have come since the dead-letter topic was last told, oldest first."""
    query = (
        sa.select(DeadLetterRow)
        .where(DeadLetterRow.times > DeadLetterRow.published_times)
        .order_by(DeadLetterRow.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def mark_published(session: Session, letters_with_times: Mapping[int, int]) -> None:
    """Note how many times each letter, by number, had come when the topic was told of it."""
    for id_, times in sorted(letters_with_times.items()):
        session.execute(
            sa.update(DeadLetterRow)
            .where(DeadLetterRow.id == id_, DeadLetterRow.published_times < times)
            .values(published_times=times)
        )
