"""A checksum per table of what the log makes: the same for the same content in any database.

It does not depend on the order of rows, on numbers a database hands out, or on when something
was handled. So a state rebuilt from the log can be held up against the live one.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.events import EventType
from consultations.store.dead_letters import POLL, LetterState
from consultations.store.tables import (
    ActRow,
    Base,
    ConsultationRow,
    CorrectionRow,
    DeadLetterRow,
    DecisionRow,
    DeliveryRow,
    HushedFactRow,
    SectionLinkRow,
    SightingRow,
)

ROWS_AT_A_TIME = 200


@dataclass(frozen=True)
class Checksum:
    """``digest`` is 64 hexadecimal digits over ``rows`` rows of a table."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Covered:
    """A table with the columns that are left out and why; every other column counts.

    A reference to a consultation counts as the consultation's key. ``read`` turns a column as it
    is stored into what it says. ``only`` picks the rows that come from the log.
    """

    rows: type[Base]
    left_out: Mapping[str, str]
    read: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    only: Sequence[sa.ColumnElement[bool]] = ()


_OWN_NUMBER = "handed out by the database"
_PROCESSING = "when we handled it, not when it happened"
_DELIVERY = "how far the relay has come with it"

COVERED = (
    Covered(ConsultationRow, {"id": _OWN_NUMBER}),
    Covered(SectionLinkRow, {}),
    Covered(
        SightingRow,
        {"id": _OWN_NUMBER, "reading": "which parser read it; what it read is compared"},
        {"observation": json.loads, "raw": zlib.decompress},
    ),
    Covered(HushedFactRow, {}),
    Covered(
        DecisionRow, {"id": _OWN_NUMBER, "decided_at": _PROCESSING}, {"decision": json.loads}
    ),
    Covered(CorrectionRow, {"id": _OWN_NUMBER}),
    Covered(ActRow, {"id": _OWN_NUMBER}, {"act": json.loads}),
    Covered(
        DeliveryRow,
        {
            "id": _OWN_NUMBER,
            "words": "as known when it was entered; a record that came late may word it anew",
            "occurred_at": "as known when it was entered; a record that came late may move it",
            **dict.fromkeys(
                ("entered_at", "urgent", "bundle", "not_before", "perhaps_twice", "state",
                 "attempts", "next_attempt_at", "claimed_until", "uncertain_since",
                 "reason", "sent_at", "carrier", "address", "message_id", "thread_id"),
                _DELIVERY,
            ),
        },
        only=(DeliveryRow.fact.not_in([EventType.REMINDER, EventType.PLAN_MOVED]),),
    ),
    Covered(
        DeadLetterRow,
        {
            "id": _OWN_NUMBER,
            "fingerprint": "follows from the columns that count",
            "place": "where it stood last; a message sent again stands somewhere else",
            "first_at": _PROCESSING,
            "last_at": _PROCESSING,
            "times": "a batch that is handled twice counts its letters twice",
            "published_times": "how far the event relay has come with it",
            "state": "what a person did with it",
        },
        only=(DeadLetterRow.step != POLL, DeadLetterRow.state != LetterState.REPLAYED),
    ),
)  # fmt: skip
"""Letters of polls are not in the log, and those sent again are no longer dead. Reminders and moved
plans follow from the clock."""

NOT_COVERED = {
    "sources": "how polling goes: not in the log",
    "published_records": "what polling remembers: not in the log",
    "bus": "the log itself",
    "bus_positions": "how far the groups have come in the log",
    "responses": "follows from the acts, the plan and the clock",
    "response_plans": "laid by the clock and by what the calendar says that day",
    "digests": "what was sent: not in the log",
    "secret_addresses": "handed out to people: not in the log",
    "unsubscribed": "what readers chose: not in the log",
    "outbox": "a queue: which events are written on the way depends on the batches",
}


def checksums(session: Session) -> list[Checksum]:
    """Read every table that counts, a few rows at a time, in a session that only reads."""
    allow_time(session)
    return [_checksum(session, covered) for covered in COVERED]


def rules_used(session: Session) -> dict[str, int]:
    """Count decisions by the hash of the rules that made them."""
    allow_time(session)
    document: sa.ColumnElement[Any] = sa.type_coerce(DecisionRow.decision, sa.JSON)
    if session.get_bind().dialect.name == "postgresql":
        document = sa.cast(DecisionRow.decision, sa.JSON)
    made_by = document["rules_hash"].as_string()
    return dict(session.execute(sa.select(made_by, sa.func.count()).group_by(made_by)).all())


def allow_time(session: Session) -> None:
    """Let what reads whole tables take its time: the usual limit is for the daily work."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL statement_timeout = 0"))


def _checksum(session: Session, covered: Covered) -> Checksum:
    table = sa.inspect(covered.rows).local_table
    columns = {name: c for name, c in table.columns.items() if name not in covered.left_out}
    query = sa.select(*columns.values()).where(*covered.only)
    if "consultation_id" in columns:
        columns["consultation_id"] = ConsultationRow.__table__.c.key
        query = sa.select(*columns.values()).where(*covered.only).join_from(table, ConsultationRow)
    read = [covered.read.get(name, _as_it_is) for name in columns]
    rows = session.execute(query, execution_options={"yield_per": ROWS_AT_A_TIME})
    said = ([r(value) for r, value in zip(read, row, strict=True)] for row in rows)
    return _sum(covered.rows.__tablename__, said)


def _sum(table: str, rows: Iterable[Sequence[object]]) -> Checksum:
    """Add the rows' hashes up: the sum is the same in any order, and no two rows cancel out."""
    count = total = 0
    for row in rows:
        text = json.dumps(row, sort_keys=True, ensure_ascii=False, default=_written)
        total += int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
        count += 1
    return Checksum(table, count, f"{total % 2**256:064x}")


def _as_it_is(value: object) -> object:
    return value


def _written(value: object) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case _:
            raise TypeError(f"{type(value)} has no agreed way to be written")
