"""One step as both engines run it: a batch in one transaction, a bad message set aside."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consultations.clock import Clock
from consultations.handlers.step import StepResult, bury
from consultations.store import consultations
from consultations.store.bus import Message
from consultations.store.database import Database, DatabaseUnavailable, Session, reason_of

Handle = Callable[[Session, Sequence[Message]], StepResult]
Settle = Callable[[Session, Message], None]
"""Notes, with the effects of a step, that everything up to a message is handled."""

FAILURES_IN_A_ROW = 20
"""So many messages failing on end mean a fault of ours: stop and wait, do not bury the mail."""

UNREADABLE_IN_A_ROW = 1000
"""So many that cannot be read, and nothing else, mean that somebody else writes on the topic."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One consumer group on one topic."""

    name: str
    topic: str
    handle: Handle


class StepStopped(Exception):  # noqa: N818 - reads as the news it is
    """A step cannot go on; its place is kept until someone has looked."""


def _nothing(_session: Session, _last: Message) -> None:
    """Leave it to the caller to remember the place."""


class StepRunner:
    """Takes batches through a step. One thread uses it at a time."""

    def __init__(
        self, database: Database, step: Step, clock: Clock, settle: Settle = _nothing
    ) -> None:
        self._database = database
        self._step = step
        self._clock = clock
        self._settle = settle
        self._failures_in_a_row = 0
        self._unreadable_in_a_row = 0

    def take(self, batch: Sequence[Message]) -> None:
        """Handle a batch; when this returns, its effects are committed.

        Raises ``DatabaseUnavailable`` when it should be tried again as it is, and ``StepStopped``
        when somebody must look first. Nothing of what was not committed is then left.
        """
        counted = self._failures_in_a_row, self._unreadable_in_a_row
        try:
            self._take(batch)
        except DatabaseUnavailable:
            # The same messages come again: counted twice, few would look like many.
            self._failures_in_a_row, self._unreadable_in_a_row = counted
            raise

    def _take(self, batch: Sequence[Message]) -> None:
        try:
            self._commit(batch)
        except (*DatabaseUnavailable, StepStopped):
            raise
        except Exception:
            log.exception("%s: feil i en bunke, tar meldingene én og én", self._step.name)
            for message in batch:
                self._take_one(message)
        else:
            self._failures_in_a_row = 0

    def _commit(self, batch: Sequence[Message]) -> None:
        with self._database.transaction() as session:
            consultations.hold(session, {message.key for message in batch})
            result = self._step.handle(session, batch)
            self._count_unreadable(result, batch)
            self._settle(session, batch[-1])

    def _take_one(self, message: Message) -> None:
        """Make a dead letter of a message that fails, and let the others through."""
        try:
            self._commit([message])
        except (*DatabaseUnavailable, StepStopped):
            raise
        except Exception as bug:
            log.exception("%s: %s feilet", self._step.name, message.place)
            self._bury(message, bug)
        else:
            self._failures_in_a_row = 0

    def _bury(self, message: Message, bug: Exception) -> None:
        """Make a dead letter, unless the step has failed so often that it must be our fault."""
        name = self._step.name
        if self._failures_in_a_row + 1 >= FAILURES_IN_A_ROW:
            reason = f"{name} står ved {message.place}: {FAILURES_IN_A_ROW} på rad feilet"
            raise StepStopped(reason) from bug
        with self._database.transaction() as session:
            reason = f"feil i programmet: {type(bug).__name__}: {reason_of(bug)}"
            bury(session, name, message, reason, self._clock())
            self._settle(session, message)
        self._failures_in_a_row += 1

    def _count_unreadable(self, result: StepResult, batch: Sequence[Message]) -> None:
        all_dead = result.dead == len(batch)
        unreadable = self._unreadable_in_a_row + result.dead if all_dead else 0
        if unreadable >= UNREADABLE_IN_A_ROW:
            raise StepStopped(
                f"{self._step.name} står ved {batch[0].place}: {unreadable} meldinger på rad "
                f"kunne ikke leses. Finn ut hvem som skriver på {self._step.topic}; de uleselige "
                "ligger blant de døde brevene."
            )
        self._unreadable_in_a_row = unreadable
