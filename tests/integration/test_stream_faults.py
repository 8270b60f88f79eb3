"""Every process killed, stopped, moved and multiplied on a real Kafka and PostgreSQL: nothing lost.

``CONSULTATIONS_TEST_STREAM_KILLS`` says how many kills in all, ``CONSULTATIONS_TEST_STREAM_EVENTS``
how many messages over the topics at least, ``CONSULTATIONS_TEST_SEED`` repeats the traffic and the
order of what happens (not the moments). All through the run a watch reads what each group has
committed and then proves that everything before it stands in SQL. In the end everything that ever
stood on the topics goes through the embedded engine, undisturbed, and both must be the same.
"""

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from kafka import KafkaProducer
from kafka.errors import KafkaError

from consultations import bootstrap
from consultations.alerts.relay import Relay
from consultations.alerts.slack import SlackCarrier
from consultations.bootstrap import Tracker
from consultations.domain.errors import BrokerUnavailable
from consultations.domain.events import EventType
from consultations.store import bus, ledger
from consultations.store.checksums import checksums
from consultations.store.database import Database, DatabaseUnavailable, Session
from consultations.store.ledger import DeliveryState
from consultations.store.tables import (
    ConsultationRow,
    DeadLetterRow,
    DeliveryRow,
    OutboxRow,
    PublishedRow,
    SightingRow,
    SourceRow,
)
from streams.connection import connect
from streams.embedded import EmbeddedEngine
from streams.topics import DEAD_LETTERS, EVENTS, MAX_MESSAGE_BYTES, SOURCE_RECORDS
from tests.fake_slack import TOKEN
from tests.fleet import PARTITIONS, ROLES, SCHEDULER, SESSION_SECONDS, WORKERS, Fleet
from tests.servers import NotAvailable
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.service import PAST_EVERY_WAIT, World, processes_in, world_in
from tests.stream_oracle import Oracle, Stood, Tail, Watch
from tests.traffic import Sent, traffic

pytestmark = pytest.mark.services

KILLS = int(os.environ.get("CONSULTATIONS_TEST_STREAM_KILLS", "8"))
MESSAGES = int(os.environ.get("CONSULTATIONS_TEST_STREAM_EVENTS", "1500"))
SEED = int(os.environ.get("CONSULTATIONS_TEST_SEED", "0")) or random.SystemRandom().randrange(2**32)

MESSAGES_FOR_EACH_CONSULTATION = 5
"""Its records, and at least as many events that come of them, on average."""

LONGEST_CALM_SECONDS = 3.0
SECONDS_TO_CATCH_UP = 60 + MESSAGES / 50


class Feeder(threading.Thread):
    """Puts traffic on the topics, some at a time, and again until every delivery is confirmed."""

    def __init__(self, servers: str, sent: Sequence[Sent], chance: random.Random) -> None:
        super().__init__(name="feeder", daemon=True)
        self._servers, self._sent, self._chance = servers, sent, chance
        self._allowed = threading.Semaphore(0)
        self.unconfirmed = 0

    def allow(self, share: float) -> None:
        """Let so large a share of all there is go out."""
        self._allowed.release(max(1, int(len(self._sent) * share)))

    def run(self) -> None:
        producer = connect(
            KafkaProducer,
            self._servers,
            30,
            delivery_timeout_ms=15_000,
            request_timeout_ms=5_000,
            max_request_size=MAX_MESSAGE_BYTES,
        )
        for each in self._sent:
            self._allowed.acquire()
            while not _delivered(producer, each):
                self.unconfirmed += 1
            if self._chance.random() < 0.05:
                time.sleep(self._chance.uniform(0, 0.05))
        producer.close()


def _delivered(producer: KafkaProducer, each: Sent) -> bool:
    try:
        producer.send(each.topic, each.value, each.key).get(20)
    except KafkaError:
        return False
    return True


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Kafka]:
    """A broker of the test's own, which it may kill."""
    try:
        with Kafka(tmp_path / "kafka") as kafka:
            yield kafka
    except NotAvailable as why:
        reason = f"Kafka: {why}"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@dataclass
class Scene:
    """Everything around one run."""

    world: World
    fleet: Fleet
    oracle: Oracle
    sent: Sequence[Sent]
    chance: random.Random
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def database(self) -> Database:
        return self.world.database


@pytest.fixture
def scene(tmp_path: Path, kafka: Kafka, own_postgres: Postgres) -> Iterator[Scene]:
    """Servers, topics, traffic and an oracle; no process of ours yet."""
    chance = random.Random(SEED)
    sent = traffic(SEED, max(20, MESSAGES // MESSAGES_FOR_EACH_CONSULTATION))
    with ExitStack() as stack:
        world = stack.enter_context(
            world_in(
                tmp_path / "world", chance,
                database_url=stack.enter_context(own_postgres.migrated()),
                kafka_servers=kafka.address, kafka_partitions=PARTITIONS,
                kafka_session_seconds=SESSION_SECONDS,
            )
        )  # fmt: skip
        processes = stack.enter_context(processes_in(tmp_path / "processes", world.settings()))
        assert processes.run("topics create").code == 0
        world.slack.calm = False
        tracker = _embedded(world, tmp_path / "rules.db")
        oracle = Oracle(
            world.database, kafka.address, PARTITIONS, sent, readers=tracker.readers,
            rules=tracker.rules, channels=tracker.channels, news_age=tracker.settings.news_age,
        )  # fmt: skip
        stack.callback(oracle.close)
        fleet = Fleet(world, processes, kafka, own_postgres, chance)
        yield Scene(world, fleet, oracle, sent, chance)


def test_fleet_when_all_goes_wrong_again_and_again_then_nothing_is_lost_and_nothing_told_twice(
    scene, tmp_path, capsys
):
    began = time.monotonic()
    say(capsys, f"\n{KILLS} kills, {len(scene.sent)} messages sent, CONSULTATIONS_TEST_SEED={SEED}")
    disturb(scene, capsys)
    disturbed_for = time.monotonic() - began
    come_to_rest(scene)
    at_rest = time.monotonic() - began
    check_topics(scene)
    check_sql(scene, tmp_path)
    check_slack(scene)
    total = scene.notes.pop("messages on the topics")
    proven = time.monotonic() - began
    say(capsys, f"  {total} messages on the topics; {disturbed_for:.0f} s of disturbance, at rest "
                f"after {at_rest:.0f} s, all proven after {proven:.0f} s")  # fmt: skip
    for what, count in sorted((scene.fleet.tally + scene.notes).items()):
        say(capsys, f"  {count:6}  {what}")
    assert total >= MESSAGES


def disturb(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Let the traffic flow, and everything happen, in an order drawn by lot."""
    fleet, feeder = scene.fleet, Feeder(scene.fleet.kafka.address, scene.sent, scene.chance)
    watch = Watch(scene.oracle, random.Random(SEED))
    for role in ROLES:
        fleet.start(role)
    feeder.start()
    watch.start()
    try:
        planned = plan(fleet)
        for number, (name, happen) in enumerate(planned, start=1):
            feeder.allow(1 / len(planned))
            time.sleep(scene.chance.uniform(0, LONGEST_CALM_SECONDS))
            fleet.tend()
            progress(capsys, f"{number}/{len(planned)} {name}")
            happen()
            assert not watch.missing, watch.missing[:5]
        feeder.allow(1)
        while feeder.is_alive():
            feeder.join(1)
            fleet.tend()
    finally:
        watch.stop()
        progress(capsys, "")
    assert not watch.missing, watch.missing[:5]
    scene.notes += watch.tally
    scene.notes["messages sent again, unconfirmed"] += feeder.unconfirmed


def plan(fleet: Fleet) -> list[tuple[str, Callable[[], object]]]:
    """Draw what happens: the kills by turns, and each other thing once, or for every worker."""
    chance = fleet.chance
    victims = [ROLES[number % len(ROLES)] for number in range(KILLS)]
    whole = len(ROLES) * 10 <= KILLS
    some = WORKERS if whole else (chance.choice(WORKERS),)
    happenings = [(f"kill {role}", _killing(fleet, role)) for role in victims]
    for name, happen in (
        ("SIGTERM", fleet.terminate), ("scale", fleet.scale), ("set back", fleet.read_all_again),
        ("empty group", fleet.leave_the_group_empty),
    ):  # fmt: skip
        happenings += [(f"{name} {role}", _bound(happen, role)) for role in some]
    servers = [("broker", fleet.restart_broker), ("database", fleet.restart_database)]
    happenings += servers * (3 if whole else 1)
    happenings += [("rolling restart", fleet.roll)]
    chance.shuffle(happenings)
    return happenings


def _bound(happen: Callable[[str], object], role: str) -> Callable[[], object]:
    return lambda: happen(role)


def _killing(fleet: Fleet, role: str) -> Callable[[], object]:
    def kill() -> None:
        if role == SCHEDULER:
            fleet.poll_all_anew()
        fleet.kill(role)

    return kill


def come_to_rest(scene: Scene) -> None:
    """Let the last poll, and all that follows from it, be done; then stop in good order."""
    fleet = scene.fleet
    assert fleet.calm_down(lambda: _is_at_rest(scene), SECONDS_TO_CATCH_UP), "never came to rest"
    for ended in fleet.processes.stop_all():
        assert ended.code == 0, ended.err


def _is_at_rest(scene: Scene) -> bool:
    try:
        with scene.database.reading() as session:
            waits = (
                sa.select(OutboxRow.id).where(OutboxRow.published_at.is_(None)),
                sa.select(DeadLetterRow.id).where(
                    DeadLetterRow.published_times < DeadLetterRow.times
                ),
                sa.select(SourceRow.source).where(
                    sa.or_(SourceRow.last_success_at.is_(None),
                           SourceRow.last_success_at < SourceRow.last_started_at)
                ),
            )  # fmt: skip
            if any(session.scalar(query.limit(1)) is not None for query in waits):
                return False
        return not any(scene.fleet.lag(role.removeprefix("worker ")) for role in WORKERS)
    except (*DatabaseUnavailable, BrokerUnavailable):
        return False


def check_topics(scene: Scene) -> None:
    """Everything that was to be put on a topic is there, and what came of it follows."""
    oracle = scene.oracle
    _, missing = oracle.look()
    assert not missing, missing[:5]
    stood = Counter(
        (each.topic, each.key, each.value) for each in [*oracle.records, *oracle.events]
    )
    sent = Counter((each.topic, each.key or b"", each.value or b"") for each in scene.sent)
    assert not sent - stood, "messages that were confirmed are not there"
    letters = Tail(scene.fleet.kafka.address, DEAD_LETTERS, 1)
    with scene.database.reading() as session:
        known = session.execute(sa.select(DeadLetterRow.step, DeadLetterRow.body)).all()
        outbox = set(session.scalars(sa.select(OutboxRow.value)))
    told = {each.value for each in letters.to_the_end()}
    letters.close()
    assert told == {body for _, body in known}
    good = [each.value for each in oracle.events if not oracle.is_dead(each)]
    assert set(good) == outbox
    scene.notes["messages on the topics"] = stood.total()
    scene.notes["events published more than once"] = len(good) - len(outbox)
    scene.notes["records put on the topic more than once"] = _again(oracle.records)


def _again(tail: Tail) -> int:
    counts = Counter((each.key, each.value) for each in tail)
    return counts.total() - len(counts)


def check_sql(scene: Scene, folder: Path) -> None:
    """What is in SQL is what the topics say, once, and in the order they said it."""
    oracle = scene.oracle
    with scene.database.reading() as session:
        sightings = session.execute(
            sa.select(ConsultationRow.key, SightingRow.observed_at, SightingRow.meaning_hash)
            .join_from(SightingRow, ConsultationRow)
            .order_by(SightingRow.id)
        ).all()
        keys = session.scalars(sa.select(DeliveryRow.key)).all()
        published = _published(session)
        again = session.scalar(sa.select(sa.func.sum(DeadLetterRow.times - 1)))
    with scene.database.reading() as session:
        got = {each.table: each for each in checksums(session)}
    expected = [(key, *s.identity) for key, seen in oracle.sightings.items() for s in seen]
    assert Counter(map(tuple, sightings)) == Counter(expected)
    assert _by_key(sightings) == _by_key(expected), "handled in another order than sent"
    assert Counter(keys) == Counter(oracle.owed_at_last())
    assert published == undisturbed_poll(scene.world, folder)
    assert got == {each.table: each for each in undisturbed(scene, folder)}
    scene.notes["records in SQL, each once"] = len(sightings)
    scene.notes["ledger keys, each once"] = len(keys)
    scene.notes["dead letters"] = got["dead_letters"].rows
    scene.notes["dead letters handled more than once"] = again or 0


def _by_key(sightings: Sequence[Sequence[object]]) -> dict[object, list[object]]:
    by_key: dict[object, list[object]] = {}
    for key, *identity in sightings:
        by_key.setdefault(key, []).append(identity)
    return by_key


def undisturbed(scene: Scene, folder: Path) -> Sequence[object]:
    """Take all that stood on the topics through the embedded engine, and sum it up."""
    tracker = _embedded(scene.world, folder / "undisturbed.db")
    spoilt = (each for each in scene.oracle.events if scene.oracle.is_dead(each))
    with tracker.database.transaction() as session:
        for topic, stood in ((SOURCE_RECORDS, scene.oracle.records), (EVENTS, spoilt)):
            bus.append(session, topic, _as_messages(stood), tracker.clock())
    EmbeddedEngine(tracker.database, tracker.steps(), tracker.clock).drain()
    with tracker.database.reading() as session:
        return checksums(session)


def _as_messages(stood: Iterable[Stood]) -> Iterator[tuple[str, bytes]]:
    return ((each.key.decode(), each.value) for each in stood)


def undisturbed_poll(world: World, folder: Path) -> dict[str, str]:
    """What the sources' recorded answers mean when nobody disturbs the poll."""
    tracker = _embedded(world, folder / "polled.db")
    for source in tracker.sources:
        assert tracker.poll(source).problem is None
    with tracker.database.reading() as session:
        return _published(session)


def _published(session: Session) -> dict[str, str]:
    rows = session.scalars(sa.select(PublishedRow))
    return {f"{row.source}:{row.external_id}": row.meaning_hash for row in rows}


def _embedded(world: World, file: Path) -> Tracker:
    return bootstrap.tracker(
        database_url=f"sqlite:///{file}", kafka_servers=None, config_dir=world.config,
        recorded_answers=world.settings()["CONSULTATIONS_RECORDED_ANSWERS"],
        clock_starts_at=world.clock.now(),
    )  # fmt: skip


def check_slack(scene: Scene) -> None:
    """Let a relay that need not pace itself tell the rest; then everybody was told once."""
    world = scene.world
    world.slack.calm = True
    told_by_fleet = len(world.slack.visible())
    unpaced = _Unpaced(world)
    tracker = _embedded(world, world.folder / "relay.db")
    relay = Relay(
        world.database, SlackCarrier(TOKEN, base_url=world.slack_url), tracker.channels,
        tracker.section_names, unpaced.clock, None, sleep=unpaced.sleep,
        monotonic=unpaced.monotonic,
    )  # fmt: skip
    relay.deliver_due()
    visible = world.slack.visible()
    with scene.database.reading() as session:
        assert set(ledger.tally(session)) == {DeliveryState.SENT}
        owed = session.scalars(sa.select(DeliveryRow)).all()
    updated = {row.key for row in owed if row.key not in visible and _is_told_by_update(row, world)}
    assert {*visible, *updated} == {row.key for row in owed}
    assert not [key for key, count in visible.items() if count > 1], "told twice"
    scene.notes["alerts in Slack, each once"] = len(visible)
    scene.notes["… of them delivered during the run"] = told_by_fleet
    scene.notes["told late that it is new, by updating what was said"] = len(updated)
    scene.notes["looks in Slack's history"] = len(world.slack.called("conversations.history"))


def _is_told_by_update(row: DeliveryRow, world: World) -> bool:
    """Tell whether a matter was found to be new after its change had been told of.

    The message that is there then says so too, and no other is posted.
    """
    messages = {(message.channel, message.ts) for message in world.slack.messages}
    return row.fact == EventType.OPENED and (row.address, row.message_id) in messages


class _Unpaced:
    """Time in which a pause between two messages costs nothing, past every lease and wait."""

    def __init__(self, world: World) -> None:
        world.slack._monotonic = None
        self._began, self._slept = world.clock.forward(PAST_EVERY_WAIT), 0.0

    def sleep(self, seconds: float) -> None:
        self._slept += seconds

    def monotonic(self) -> float:
        return self._slept

    def clock(self) -> datetime:
        return self._began + timedelta(seconds=self._slept)


def say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def progress(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Show what happens now, on a line of its own where somebody looks on."""
    with capsys.disabled():
        if sys.stdout.isatty():
            sys.stdout.write(f"\r\033[K{line}")
            sys.stdout.flush()
        else:
            sys.stderr.write(f"{time.strftime('%H%M%S')} {line}\n")
