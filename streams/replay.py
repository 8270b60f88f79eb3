"""Runs the steps over the log again, to mend a state or to build it anew from nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from consultations.clock import Clock
from consultations.handlers.step import INTAKE, TRACKING, StepResult
from consultations.store import ledger, rebuilding
from consultations.store.bus import Message
from consultations.store.database import Database, DatabaseUnavailable, Session
from streams.log import Log
from streams.step import Settle, Step, StepRunner
from streams.topics import EVENTS

Progress = Callable[[int], object]
"""Told how many more messages are handled."""

LEFT_AT_A_TIME = 200
ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Replay:
    """The steps over a part of the log: from ``since`` up to, not including, ``until`` (UTC).

    Steps run one after the other, each over its whole topic. Raises ``StepStopped`` when a step
    cannot go on, ``BrokerUnavailable`` and ``DatabaseUnavailable`` when trouble does not pass.
    """

    log: Log
    database: Database
    steps: Sequence[Step]
    clock: Clock
    since: datetime | None = None
    until: datetime | None = None

    def count(self) -> int:
        """Return how many messages there are to handle, a message once for each step."""
        return sum(self.log.count(step.topic, self.since, self.until) for step in self.steps)

    def lost(self) -> int:
        """Return how many messages the log once held that it no longer does."""
        return sum(self.log.lost(topic) for topic in {step.topic for step in self.steps})

    def in_place(self, on_progress: Progress) -> None:
        """Handle the log where it was handled before. What is there already stays as it is."""
        for step in self.steps:
            self._run(step, _leave_it, on_progress)

    def rebuild(self, on_progress: Progress) -> None:
        """Handle the log in an empty database. Its events are not for publishing once more."""
        settle = partial(_count_as_published, self.clock)
        for step in self.steps:
            self._run(step, settle, on_progress)
        names = {step.name for step in self.steps}
        if TRACKING in names:
            self._hand_on_what_was_never_published(settle)
        if INTAKE in names:
            with self.database.transaction() as session:
                rebuilding.remember_polling(session)

    def _run(self, step: Step, settle: Settle, on_progress: Progress) -> None:
        for batch in self.log.read(step.topic, self.since, self.until):
            self._take(step, settle, batch)
            on_progress(len(batch))

    def _take(self, step: Step, settle: Settle, batch: Sequence[Message]) -> None:
        """Take one batch, waiting out a database that is busy or away for a moment.

        A runner for each batch: a flood of what cannot be read once stopped the live step so that
        somebody looked, and must not stop every replay for ever after.
        """
        runner = StepRunner(self.database, _looking_first(step), self.clock, settle)
        patiently = Retrying(
            retry=retry_if_exception_type(DatabaseUnavailable),
            wait=wait_exponential(max=LONGEST_WAIT_SECONDS),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        patiently(runner.take, batch)

    def _hand_on_what_was_never_published(self, settle: Settle) -> None:
        """Give the later steps what was taken in just before the relay was lost for good."""
        last = 0
        while True:
            with self.database.reading() as session:
                left = rebuilding.unrouted(session, last, LEFT_AT_A_TIME)
            if not left:
                return
            batch = [Message("outbox", event.id, event.key, event.value) for event in left]
            for step in self.steps:
                if step.topic == EVENTS:
                    self._take(step, settle, batch)
            last = left[-1].id


def _looking_first(step: Step) -> Step:
    """Let what tracking enters be looked for before it is told: people may know it already."""
    if step.name != TRACKING:
        return step

    def handle(session: Session, batch: Sequence[Message]) -> StepResult:
        result = step.handle(session, batch)
        ledger.look_first(session, {message.key for message in batch})
        return result

    return replace(step, handle=handle)


def _leave_it(_session: Session, _last: Message) -> None:
    """Keep no place: the log is read from where the person said."""


def _count_as_published(clock: Clock, session: Session, _last: Message) -> None:
    rebuilding.count_as_published(session, clock())
