"""One worker of one step, three ways: ours, a bare aiokafka loop, and quixstreams.

Run as a child of bench/streams.py: ``python -m bench.loops WAY STEP DATABASE SERVERS TOPIC GROUP``.
All three hand the same batches to the same ``StepRunner.take``; for every batch a line says when
it was begun, when it was committed (seconds on the machine's monotonic clock) and how large it is.
"""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from aiokafka import AIOKafkaConsumer

import streams.kafka_log
import streams.replay
import streams.worker
from bench.stage import BATCH, PARTITIONS, tracker_on
from consultations.bootstrap import Tracker
from consultations.store.bus import Message
from streams.faust_settings import FETCH_BYTES
from streams.kafka_log import KafkaLog
from streams.progress import Progress
from streams.step import Step, StepRunner

SESSION_SECONDS = 10


class Timed(StepRunner):
    """Tells of every batch on standard output."""

    def take(self, batch: Sequence[Message]) -> None:
        began = time.monotonic()
        super().take(batch)
        print(began, time.monotonic(), len(batch), flush=True)


def ours(tracker: Tracker, step: Step, servers: str) -> None:
    """The worker as it is, with only its runner's clock added."""
    streams.worker.StepRunner = Timed  # type: ignore[attr-defined, misc]
    with tempfile.TemporaryDirectory() as folder:
        streams.worker.run_worker(
            streams.worker.create_app(
                step, tracker.database, tracker.clock, servers=servers, partitions=PARTITIONS,
                progress=Progress(tracker.clock), folder=Path(folder),
                session_seconds=SESSION_SECONDS,
            )
        )  # fmt: skip


def bare(tracker: Tracker, step: Step, servers: str, batch: int = BATCH) -> None:
    asyncio.run(_bare(Timed(tracker.database, step, tracker.clock), step, servers, batch))


async def _bare(runner: StepRunner, step: Step, servers: str, size: int) -> None:
    """As little as can be between the broker and the step: fetch, take, commit."""
    consumer = AIOKafkaConsumer(
        step.topic, bootstrap_servers=servers, group_id=step.name, enable_auto_commit=False,
        auto_offset_reset="earliest", max_partition_fetch_bytes=FETCH_BYTES,
        session_timeout_ms=SESSION_SECONDS * 1000,
    )  # fmt: skip
    await consumer.start()
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    while True:
        found = await consumer.getmany(timeout_ms=200, max_records=size)
        batch = [
            Message(m.topic, m.offset, (m.key or b"").decode(), m.value or b"", m.partition)
            for messages in found.values()
            for m in messages
        ]
        if batch:
            await loop.run_in_executor(thread, runner.take, batch)
            await consumer.commit()


def quix(tracker: Tracker, step: Step, servers: str) -> None:
    """Quix Streams' own way to a database: a sink that is flushed before each commit."""
    from quixstreams import Application  # noqa: PLC0415 - only this way needs it installed
    from quixstreams.sinks.base import BaseSink  # noqa: PLC0415

    class Sink(BaseSink):  # type: ignore[misc]
        """Takes what came since the last commit as one batch, whatever partition it came from."""

        def __init__(self, runner: StepRunner) -> None:
            super().__init__()
            self._runner, self._batch = runner, list[Message]()

        def add(self, value, key, timestamp, headers, topic, partition, offset):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, ARG002
            self._batch.append(Message(topic, offset, (key or b"").decode(), value, partition))

        def flush(self) -> None:
            batch, self._batch = self._batch, []
            if batch:
                self._runner.take(batch)

    app = Application(
        broker_address=servers, consumer_group=step.name, auto_offset_reset="earliest",
        auto_create_topics=False, commit_every=BATCH, commit_interval=0.2, loglevel="WARNING",
        consumer_extra_config={"session.timeout.ms": SESSION_SECONDS * 1000},
    )  # fmt: skip
    topic = app.topic(step.topic, key_deserializer="bytes", value_deserializer="bytes")
    app.dataframe(topic).sink(Sink(Timed(tracker.database, step, tracker.clock)))
    app.run()


def replay(tracker: Tracker, step: Step, servers: str) -> None:
    """The path of ``consultations replay``; it reads our own topics, and no group's place."""
    streams.replay.StepRunner = Timed  # type: ignore[attr-defined, misc]
    with closing(KafkaLog(servers)) as log:
        streams.replay.Replay(log, tracker.database, [step], tracker.clock).rebuild(lambda _: None)


WAYS: dict[str, Callable[[Tracker, Step, str], None]] = {
    "ours": ours, "bare": bare, "quix": quix, "replay": replay,
    "bare-500": partial(bare, batch=streams.kafka_log.BATCH),
}  # fmt: skip


def main() -> None:
    way, name, database_url, servers, topic, group = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING)
    tracker = tracker_on(database_url)
    step = next(step for step in tracker.steps() if step.name == name)
    WAYS[way](tracker, replace(step, name=group, topic=topic), servers)


if __name__ == "__main__":
    main()
