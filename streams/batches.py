"""The agent's loop: batches off a stream, marked as handled once they are committed.

Faust marks messages as handled whenever an agent's loop is left, whatever the reason. So nothing
ever leaves this one: what cannot be waited out ends the process, at once and without a word to
Faust, and the messages come again. Why each rule is there: docs/adr/0009-kafka-and-faust.md.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import faust
from faust.types import EventT
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from consultations.store.bus import Message
from consultations.store.database import DatabaseUnavailable, reason_of
from streams.progress import Progress
from streams.step import StepRunner, StepStopped

BATCH = 200
WITHIN_SECONDS = 0.05
"""A batch that is not full waits so long for more."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 15.0

EXIT_TOLD_TO_STOP = 0
"""Told to stop with a batch that could not be committed: it is left to whoever comes next."""

EXIT_BUG = 4
"""Something happened that we have not thought of."""

log = logging.getLogger(__name__)


class Batches:
    """Takes a stream's batches through a step. Nothing but Faust's own shutdown gets out."""

    def __init__(self, app: faust.App, runner: StepRunner, progress: Progress) -> None:
        self._app = app
        self._runner = runner
        self._progress = progress
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=app.conf.id)

    async def run(self, stream: Any) -> None:
        """Be the agent: take batch after batch until Faust has stopped and nothing is left."""
        try:
            async for events in stream.noack_take(BATCH, within=WITHIN_SECONDS):
                await self._fenced(stream, events)
        except asyncio.CancelledError:
            if not self._app.consumer.unacked:
                raise  # everything taken is marked: this is how Faust stops an agent
            leave(EXIT_BUG, "Faust brøt av midt i arbeidet; ingenting merket håndtert")
        except BaseException:  # noqa: BLE001 - the fence
            leave(EXIT_BUG, "Feil i strømmen; avslutter uten å merke noe som håndtert")
        if not self._app.should_stop:
            leave(EXIT_BUG, "Strømmen tok slutt uten grunn; avslutter")

    async def _fenced(self, stream: Any, events: Sequence[EventT[bytes]]) -> None:
        try:
            await self._take([_message(event) for event in events])
            for event in events:
                await stream.ack(event)
        except (*DatabaseUnavailable, StepStopped) as problem:
            reason = f"Bedt om å stoppe før bunken var håndtert ({reason_of(problem)})"
            leave(EXIT_TOLD_TO_STOP, f"{reason}; den tas av den neste")
        except BaseException:  # noqa: BLE001 - the fence
            leave(EXIT_BUG, f"Feil i programmet ved {_span(events)}; ingenting merket håndtert")

    async def _take(self, batch: Sequence[Message]) -> None:
        """Take a batch through the step, however long the database is away.

        A step that stands is tried again too: an end would only begin its counts anew, and let it
        set aside as many more at every start.
        """
        self._progress.batch_began()
        loop = asyncio.get_running_loop()
        async for attempt in self._attempts():
            with attempt:
                await loop.run_in_executor(self._thread, self._runner.take, batch)
        self._progress.batch_done()

    def _attempts(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception_type((*DatabaseUnavailable, StepStopped)),
            wait=wait_exponential_jitter(
                multiplier=FIRST_PAUSE_SECONDS,
                max=LONGEST_PAUSE_SECONDS,
                jitter=FIRST_PAUSE_SECONDS,
            ),
            stop=lambda _state: self._app.should_stop,
            sleep=self._app.sleep,
            before_sleep=self._say_that_we_wait,
            reraise=True,
        )

    def _say_that_we_wait(self, state: RetryCallState) -> None:
        problem = state.outcome.exception() if state.outcome else None
        reason, pause = reason_of(problem) if problem else "", state.upcoming_sleep
        if isinstance(problem, StepStopped):
            self._progress.stands(reason)
            log.error("%s Prøver igjen om %.1f s.", reason, pause)
        else:
            self._progress.database_away(reason)
            log.warning("Databasen svarer ikke, prøver igjen om %.1f s: %s", pause, reason)


def leave(code: int, reason: str) -> NoReturn:
    """End the process here and now, so that nobody can mark anything as handled on the way out."""
    log.critical(reason, exc_info=code == EXIT_BUG)
    logging.shutdown()
    os._exit(code)


def _message(event: EventT[bytes]) -> Message:
    raw = event.message
    key = (raw.key or b"").decode(errors="replace")
    return Message(raw.topic, raw.offset, key, raw.value or b"", raw.partition)


def _span(events: Sequence[EventT[bytes]]) -> str:
    """Name the first and the last message of each partition: ``events.v1/0 nr. 5 til 71``."""
    spans: dict[str, tuple[int, int]] = {}
    for message in map(_message, events):
        where = f"{message.topic}/{message.partition}"
        spans[where] = spans.get(where, (message.position,))[0], message.position
    return ", ".join(f"{where} nr. {first} til {last}" for where, (first, last) in spans.items())
