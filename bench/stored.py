"""What an event costs when much is stored already."""

import random
import time
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from bench.figures import table
from bench.prepared import as_messages, events, take
from bench.stage import Stage, tracker_on
from consultations.bootstrap import Tracker
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store.tables import (
    Base,
    ConsultationRow,
    DecisionRow,
    DeliveryRow,
    OutboxRow,
    SectionLinkRow,
    SightingRow,
)
from tests.traffic import FIRST_DAY, FIRST_NUMBER, Edition, Sent, message, small_templates

KINDS = 1000
"""So many consultations are taken in as usual; the rest are copies under other numbers."""

PREFIX = str(FIRST_NUMBER // KINDS)
"""What their numbers begin with; the three digits that follow tell them apart."""

MEASURED = 1000
"""So many consultations are new, and so many stored ones have their deadline moved."""

COPIED = (ConsultationRow, SectionLinkRow, SightingRow, DecisionRow, DeliveryRow, OutboxRow)
NUMBERED = {"key", "event_id", "url", "observation"}

HEADINGS = ["stored", "intake ms", "routing ms", "tracking ms", "all ms"]


def stored(stage: Stage, size: int, rounds: int) -> None:
    """Three steps in this process on PostgreSQL, with few consultations stored, and with many."""
    rows = []
    for count in sorted({KINDS, size}):
        with stage.database() as url:
            tracker = tracker_on(url)
            began = time.monotonic()
            _store(tracker, count)
            print(f"  {count:,} stored in {time.monotonic() - began:.0f} s", flush=True)
            found = [_cost(tracker, count, number) for number in range(rounds)]
            tracker.database.close()
        times = [sorted(each)[rounds // 2] for each in zip(*found, strict=True)]
        rows.append([f"{count:,}", *(f"{ms:.2f}" for ms in times), f"{sum(times):.2f}"])
    print(f"\n{table(HEADINGS, rows)}\n")


def _store(tracker: Tracker, count: int) -> None:
    """Take some in as usual, then copy their rows until there are so many."""
    _all_steps(tracker, [_sent(number, _edition()) for number in range(KINDS)])
    with tracker.database.transaction() as session:
        session.execute(sa.text("SET LOCAL statement_timeout = 0"))
        session.execute(sa.update(OutboxRow).values(published_at=FIRST_DAY))
        highest = session.scalar(sa.select(sa.func.max(ConsultationRow.id)))
        for rows in COPIED if count > KINDS else ():
            given = {"copies": count // KINDS - 1, "highest": highest}
            session.execute(_copying(rows), given)
        for rows in (ConsultationRow, OutboxRow):
            name = rows.__tablename__
            last = f"(SELECT max(id) FROM {name})"
            session.execute(
                sa.text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})")
            )
        session.execute(sa.text("ANALYZE"))


def _copying(rows: type[Base]) -> sa.TextClause:
    """Return the statement that copies a table's rows under other numbers."""
    values = {}
    for column in rows.__table__.columns:
        renumbered = f"replace({{}}, '{PREFIX}', ({PREFIX} + g)::text)"
        if column.name == "consultation_id" or (rows is ConsultationRow and column.name == "id"):
            values[column.name] = f"t.{column.name} + g * :highest"
        elif column.name in NUMBERED:
            values[column.name] = renumbered.format(f"t.{column.name}")
        elif rows is OutboxRow and column.name == "value":
            text = renumbered.format("convert_from(t.value, 'UTF8')")
            values[column.name] = f"convert_to({text}, 'UTF8')"
        elif column.name != "id":
            values[column.name] = f"t.{column.name}"
    name = rows.__tablename__
    return sa.text(
        f"INSERT INTO {name} ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"FROM {name} t, generate_series(1, :copies) g"
    )


def _cost(tracker: Tracker, size: int, number: int) -> Sequence[float]:
    """Return milliseconds a record, for each step, half of them new and half changes."""
    chance = random.Random(number)
    fresh = range(size + number * MEASURED, size + (number + 1) * MEASURED)
    moved = Edition(
        FIRST_DAY + timedelta(days=2 + number), _edition().published,
        _edition().deadline + timedelta(days=1 + number),
    )  # fmt: skip
    sent = [_sent(one, _edition()) for one in fresh]
    sent += [_sent(one, moved) for one in chance.sample(range(size), min(size, MEASURED))]
    chance.shuffle(sent)
    return [seconds * 1000 / len(sent) for seconds in _all_steps(tracker, sent)]


def _all_steps(tracker: Tracker, sent: Sequence[Sent]) -> list[float]:
    """Take records through all three steps. Returns how long each took (seconds)."""
    last, took = _last_event(tracker), []
    messages = as_messages(sent)
    for step in (INTAKE, ROUTING, TRACKING):
        began = time.perf_counter()
        take(tracker, step, messages)
        took.append(time.perf_counter() - began)
        messages = events(tracker, after=last)
    return took


def _last_event(tracker: Tracker) -> int:
    with tracker.database.reading() as session:
        return session.scalar(sa.select(sa.func.max(OutboxRow.id))) or 0


def _edition() -> Edition:
    day = FIRST_DAY.date()
    return Edition(FIRST_DAY, day - timedelta(days=1), day + timedelta(days=60))


def _sent(number: int, edition: Edition) -> Sent:
    templates = small_templates()
    return message(templates[number % KINDS % len(templates)](FIRST_NUMBER + number, edition))
