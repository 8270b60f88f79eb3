"""What a person can do with a dead letter: send it through again, or discard it."""

from collections.abc import Callable, Mapping, Sequence

from consultations.domain.connector import Connector, Read
from consultations.domain.errors import InvalidRecord, NotFound, SourceChanged
from consultations.domain.events import Event
from consultations.domain.source_record import SourceRecord
from consultations.handlers.polling import Publish
from consultations.handlers.step import INTAKE, decode
from consultations.store import dead_letters, sources
from consultations.store.database import Database
from consultations.store.dead_letters import POLL, LetterState
from consultations.store.sources import Published
from consultations.store.tables import DeadLetterRow

Resend = Callable[[str, str, bytes], None]
"""Puts ``(step, key, value)`` back on the topic that the step reads."""


def replay(
    database: Database, letter_id: int, connectors: Mapping[str, Connector], publish: Publish,
    resend: Resend,
) -> None:  # fmt: skip
    """Send a dead letter through again. Raises ``InvalidRecord`` when it still cannot be read.

    One that comes back before we are done stays open.
    """
    letter = get(database, letter_id)
    if letter.step == POLL:
        _publish_again(database, letter, _read(letter, connectors), publish)
    else:
        resend(letter.step, _key(letter), letter.body)
    _settle(database, letter, LetterState.REPLAYED)


def discard(database: Database, letter_id: int) -> None:
    """Set a dead letter aside for good; it stays in the list of discarded ones."""
    _settle(database, get(database, letter_id), LetterState.DISCARDED)


def get(database: Database, letter_id: int) -> DeadLetterRow:
    """Return a dead letter. Raises ``NotFound`` when there is none with that number."""
    with database.reading() as session:
        letter = dead_letters.get(session, letter_id)
    if letter is None:
        raise NotFound(
            f"Det finnes ikke noe dødt brev nr. {letter_id}. "
            "Numrene står i «consultations dead-letters list --all»."
        )
    return letter


def _key(letter: DeadLetterRow) -> str:
    if letter.step == INTAKE:
        return decode(SourceRecord, letter.body).key
    return decode(Event, letter.body).consultation


def _read(letter: DeadLetterRow, connectors: Mapping[str, Connector]) -> list[Read]:
    connector = connectors.get(letter.source or "")
    if connector is None or not letter.body:
        raise InvalidRecord(
            "Brevet har ikke noe innhold å lese på nytt. Kilden hentes igjen ved neste henting."
        )
    try:
        records = connector.split(letter.place, letter.media_type, letter.body, letter.last_at)
    except SourceChanged as change:
        raise InvalidRecord(str(change)) from change
    return [Read(record, connector.parse(record)) for record in records]


def _publish_again(
    database: Database, letter: DeadLetterRow, read: Sequence[Read], publish: Publish
) -> None:
    """Publish what was read, and let the next poll know what it meant.

    What the source's first run could not read is known history all the same.
    """
    source = letter.source or ""
    with database.reading() as session:
        known = sources.published(session, source, [item.record.external_id for item in read])
        is_history = sources.was_first_run(session, source, letter.first_at)
    notes = {}
    for item in read:
        before = known.get(item.record.external_id)
        backfill = before.backfill if before else is_history
        notes[item.record.external_id] = Published(item.observation.meaning_hash, backfill)
    publish(
        [
            item.record.model_copy(update={"backfill": notes[item.record.external_id].backfill})
            for item in read
        ]
    )
    with database.transaction() as session:
        sources.note_published(session, [(source, i, note) for i, note in notes.items()])


def _settle(database: Database, letter: DeadLetterRow, state: LetterState) -> None:
    with database.transaction() as session:
        dead_letters.settle(session, letter, state)
