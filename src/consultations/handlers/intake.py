"""Intake: raw record in; new version, named changes and events out, in one transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from consultations.clock import Clock
from consultations.domain.connector import Reader
from consultations.domain.errors import InvalidRecord
from consultations.domain.events import Event
from consultations.domain.history import History, Sighting
from consultations.domain.source_record import SourceRecord
from consultations.handlers.step import INTAKE, StepResult, bury, check_key, decode
from consultations.store import consultations, outbox
from consultations.store.bus import Message
from consultations.store.consultations import ReadRecord
from consultations.store.database import Session

Readers = Mapping[str, Reader]
"""Who reads the records of each source."""


def intake(
    session: Session,
    batch: Sequence[Message],
    *,
    readers: Readers,
    news_age: timedelta,
    clock: Clock,
) -> StepResult:
    """Take records in. The same record again, or an older one late, leaves the truth intact."""
    read = _read_batch(session, batch, readers, clock)
    _read_history_anew(session, read.keys(), readers, news_age)
    known = consultations.histories(session, read.keys())
    changed = {
        key: after
        for key, items in read.items()
        if (after := _with(known.get(key), items)) is not None
    }
    ids = consultations.save_state(session, changed.values())
    consultations.add_sightings(session, ids, (item for key in changed for item in read[key]))
    outbox.write(
        session,
        [event for key, after in changed.items() for event in _news(known.get(key), after)],
    )
    return StepResult(len(batch), len(batch) - sum(map(len, read.values())))


def _read_batch(
    session: Session, batch: Sequence[Message], readers: Readers, clock: Clock
) -> dict[str, list[ReadRecord]]:
    read: dict[str, list[ReadRecord]] = defaultdict(list)
    for message in batch:
        source = None
        try:
            record = decode(SourceRecord, message.value)
            source = record.source
            if source not in readers:
                raise InvalidRecord(f"ukjent kilde «{source}»")
            check_key(message, record.key)
            read[record.key].append(_read(record, readers[source]))
        except InvalidRecord as problem:
            bury(session, INTAKE, message, str(problem), clock(), source)
    return read


def _read(record: SourceRecord, reader: Reader) -> ReadRecord:
    sighting = Sighting.of(reader.parse(record), backfill=record.backfill)
    return ReadRecord(record, sighting, reader.reading)


def _read_history_anew(
    session: Session, keys: Collection[str], readers: Readers, news_age: timedelta
) -> None:
    """Read what an older parser read, so that its shortcomings are not taken for changes."""
    readings = {source: reader.reading for source, reader in readers.items()}
    outdated = consultations.outdated(session, keys, readings)
    before = consultations.histories(session, {record.key for _, record in outdated})
    for number, record in outdated:
        with suppress(InvalidRecord):  # what cannot be read any more stays as it was read
            consultations.read_anew(session, number, _read(record, readers[record.source]))
    after = consultations.histories(session, before.keys())
    consultations.hush(
        session,
        {key: _names(after[key], news_age) - _names(before[key], news_age) for key in before},
    )


def _names(history: History, news_age: timedelta) -> set[str]:
    return {fact.name for fact in history.facts(news_age)}


def _news(before: History | None, after: History) -> list[Event]:
    told = {event.id for event in before.events()} if before else set()
    return [event for event in after.events() if event.id not in told]


def _with(history: History | None, read: Sequence[ReadRecord]) -> History | None:
    """Return the history with what was read, or None when there was nothing new in it."""
    old = history.sightings if history else ()
    known = {sighting.identity for sighting in old}
    fresh = [item.sighting for item in read if item.sighting.identity not in known]
    return History((*old, *fresh)) if fresh else None
