"""The embedded engine: the three steps over a bus table, in one process.

A step's effects and its place on the bus are saved in the same transaction, so a crash at any
point repeats a batch or does not; it never loses or half-does one.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consultations.clock import Clock
from consultations.domain.source_record import SourceRecord
from consultations.handlers.step import StepResult, bury
from consultations.store import bus, outbox
from consultations.store.bus import Message
from consultations.store.database import Database, DatabaseUnavailable, Session
from streams.topics import EVENTS, SOURCE_RECORDS

Handle = Callable[[Session, Sequence[Message]], StepResult]

BATCH = 200
FAILURES_IN_A_ROW = 20
"""So many messages failing on end mean a fault of ours: stop and wait, do not bury the mail."""

IDLE_SECONDS = 0.5
PAUSE_SECONDS = 30.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One consumer group on one topic."""

    name: str
    topic: str
    handle: Handle


class StepStopped(Exception):  # noqa: N818 - reads as the news it is
    """A step fails on message after message; its place is kept until someone has looked."""


class EmbeddedEngine:
    """Carries records and events to the steps, in order, on the database they write to."""

    def __init__(self, database: Database, steps: Sequence[Step], clock: Clock) -> None:
        self._database = database
        self._steps = steps
        self._clock = clock
        self._news = threading.Event()
        self._failures_in_a_row: Counter[str] = Counter()

    def publish(self, records: Sequence[SourceRecord]) -> None:
        """Put records on the topic. When this returns they are safe."""
        messages = [(record.key, record.model_dump_json().encode()) for record in records]
        with self._database.transaction() as session:
            bus.append(session, SOURCE_RECORDS, messages)
        self._news.set()

    def resend(self, topic: str, key: str, value: bytes) -> None:
        """Put one message back on its topic."""
        with self._database.transaction() as session:
            bus.append(session, topic, [(key, value)])
        self._news.set()

    def run_once(self) -> int:
        """Give every step one batch and publish the outbox. Returns how much was done.

        Raises ``StepStopped`` when a step stands, after the others have had their turn.
        """
        done, stopped = self._publish_outbox(), None
        for step in self._steps:
            try:
                done += self._advance(step)
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
                reason = getattr(problem, "orig", problem)  # the database's words, not our SQL
                log.warning("Motoren venter %d sekunder: %s", PAUSE_SECONDS, reason)
                stop.wait(PAUSE_SECONDS)
                continue
            if not done:
                self._news.wait(IDLE_SECONDS)
                self._news.clear()

    def _advance(self, step: Step) -> int:
        batch: Sequence[Message] = ()
        try:
            with self._database.transaction() as session:
                batch = bus.read(session, step.name, step.topic, BATCH)
                if batch:
                    step.handle(session, batch)
                    bus.advance(session, step.name, batch[-1])
                return len(batch)
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("%s: feil i en bunke, tar meldingene én og én", step.name)
            return self._one_by_one(step, batch)

    def _one_by_one(self, step: Step, batch: Sequence[Message]) -> int:
        """Find the message that fails, make a dead letter of it and let the others through."""
        for message in batch:
            try:
                with self._database.transaction() as session:
                    step.handle(session, [message])
                    bus.advance(session, step.name, message)
                self._failures_in_a_row[step.name] = 0
            except DatabaseUnavailable:
                raise
            except Exception as bug:
                log.exception("%s: %s feilet", step.name, message.place)
                self._bury(step, message, bug)
        return len(batch)

    def _bury(self, step: Step, message: Message, bug: Exception) -> None:
        """Make a dead letter, unless the step has failed so often that it must be our fault."""
        if self._failures_in_a_row[step.name] + 1 >= FAILURES_IN_A_ROW:
            reason = f"{step.name} står ved {message.place}: {FAILURES_IN_A_ROW} på rad feilet"
            raise StepStopped(reason) from bug
        self._failures_in_a_row[step.name] += 1
        with self._database.transaction() as session:
            reason = f"feil i programmet: {type(bug).__name__}: {bug}"
            bury(session, step.name, message, reason, self._clock())
            bus.advance(session, step.name, message)

    def _publish_outbox(self) -> int:
        with self._database.transaction() as session:
            events = outbox.waiting(session, BATCH)
            if events:
                bus.append(session, EVENTS, [(event.key, event.value) for event in events])
                outbox.mark_published(session, [event.id for event in events], self._clock())
            return len(events)
