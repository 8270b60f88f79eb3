"""Kill -9 while somebody does something with a response: act and event stand or fall together.

What is killed is the command itself, at the three places where it would hurt: between the act and
its event, between both and their commit, and between the commit and the log.
"""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from consultations.store.tables import ActRow, DeliveryRow, OutboxRow
from tests.service import World, world_in

pytestmark = pytest.mark.services

KEY = "regjeringen:3167177"
SECONDS = 60

COMMAND = """
import os, signal, sys

def killed(*_given, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

from consultations.cli import main
from consultations.handlers import planning
from consultations.store import outbox
from streams.embedded import EmbeddedEngine

place = sys.argv[1]
if place == "before its event":
    outbox.write = killed
elif place == "before the commit":
    planning.keep_up = killed
elif place == "before the log":
    EmbeddedEngine.drain = killed
main(sys.argv[2:])
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path / "world", random.Random(1)) as world:
        world.finish()
        yield world


def command(world: World, place: str, *words: str) -> int:
    """Run a command, killed at a place, or nowhere; returns how it ended."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND, place, "response", *words],
        cwd=world.folder, env=world.settings(), timeout=SECONDS, check=False,
        stdout=subprocess.DEVNULL,
    ).returncode  # fmt: skip


def kept(world: World) -> tuple[list[str], list[str]]:
    """Return the acts there are, and the events of acts, by id."""
    with world.database.reading() as session:
        acts = session.scalars(sa.select(ActRow.event_id)).all()
        events = session.scalars(
            sa.select(OutboxRow.event_id).where(OutboxRow.event_id.contains("/response/"))
        ).all()
    return sorted(acts), sorted(events)


def told(world: World) -> dict[str, int]:
    """Count how often people in Slack see each act."""
    seen = world.slack.visible()
    return {key: count for key, count in seen.items() if "|response/" in key}


@pytest.mark.parametrize("place", ["before its event", "before the commit"])
def test_act_when_killed_inside_the_transaction_then_nothing_is_kept_and_it_can_be_done_again(
    world, place
):
    triage = ("triage", KEY, "--choice", "answer", "--by", "Kari", "--expects", "0")
    assert command(world, place, *triage) == -signal.SIGKILL
    assert kept(world) == ([], [])
    assert command(world, "nowhere", *triage) == 0
    assert kept(world) == ([f"{KEY}/response/1"], [f"{KEY}/response/1"])
    world.finish()
    assert set(told(world).values()) == {1}


def test_act_when_killed_after_the_commit_then_it_stands_and_is_told_once(world):
    triage = ("triage", KEY, "--choice", "answer", "--by", "Kari", "--expects", "0")
    assert command(world, "before the log", *triage) == -signal.SIGKILL
    assert kept(world) == ([f"{KEY}/response/1"], [f"{KEY}/response/1"])
    assert told(world) == {}
    assert command(world, "nowhere", *triage) == 1, "it was kept, so it cannot be done again"
    world.finish()
    world.finish()
    assert kept(world) == ([f"{KEY}/response/1"], [f"{KEY}/response/1"])
    assert set(told(world)) == owed(world)
    assert set(told(world).values()) == {1}


def owed(world: World) -> set[str]:
    with world.database.reading() as session:
        keys = sa.select(DeliveryRow.key).where(DeliveryRow.key.contains("|response/"))
        return set(session.scalars(keys))
