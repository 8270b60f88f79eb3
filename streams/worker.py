"""One step as a Faust worker: a consumer group, joined and left in good order."""

import asyncio
from pathlib import Path
from typing import Any, NoReturn

import faust

from consultations.clock import Clock
from consultations.store.database import Database
from streams.admin import ANSWER_SECONDS, TopicAdmin
from streams.batches import Batches
from streams.faust_settings import SESSION_SECONDS, StepApp, new_app
from streams.progress import Progress
from streams.step import Step, StepRunner


def create_app(
    step: Step,
    database: Database,
    clock: Clock,
    *,
    servers: str,
    partitions: int,
    progress: Progress,
    folder: Path,
    session_seconds: float = SESSION_SECONDS,
) -> StepApp:
    """Return the Faust app that carries a step; its consumer group has the step's name.

    ``servers`` are ``host:port``, separated by commas. ``folder`` must be writable. Just before
    the start, the app raises ``ConfigError`` unless the topic has so many ``partitions``. Raises
    ``ConfigError`` without Faust's compiled modules.
    """
    app = new_app(step.name, servers, folder, session_seconds)
    batches = Batches(app, StepRunner(database, step, clock), progress)
    topic = app.topic(step.topic, key_serializer="raw", value_serializer="raw")
    app.agent(topic, name=step.name, concurrency=1)(batches.run)
    # How many copies there are is for those who run the broker: a worker reads any of them.
    topics = TopicAdmin(servers, partitions, replication=1, seconds=ANSWER_SECONDS)
    app.on_worker_init.connect(lambda *_, **__: topics.require(step.topic))
    _tell(progress, app)
    return app


def run_worker(app: StepApp) -> NoReturn:
    """Run a worker until it is told to stop; ends the process.

    SIGTERM and Ctrl-C let the batch under way be finished and committed first; a second signal
    changes nothing. Raises ``ConfigError`` when the topic is not as it should be.
    """
    app.finalize()
    app.on_worker_init.send()
    worker = faust.Worker(
        app,
        loop=asyncio.new_event_loop(),
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
    )
    worker.spinner = None
    worker.execute_from_commandline()


def _tell(progress: Progress, app: StepApp) -> None:
    """Let the progress know what the group gives us, and what waits there."""

    async def on_assigned(*given: Any, **_: Any) -> None:
        progress.assigned({place.partition for place in given[1]})

    async def on_revoked(*_: Any, **__: Any) -> None:
        progress.revoked()

    app.on_partitions_assigned.connect(on_assigned)
    app.on_partitions_revoked.connect(on_revoked)
    progress.watch(lambda: _waiting(app._consumer))  # noqa: SLF001 - the public one would make it


def _waiting(consumer: Any) -> int | None:
    """Count what is behind the committed places, as of the last fetch; None without a broker.

    It only reads, so any thread may ask.
    """
    client = consumer and consumer._thread._consumer  # noqa: SLF001 - no other way to know
    coordinator = client and client._coordinator  # noqa: SLF001 - None until the client has started
    if coordinator is None or coordinator.coordinator_id is None:
        return None
    committed = dict(consumer._committed_offset)  # noqa: SLF001
    try:
        places = consumer.assignment()
        return sum((consumer.highwater(tp) or 0) - (committed.get(tp) or 0) for tp in places)
    except AssertionError:  # aiokafka: the group took a partition back between the two questions
        return 0
