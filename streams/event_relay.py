"""Moves what waits in the database to Kafka: events from the outbox, and news of dead letters.

A row is marked only after its delivery is confirmed. So a relay that is killed in between sends
some of them again, and never leaves one out.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from consultations.clock import Clock
from consultations.domain.errors import BrokerUnavailable
from consultations.store import dead_letters, outbox
from consultations.store.database import Database, DatabaseUnavailable, reason_of
from consultations.store.outbox import Waiting
from consultations.store.tables import DeadLetterRow
from streams.producer import Outgoing, Producer
from streams.topics import DEAD_LETTERS, EVENTS, max_message_bytes

EVENTS_AT_ONCE = 500
LETTERS_AT_ONCE = 8
"""A dead letter may hold a whole page."""

IDLE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 15.0
MARK_SECONDS = 10.0
"""How long it may take to mark what was delivered, before the lease is out."""

LONGEST_HEADER = 10_000
CUT_FROM = "cut_from_bytes"
"""The header with the length of a body that was too long for the topic."""

AWAY = (BrokerUnavailable, *DatabaseUnavailable)

log = logging.getLogger(__name__)


class EventRelay:
    """Publishes events and dead letters. Several may run at once, in any number of processes."""

    def __init__(
        self, database: Database, producer: Producer, clock: Clock, *,
        idle_seconds: float = IDLE_SECONDS,
        longest_pause_seconds: float = LONGEST_PAUSE_SECONDS,
    ) -> None:  # fmt: skip
        self._database = database
        self._producer = producer
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._lease = timedelta(seconds=producer.longest_seconds + MARK_SECONDS)
        self._claimed: Sequence[Waiting] = ()
        self._held_until = clock()

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop. A broker or a database that is away is waited for."""
        pause = 0.0
        while not stop.is_set():
            try:
                done = self.publish_next()
            except AWAY as problem:
                if not pause:
                    log.warning("Hendelsene venter i databasen: %s", _words(problem))
                pause = min(2 * pause or self._idle_seconds, self._longest_pause_seconds)
                stop.wait(pause)
                continue
            if pause:
                log.info("Hendelsene går igjen.")
                pause = 0.0
            if not done:
                stop.wait(self._idle_seconds)

    def publish_next(self) -> int:
        """Publish a batch of what waits. Returns how many messages it came to.

        Raises ``BrokerUnavailable`` or ``DatabaseUnavailable``; the next call takes the same
        events up again, so those with the same key never overtake each other.
        """
        events = self._publish_events()
        if events == EVENTS_AT_ONCE:
            return events  # there are more: a letter that cannot be sent must not hold them up
        return events + self._publish_letters()

    def _publish_events(self) -> int:
        events = self._claim()
        if events:
            self._producer.send(Outgoing(EVENTS, event.key, event.value) for event in events)
            with self._database.transaction() as session:
                outbox.mark_published(session, [event.id for event in events], self._clock())
        self._claimed = ()
        return len(events)

    def _claim(self) -> Sequence[Waiting]:
        """Hold on to what could not be sent, long enough for one more try, or else claim."""
        now, events, held_until = self._clock(), self._claimed, self._held_until
        until = now + self._lease
        with self._database.transaction() as session:
            ids = [event.id for event in events]
            if not ids or not outbox.prolong(session, ids, held_until, until):
                events = outbox.claim(session, now, self._lease, EVENTS_AT_ONCE)
        self._claimed, self._held_until = events, until
        return events

    def _publish_letters(self) -> int:
        with self._database.reading() as session:
            letters = dead_letters.unpublished(session, LETTERS_AT_ONCE)
        if letters:
            self._producer.send(_outgoing(letter) for letter in letters)
            with self._database.transaction() as session:
                told = {letter.id: letter.times for letter in letters}
                dead_letters.mark_published(session, told)
        return len(letters)


def _outgoing(letter: DeadLetterRow) -> Outgoing:
    """Return a letter as it goes on the topic, its body cut where there is no room for all of it.

    The whole body stays in the database.
    """
    told = {
        "step": letter.step,
        "source": letter.source or "",
        "place": letter.place,
        "reason": letter.reason,
        "media_type": letter.media_type,
        "fingerprint": letter.fingerprint,
        "times": str(letter.times),
        "first_at": letter.first_at.isoformat(),
        "last_at": letter.last_at.isoformat(),
    }
    headers = [(name, value[:LONGEST_HEADER].encode()) for name, value in told.items()]
    message = Outgoing(DEAD_LETTERS, letter.fingerprint, letter.body, headers)
    limit = max_message_bytes(DEAD_LETTERS)
    if message.size <= limit:
        return message
    message = replace(message, headers=[*headers, (CUT_FROM, str(len(letter.body)).encode())])
    return replace(message, value=letter.body[: len(letter.body) - (message.size - limit)])


def _words(problem: Exception) -> str:
    return str(problem) if isinstance(problem, BrokerUnavailable) else reason_of(problem)
