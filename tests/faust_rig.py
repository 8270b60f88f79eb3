"""A Faust app without a broker, on the very path by which messages are marked as handled.

Everything is the library's own (compiled conductor, consumer, agents, streams) except the broker:
the consumer is never started, its assignment is given and what it commits is kept here. Faust's
own ``test_context`` leaves that path out.
"""

import asyncio
import gc
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import faust
from faust.types import TP, ConsumerMessage

Told = TypeVar("Told")


class Rig:
    """One member of a consumer group that has all partitions of one topic."""

    def __init__(self, app: faust.App, topic: str, partitions: int) -> None:
        self.app = app
        self.topic = topic
        self.places = {TP(topic, number) for number in range(partitions)}
        self.committed: dict[int, int] = {}
        """The next offset of each partition, as a broker would have it."""
        self.gone = False
        """As if the process had ended: nothing is committed any more."""

    async def start(self, committed: Mapping[int, int]) -> None:
        """Join the group where it was: at the given offsets."""
        self.app.finalize()
        consumer: Any = self.app.consumer
        consumer.assignment = lambda: self.places
        consumer._commit = self._commit
        self.committed.update(committed)
        consumer._committed_offset.update({TP(self.topic, p): at for p, at in committed.items()})
        self.app.consumer_generation_id = 1
        self.app.flow_control.resume()
        consumer.resume_flow()
        await self.app.agents.start()
        await self.app.topics._update_indices()
        await self.app.topics.on_partitions_assigned(self.places)
        await self.app.on_partitions_assigned.send(self.places)

    async def push(
        self, partition: int, offset: int, key: bytes | None, value: bytes | None
    ) -> None:
        """Give the conductor a message, as the fetcher does."""
        message = ConsumerMessage(
            self.topic, partition, offset, 0.0, 0, [], key, value, None, 0, 0,
            TP(self.topic, partition), generation_id=1,
        )  # fmt: skip
        await self.app.topics.on_message(message)

    async def commit(self) -> dict[int, int]:
        """Do what the consumer's timer does, and return what is committed."""
        await self.app.consumer.commit()
        return self.committed

    async def stop(self) -> None:
        """Stop as on SIGTERM: wait for what has begun, commit, stop the agents."""
        self.app._stopped.set()
        await self.app._stop_consumer()
        await self.app.agents.stop()

    def close(self) -> None:
        self.app.consumer._thread.thread_loop.close()

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        if self.gone:
            return False
        self.committed.update({place.partition: offset for place, offset in offsets.items()})
        return True


def plain_app(name: str = "canary", **settings: Any) -> faust.App:
    """Return an app with the settings that matter to the path, and nothing of ours."""
    return faust.App(
        name,
        broker="kafka://127.0.0.1:1",
        store="memory://",
        key_serializer="raw",
        value_serializer="raw",
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        autodiscover=False,
        **settings,
    )


@asynccontextmanager
async def running(
    app: faust.App, topic: str, partitions: int = 1, committed: Mapping[int, int] | None = None
) -> AsyncIterator[Rig]:
    """Start a rig, and leave no task behind whatever happens in it."""
    rig = Rig(app, topic, partitions)
    try:
        await rig.start(committed or {})
        yield rig
    finally:
        app.consumer._stopped.set()  # else its wait for what was never marked outlives every cancel
        await leave_nothing_running()
        rig.close()


def play(scene: Callable[[], Awaitable[Told]]) -> Told:
    """Run a scene in a loop of its own, and clear away all of Faust while there still is one."""

    async def act() -> Told:
        told = await scene()
        await leave_nothing_running()
        gc.collect()
        await leave_nothing_running()
        return told

    return asyncio.run(act())


async def leave_nothing_running() -> None:
    """End every task but this one. Some of Faust's need to be told more than once.

    One that has not begun is let begin first: an agent that Faust is about to restart would else
    be thrown away unawaited, and Python warns of that.
    """
    ours = asyncio.current_task()
    for _ in range(50):
        left = [task for task in asyncio.all_tasks() if task is not ours]
        if not left:
            return
        for task in left:
            if _has_begun(task):
                task.cancel()
        await asyncio.wait(left, timeout=0.1)
    raise RuntimeError(f"still running: {left}")


def _has_begun(task: asyncio.Task[Any]) -> bool:
    coroutine = task.get_coro()
    return (
        not inspect.iscoroutine(coroutine)
        or inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED
    )


async def until(holds: Callable[[], object], seconds: float = 5.0) -> None:
    """Let the loop run until something holds. Raises ``TimeoutError``."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - it is Faust's doings we wait for
            await asyncio.sleep(0.005)
