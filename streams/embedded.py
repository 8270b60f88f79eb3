"""The embedded engine: the three steps over a bus table, in one process.

A step's effects and its place on the bus are saved in the same transaction, so a crash at any
point repeats a batch or does not; it never loses or half-does one.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from consultations.clock import Clock
from consultations.domain.source_record import SourceRecord
from consultations.store import bus, outbox
from consultations.store.bus import Message
from consultations.store.database import Database, DatabaseUnavailable, Session, reason_of
from streams.step import Step, StepRunner, StepStopped
from streams.topics import EVENTS, SOURCE_RECORDS

BATCH = 200
IDLE_SECONDS = 0.5
PAUSE_SECONDS = 30.0
OUTBOX_LEASE = timedelta(minutes=1)
"""Never seen by others: events are claimed and published in one transaction."""

log = logging.getLogger(__name__)


class EmbeddedEngine:
    """Carries records and events to the steps, in order, on the database they write to."""

    def __init__(self, database: Database, steps: Sequence[Step], clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._news = threading.Event()
        self._runners = [
            (step, StepRunner(database, step, clock, partial(_advance, step.name)))
            for step in steps
        ]

    def publish(self, records: Sequence[SourceRecord]) -> None:
        """Put records on the topic. When this returns they are safe."""
        messages = [(record.key, record.model_dump_json().encode()) for record in records]
        with self._database.transaction() as session:
            bus.append(session, SOURCE_RECORDS, messages, self._clock())
        self._news.set()

    def resend(self, topic: str, key: str, value: bytes) -> None:
        """Put one message back on its topic."""
        with self._database.transaction() as session:
            bus.append(session, topic, [(key, value)], self._clock())
        self._news.set()

    def run_once(self) -> int:
        """Give every step one batch and publish the outbox. Returns how much was done.

        Raises ``StepStopped`` when a step stands, after the others have had their turn.
        """
        done, stopped = self._publish_outbox(), None
        for step, runner in self._runners:
            try:
                done += self._run(step, runner)
            except StepStopped as problem:
                stopped = problem
        if stopped:
            raise stopped
        return done

    def drain(self) -> None:
        """Run until there is nothing left to do."""
        while self.run_once():
            pass

    def run(self, stop: threading.Event) -> None:
        """Run until told to stop. Trouble that may pass is waited out."""
        while not stop.is_set():
            try:
                done = self.run_once()
            except (*DatabaseUnavailable, StepStopped) as problem:
                log.warning("Motoren venter %d sekunder: %s", PAUSE_SECONDS, reason_of(problem))
                stop.wait(PAUSE_SECONDS)
                continue
            if not done:
                self._news.wait(IDLE_SECONDS)
                self._news.clear()

    def _run(self, step: Step, runner: StepRunner) -> int:
        with self._database.reading() as session:
            batch = bus.read(session, step.name, step.topic, BATCH)
        if batch:
            runner.take(batch)
        return len(batch)

    def _publish_outbox(self) -> int:
        now = self._clock()
        with self._database.transaction() as session:
            events = outbox.claim(session, now, OUTBOX_LEASE, BATCH)
            if events:
                bus.append(session, EVENTS, [(event.key, event.value) for event in events], now)
                outbox.mark_published(session, [event.id for event in events], now)
            return len(events)


def _advance(group: str, session: Session, last: Message) -> None:
    bus.advance(session, group, last)
