"""The faults in Faust that we work around, each on the library's own objects.

A test that fails here is good news: the fault is gone. Then read ADR 0009 again, for what we do
because of it may no longer be needed.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faust_rig import plain_app, play, running, until

pytestmark = pytest.mark.services

GONE = "this fault in Faust is gone: read ADR 0009 again, we may do without what it made us do"


async def push(rig, first, last):
    for offset in range(first, last + 1):
        await rig.push(0, offset, b"k", b"%d" % offset)


def test_concurrency_when_a_later_message_is_done_first_commits_past_the_one_under_way():
    """faust-streaming #606."""

    async def scene():
        app = plain_app()
        may_end = asyncio.Event()

        @app.agent(app.topic("t"), concurrency=2)
        async def agent(stream):
            async for value in stream:
                if value == b"5":
                    await may_end.wait()

        async with running(app, "t") as rig:
            await push(rig, 5, 6)
            await until(lambda: any(app.consumer._acked.values()))
            return await rig.commit()

    assert play(scene) == {0: 7}, GONE


@pytest.mark.parametrize("way", ["take", "noack_take"])
def test_take_when_the_loop_is_left_by_an_exception_marks_messages_it_never_gave(way):
    """Trap T1 of the streaming notes."""

    async def scene():
        app = plain_app()
        given = []

        @app.agent(app.topic("t"))
        async def agent(stream):
            async for batch in getattr(stream, way)(5, within=0.02):
                given.extend(getattr(event, "value", event) for event in batch)
                raise ZeroDivisionError

        async with running(app, "t") as rig:
            await push(rig, 0, 49)
            await until(lambda: sum(map(len, app.consumer._acked.values())) > 20)
            return len(given), sum(map(len, app.consumer._acked.values()))

    given, marked = play(scene)
    assert marked > given, GONE


def test_take_when_a_message_cannot_be_decoded_ends_without_a_word():
    """robinhood/faust #586."""

    async def scene():
        app = plain_app()
        given = []

        @app.agent(app.topic("t", value_serializer="json"))
        async def agent(stream):
            async for batch in stream.take(5, within=0.02):
                given.extend(batch)

        async with running(app, "t") as rig:
            await rig.push(0, 0, b"k", b"not json")
            await asyncio.sleep(0.1)
            for offset in range(1, 4):
                await rig.push(0, offset, b"k", b"1")
            await asyncio.sleep(0.3)
            return given

    assert play(scene) == [], GONE


def test_plain_loop_when_the_body_fails_marks_the_message_that_failed():
    async def scene():
        app = plain_app()

        @app.agent(app.topic("t"))
        async def agent(stream):
            async for _ in stream:
                raise ZeroDivisionError

        async with running(app, "t") as rig:
            await push(rig, 5, 5)
            await until(lambda: any(app.consumer._acked.values()))
            return await rig.commit()

    assert play(scene) == {0: 6}, GONE


def test_noack_take_when_the_loop_is_left_to_stop_marks_the_message_after_the_batch():
    """Why a worker that is told to stop with an uncommitted batch ends the process instead."""

    async def scene():
        app = plain_app()
        under_way, may_end = asyncio.Event(), asyncio.Event()

        @app.agent(app.topic("t"))
        async def agent(stream):
            async for _batch in stream.noack_take(1, within=0.02):
                under_way.set()
                await may_end.wait()
                return

        async with running(app, "t", committed={0: 5}) as rig:
            await push(rig, 5, 6)
            await under_way.wait()
            await asyncio.sleep(0.05)
            may_end.set()
            await until(lambda: any(app.consumer._acked.values()))
            return await rig.commit()

    assert play(scene) == {0: 7}, GONE


def test_send_when_the_delivery_fails_marks_the_message_it_was_sent_for_all_the_same():
    async def scene():
        app = plain_app()
        failed = []

        @app.agent(app.topic("t"))
        async def agent(stream):
            async for value in stream:
                await app.topic("out").send(value=value)

        async def send(*_, **__):
            failed.append(asyncio.get_running_loop().create_future())
            failed[-1].set_exception(ConnectionError("no broker"))
            return failed[-1]

        async def no_start():
            pass

        app.producer.maybe_start, app.producer.send = no_start, send
        async with running(app, "t") as rig:
            await push(rig, 5, 5)
            await until(lambda: any(app.consumer._acked.values()))
            return len(failed), await rig.commit()

    assert play(scene) == (1, {0: 6}), GONE


STALE = """
import asyncio, os, faust.streams
from tests.faust_rig import plain_app, running

async def scene():
    app = plain_app()

    @app.agent(app.topic("t"))
    async def agent(stream):
        async for value in stream:
            print("given", value)

    async with running(app, "t") as rig:
        app.consumer_generation_id = 2  # the group has been shared out anew since
        for offset in range(3):
            await rig.push(0, offset, b"k", b"stale")
        await asyncio.sleep(0.3)
        print(faust.streams._CStreamIterator is not None, await rig.commit(), flush=True)
        os._exit(0)

asyncio.run(scene())
"""


@pytest.mark.parametrize(
    ("variable", "told"), [({"NO_CYTHON": "1"}, "False {0: 3}"), ({}, "True {}")]
)
def test_plain_python_faust_marks_what_came_before_a_rebalance_and_was_never_given(variable, told):
    """Only the plain Python one does: the compiled one, which we insist on, lets it come again."""
    done = subprocess.run(
        [sys.executable, "-c", STALE],
        check=True, capture_output=True, text=True, timeout=30,
        cwd=Path(__file__).parents[2], env={**os.environ, **variable},
    )  # fmt: skip
    assert done.stdout.strip() == told, GONE
