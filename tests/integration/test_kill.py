"""Kill -9 at random points while the demo is taken in: nothing lost, nothing told twice.

``CONSULTATIONS_TEST_KILLS`` says how many kills in all, ``CONSULTATIONS_TEST_SEED`` repeats a
run. Every start sets the service's clock five minutes later than the last, past the lease (three
minutes) of a delivery that a kill cut off: the wait is skipped, not what happens after it.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from consultations.alerts.relay import LEASE
from consultations.domain.events import Event
from consultations.store import consultations, sources
from consultations.store.database import Session
from consultations.store.ledger import DeliveryState
from consultations.store.tables import (
    Base,
    ConsultationRow,
    DeadLetterRow,
    DecisionRow,
    DeliveryRow,
    OutboxRow,
    PublishedRow,
    SectionLinkRow,
    SightingRow,
)
from tests.service import World, steps_waiting, world_in

pytestmark = pytest.mark.services

KILLS = int(os.environ.get("CONSULTATIONS_TEST_KILLS", "10"))
KILLS_IN_A_ROUND = 12
"""After so many the demo is told to the end, so a new round begins on an empty database."""

SEED = int(os.environ.get("CONSULTATIONS_TEST_SEED", "0")) or random.SystemRandom().randrange(2**32)

START_UP_SHARE = 0.2
LONGEST_LIFE_SECONDS = 2.0
"""After start-up. Short lives are drawn more often: most of the work is done in a second."""

BETWEEN_STARTS = timedelta(minutes=5)


def kill_once(world: World, chance: random.Random, seconds_to_ready: float) -> str:
    """Start, kill at a random point and say where that was."""
    world.slack.calm = False
    with world.start(BETWEEN_STARTS) as service:
        if chance.random() < START_UP_SHARE:
            time.sleep(chance.uniform(0, seconds_to_ready))
        else:
            service.wait_for_address()
            time.sleep(LONGEST_LIFE_SECONDS * chance.random() ** 2)
        service.kill()
    return where(world)


def where(world: World) -> str:
    """Tell from the database what the killed process was in the middle of."""
    with world.database.reading() as session:
        if not sa.inspect(session.get_bind()).has_table(ConsultationRow.__tablename__):
            return "start-up, no schema yet"
        polls = [r for r in sources.all_sources(session) if r.last_started_at >= world.started_at]
        if not polls:
            return "start-up"
        doing = []
        if any(r.first_run_completed_at is None for r in polls):
            doing.append("first poll")
        elif any(r.last_success_at < world.started_at for r in polls):
            doing.append("poll")
        doing += ["steps"] * steps_waiting(session)
        doing += ["delivery"] * delivering(session, world.started_at)
    return " + ".join(doing) or "idle"


def delivering(session: Session, since: datetime) -> bool:
    query = sa.select(DeliveryRow.claimed_until).where(DeliveryRow.state == DeliveryState.SENDING)
    return any(until >= since + LEASE for until in session.scalars(query))


@dataclass(frozen=True)
class Outcome:
    """All that must be the same, however the way there was broken up. No ids, no instants."""

    versions: dict[str, list[str]]
    rows: dict[str, list[tuple[object, ...]]]
    events: Counter[tuple[object, ...]]
    in_slack: list[tuple[object, ...]]


INSTANTS = {"first_seen_at", "decided_at", "occurred_at", "next_attempt_at",
            "sent_at", "published_at", "entered_at"}  # fmt: skip
BY_THE_WAY = {"id", "consultation_id", "attempts", "message_id", "thread_id"}


def outcome(world: World) -> Outcome:
    with world.database.reading() as session:
        keys = {row.id: row.key for row in session.scalars(sa.select(ConsultationRow))}
        told = consultations.histories(session, set(keys.values()))
        tables = (ConsultationRow, SectionLinkRow, DecisionRow, DeliveryRow, PublishedRow,
                  DeadLetterRow)  # fmt: skip
        events = [Event.model_validate_json(v) for v in session.scalars(sa.select(OutboxRow.value))]
        return Outcome(
            {key: [v.meaning_hash for v in history.versions] for key, history in told.items()},
            {table.__tablename__: _rows(session, table, keys) for table in tables},
            Counter((event.consultation, event.type, event.words) for event in events),
            sorted((m.channel, m.text, m.thread_ts is None) for m in world.slack.messages),
        )


def _rows(session: Session, table: type[Base], keys: dict[int, str]) -> list[tuple[object, ...]]:
    names = [c.key for c in sa.inspect(table).columns if c.key not in INSTANTS | BY_THE_WAY]
    return sorted(
        (keys.get(getattr(row, "consultation_id", 0), ""), *(repr(getattr(row, n)) for n in names))
        for row in session.scalars(sa.select(table))
    )


@pytest.fixture
def undisturbed(tmp_path: Path) -> tuple[Outcome, float]:
    """What the demo comes to when nobody kills it, and how long a start takes (seconds)."""
    with world_in(tmp_path / "undisturbed", random.Random(SEED)) as world:
        began = time.monotonic()
        with world.start(timedelta()) as service:
            service.wait_for_address()
            ready = time.monotonic() - began
        world.finish()
        world.a_day_later()
        world.finish()
        return outcome(world), ready


def rounds(kills: int) -> Iterator[tuple[int, int]]:
    """Yield how many kills on the first day and on the second, round by round."""
    while kills > 0:
        here = min(kills, KILLS_IN_A_ROUND)
        yield here - here // 3, here // 3
        kills -= here


def test_demo_when_killed_again_and_again_then_every_fact_is_kept_and_told_once(
    tmp_path, undisturbed, capsys
):
    expected, seconds_to_ready = undisturbed
    chance = random.Random(SEED)
    tally: Counter[str] = Counter()
    doubles = starts = looked = 0
    say(capsys, f"\n{KILLS} kills, CONSULTATIONS_TEST_SEED={SEED}")
    for number, (first_day, second_day) in enumerate(rounds(KILLS)):
        with world_in(tmp_path / f"round-{number}", chance) as world:
            tally.update(kill_once(world, chance, seconds_to_ready) for _ in range(first_day))
            world.finish()
            world.a_day_later()
            tally.update(kill_once(world, chance, seconds_to_ready) for _ in range(second_day))
            world.finish()
            doubles += check(world, expected)
            starts += world.starts
            looked += len(world.slack.called("conversations.history"))
    for where, count in sorted(tally.items()):
        say(capsys, f"  {count:3}  killed in {where}")
    say(capsys, f"  {starts} starts, {looked} looks in Slack's history, {doubles} told twice")
    assert doubles == 0


def check(world: World, expected: Outcome) -> int:
    """Compare with the undisturbed run. Returns how many facts people see twice."""
    got = outcome(world)
    for name, rows in expected.rows.items():
        assert got.rows[name] == rows, name
    assert got.versions == expected.versions
    assert got.events == expected.events
    visible = world.slack.visible()
    assert set(visible) == keys_in_ledger(world)
    doubles = [key for key, count in visible.items() if count > 1]
    if not doubles:
        assert got.in_slack == expected.in_slack
    return len(doubles)


def keys_in_ledger(world: World) -> set[str]:
    with world.database.reading() as session:
        keys = session.scalars(sa.select(DeliveryRow.key)).all()
        sightings = session.execute(
            sa.select(SightingRow.consultation_id, SightingRow.observed_at,
                      SightingRow.meaning_hash)
        ).all()  # fmt: skip
    assert len(set(keys)) == len(keys)
    assert len(set(sightings)) == len(sightings)
    return set(keys)


def say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
