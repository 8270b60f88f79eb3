"""Topics, producer, relay and poller on a real Kafka that is killed in the middle of it."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.structs import OffsetAndMetadata

from consultations.domain.connector import Checkpoint, Read
from consultations.domain.errors import BrokerUnavailable, ConfigError
from consultations.domain.events import Event, EventType
from consultations.handlers.polling import poll
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store import dead_letters, outbox, sources
from consultations.store.database import Database
from consultations.store.dead_letters import DeadLetter
from streams import event_relay
from streams.admin import TopicAdmin
from streams.event_relay import CUT_FROM, EventRelay
from streams.kafka_publisher import KafkaPublisher
from streams.producer import Outgoing, Producer
from streams.topics import (
    DEAD_LETTERS,
    EVENTS,
    MAX_DEAD_LETTER_BYTES,
    MAX_MESSAGE_BYTES,
    SOURCE_RECORDS,
    TOPICS,
)
from tests.building import at, observation, record
from tests.kafka_messages import held, in_order, numbered
from tests.servers import NotAvailable
from tests.servers.kafka import Kafka
from tests.service import wait_until

pytestmark = pytest.mark.services

PARTITIONS = 3


@pytest.fixture(scope="module")
def broker(kafka_servers, tmp_path_factory) -> Iterator[Kafka]:
    """A broker of our own to stop; ``kafka_servers`` has told if there can be none."""
    try:
        with Kafka(tmp_path_factory.mktemp("broker")) as broker:
            yield broker
    except NotAvailable as why:
        pytest.skip(f"only the Kafka at {kafka_servers}, which is not ours to stop: {why}")


@pytest.fixture
def bare(broker) -> Kafka:
    """The broker, up and without topics."""
    if not broker.is_running:
        broker.start()
    with closing(KafkaAdminClient(bootstrap_servers=broker.address)) as client:
        ours = {topic.name for topic in TOPICS} & set(client.list_topics())
        if ours:
            client.delete_topics(list(ours))
    return broker


@pytest.fixture
def admin(bare) -> TopicAdmin:
    return TopicAdmin(bare.address, PARTITIONS, 1, seconds=5)


@pytest.fixture
def kafka(bare, admin) -> Kafka:
    """The broker, up and with empty topics."""
    admin.create()
    return bare


@pytest.fixture
def producer(kafka) -> Iterator[Producer]:
    with closing(Producer(kafka.address, "test", seconds=15)) as producer:
        yield producer


@pytest.fixture
def hasty(kafka) -> Iterator[Producer]:
    """A producer that soon gives up."""
    with closing(Producer(kafka.address, "test", seconds=1)) as producer:
        yield producer


@pytest.fixture
def shared(postgres_url) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def test_create_makes_topics_that_need_nothing_more(bare, admin):
    assert len(admin.check()) == len(TOPICS)
    assert all("«consultations topics create»" in problem for problem in admin.check())
    assert admin.create() == [f"{topic.name} er laget." for topic in TOPICS]
    assert admin.check() == []


def test_create_when_the_topics_are_there_leaves_them_and_says_so(kafka, admin, producer):
    producer.send(numbered(0, 5))
    assert all("fantes fra før" in said for said in admin.create())
    assert len(held(kafka, EVENTS)) == 5


def test_create_when_there_are_too_few_servers_says_so(bare):
    with pytest.raises(ConfigError, match=r"3 kopier.*CONSULTATIONS_KAFKA_REPLICATION"):
        TopicAdmin(bare.address, PARTITIONS, 3).create()


def test_check_tells_of_each_thing_that_is_not_as_it_should_be(bare, admin):
    with closing(KafkaAdminClient(bootstrap_servers=bare.address)) as client:
        wrong = {"retention.ms": "1000", "cleanup.policy": "compact", "max.message.bytes": "999"}
        client.create_topics(
            {EVENTS: {"num_partitions": 2, "replication_factor": 1, "configs": wrong}},
            wait_for_metadata=True,
        )
    admin.create()
    problems = admin.check()
    assert len(problems) == 4
    assert all(problem.startswith(f"{EVENTS} har ") for problem in problems)
    assert "2 partisjoner, ikke 3. Sett CONSULTATIONS_KAFKA_PARTITIONS=2" in problems[0]
    for problem, setting in zip(
        problems[1:],
        ("cleanup.policy=delete", "retention.ms=-1", f"max.message.bytes={MAX_MESSAGE_BYTES}"),
        strict=True,
    ):
        assert f"--add-config {setting}»" in problem


def test_check_when_there_should_be_more_copies_says_how_to_get_them(kafka):
    problems = TopicAdmin(kafka.address, PARTITIONS, 2).check()
    assert len(problems) == len(TOPICS)
    assert all("bare 1 av 2 kopier" in problem for problem in problems)


def test_describe_tells_what_waits_for_each_group(kafka, admin, producer):
    producer.send(numbered(0, 20))
    states = {state.name: state for state in admin.describe()}
    assert set(states) == {topic.name for topic in TOPICS}
    assert (states[EVENTS].partitions, states[EVENTS].replication) == (PARTITIONS, 1)
    assert (states[EVENTS].messages, states[EVENTS].lag) == (20, {ROUTING: 20, TRACKING: 20})
    assert states[SOURCE_RECORDS].lag == {INTAKE: 0}
    assert states[SOURCE_RECORDS].retention is None
    assert (states[DEAD_LETTERS].partitions, states[DEAD_LETTERS].retention) == (
        1,
        timedelta(days=365),
    )


def test_lag_is_what_is_held_past_what_the_group_has_committed(kafka, admin, producer):
    producer.send([Outgoing(EVENTS, "one key", b"%d" % number) for number in range(20)])
    place = next(m for m in held(kafka, EVENTS))
    place = TopicPartition(place.topic, place.partition)
    with closing(KafkaAdminClient(bootstrap_servers=kafka.address)) as client:
        client.alter_group_offsets(ROUTING, {place: OffsetAndMetadata(15, "", -1)})
        assert admin.lag() == {INTAKE: 0, ROUTING: 5, TRACKING: 20}
        client.delete_records({place: 18})
        assert admin.lag() == {INTAKE: 0, ROUTING: 2, TRACKING: 2}


def test_members_when_nobody_is_in_the_group_is_none(admin):
    assert admin.members("nobody") == 0


def test_every_question_when_the_broker_is_away_ends_in_time_and_says_where(bare):
    bare.stop()
    admin = TopicAdmin(bare.address, PARTITIONS, 1, seconds=0.3)
    for ask in (admin.create, admin.check, admin.describe, admin.reach):
        with pytest.raises(BrokerUnavailable, match=bare.address):
            ask()


def test_send_returns_when_all_is_in_the_log_with_its_headers_and_in_order(kafka, producer):
    messages = [
        Outgoing(m.topic, m.key, m.value, (("reason", "på ø".encode()),)) for m in numbered(0, 3000)
    ]
    producer.send(messages)
    found = held(kafka, EVENTS)
    assert sorted(int(message.value) for message in found) == list(range(3000))
    assert in_order(found)
    assert found[0].headers == [("reason", "på ø".encode())]


def test_send_takes_the_largest_message_there_may_be(kafka, producer):
    producer.send([Outgoing(SOURCE_RECORDS, "a:1", b"x" * (MAX_MESSAGE_BYTES - 1000))])
    assert len(held(kafka, SOURCE_RECORDS)[0].value) == MAX_MESSAGE_BYTES - 1000


def test_send_when_the_topic_is_missing_says_which_command_tells_more(bare):
    with (
        closing(Producer(bare.address, "test", seconds=1)) as producer,
        pytest.raises(BrokerUnavailable, match=r"events\.v1.*«consultations topics check»"),
    ):
        producer.send(numbered(0, 1))


def test_send_when_the_broker_is_away_too_long_fails_and_works_when_it_is_back(kafka, hasty):
    hasty.send(numbered(0, 10))
    kafka.stop()
    for _ in range(2):
        with pytest.raises(BrokerUnavailable, match=kafka.address):
            hasty.send(numbered(10, 10))
    kafka.start()
    hasty.send(numbered(10, 10))
    found = held(kafka, EVENTS)
    assert {int(message.value) for message in found} == set(range(20))
    assert in_order(found)


def test_send_when_the_broker_is_killed_under_a_steady_stream_loses_nothing(kafka):
    with closing(Producer(kafka.address, "test", seconds=20, outstanding=100)) as producer:
        stop, confirmed, unconfirmed = threading.Event(), [], []

        def stream():
            while not stop.is_set():
                first = len(confirmed)
                producer.send(numbered(first, 250))
                confirmed.extend(range(first, first + 250))
                stop.wait(0.02)

        def watch():
            while not stop.wait(0.01):
                client = producer._client
                if client:
                    batches = client._accumulator._incomplete.all()
                    unconfirmed.append(sum(len(batch._record_futures) for batch in batches))

        threads = [threading.Thread(target=work) for work in (stream, watch)]
        for thread in threads:
            thread.start()
        assert wait_until(lambda: len(confirmed) > 1000)
        kafka.stop(kill=True)
        kafka.start()
        back_at = len(confirmed)
        assert wait_until(lambda: len(confirmed) > back_at + 1000)
        stop.set()
        for thread in threads:
            thread.join()
    found = held(kafka, EVENTS)
    assert {int(message.value) for message in found} >= set(confirmed)
    assert in_order(found)
    assert 0 < max(unconfirmed) <= 100


def write(database: Database, first: int, count: int, keys: int = 7) -> None:
    for start in range(first, first + count, 100):
        events = [
            Event(id=str(n), type=EventType.OPENED, consultation=f"a:{n % keys}", occurred_at=at(0))
            for n in range(start, min(start + 100, first + count))
        ]
        with database.transaction() as session:
            outbox.write(session, events)


def event_numbers(kafka: Kafka) -> list[int]:
    return [int(Event.model_validate_json(message.value).id) for message in held(kafka, EVENTS)]


def backlog(database: Database) -> int:
    with database.reading() as session:
        return outbox.backlog(session)


KILLED_RELAY = """
import os, signal, sys
from datetime import UTC, datetime
from consultations.store.database import Database
from streams import event_relay
from streams.event_relay import EventRelay
from streams.producer import Producer

event_relay.outbox.mark_published = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
servers, url = sys.argv[1:]
EventRelay(Database(url), Producer(servers, "relay"), lambda: datetime.now(UTC)).publish_next()
"""


def test_relay_when_killed_between_send_and_mark_sends_again_and_loses_nothing(
    kafka, producer, shared, postgres_url
):
    write(shared, 0, 30)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_RELAY, kafka.address, postgres_url], check=False
    )
    assert ended.returncode == -9
    assert (len(event_numbers(kafka)), backlog(shared)) == (30, 30)
    later = datetime.now(UTC) + timedelta(minutes=5)
    EventRelay(shared, producer, lambda: later).publish_next()
    assert sorted(event_numbers(kafka)) == sorted([*range(30), *range(30)])
    assert backlog(shared) == 0


def test_relay_when_several_run_at_once_sends_all_once_and_each_key_in_order(
    kafka, shared, monkeypatch
):
    monkeypatch.setattr(event_relay, "EVENTS_AT_ONCE", 40)
    stop = threading.Event()
    producers = [Producer(kafka.address, f"relay-{number}") for number in range(2)]
    relays = [
        EventRelay(shared, producer, lambda: datetime.now(UTC), idle_seconds=0.01)
        for producer in producers
    ]
    threads = [threading.Thread(target=relay.run, args=[stop]) for relay in relays]
    for thread in threads:
        thread.start()
    write(shared, 0, 1000)
    assert wait_until(lambda: not backlog(shared))
    stop.set()
    for thread in threads:
        thread.join()
    for producer in producers:
        producer.close()
    numbers = event_numbers(kafka)
    assert sorted(numbers) == list(range(1000))
    for key in range(7):
        of_key = [number for number in numbers if number % 7 == key]
        assert of_key == sorted(of_key)


def test_relay_when_the_broker_is_away_for_a_while_goes_on_by_itself(kafka, hasty, shared):
    stop = threading.Event()
    relay = EventRelay(shared, hasty, lambda: datetime.now(UTC), longest_pause_seconds=0.5)
    thread = threading.Thread(target=relay.run, args=[stop])
    thread.start()
    write(shared, 0, 100)
    assert wait_until(lambda: not backlog(shared))
    kafka.stop()
    write(shared, 100, 100)
    time.sleep(1.5)
    assert (thread.is_alive(), backlog(shared)) == (True, 100)
    kafka.start()
    assert wait_until(lambda: not backlog(shared))
    stop.set()
    thread.join()
    assert set(event_numbers(kafka)) == set(range(200))


def test_relay_when_a_dead_letter_is_larger_than_the_topic_takes_sends_the_rest(
    kafka, producer, shared
):
    body = b"<p>" * (MAX_DEAD_LETTER_BYTES // 3 + 1)
    letter = DeadLetter("poll", "regjeringen", "https://x.no/æ", "for stor", "text/html", body)
    with shared.transaction() as session:
        dead_letters.keep(session, letter, at(1))
    assert EventRelay(shared, producer, lambda: at(1)).publish_next() == 1
    (found,) = held(kafka, DEAD_LETTERS)
    headers = dict(found.headers)
    assert headers["place"].decode() == "https://x.no/æ"
    assert headers[CUT_FROM] == str(len(body)).encode()
    assert MAX_MESSAGE_BYTES < len(found.value) < len(body)


class Pages:
    """A source of two pages; the broker may be stopped between them."""

    source = "regjeringen"

    def __init__(self, between):
        self.between = between
        self.cursors = []

    def poll(self, cursor, _now):
        self.cursors.append(dict(cursor))
        for page in range(cursor.get("page", 1), 3):
            seen = observation(external_id=str(page))
            yield Read(record(seen), seen)
            yield Checkpoint({"page": page + 1})
            self.between()


def test_poll_when_the_broker_dies_saves_the_cursor_of_what_was_confirmed_and_no_other(
    kafka, hasty, shared
):
    publish = KafkaPublisher(hasty).publish
    source = Pages(between=lambda: kafka.stop(kill=True))
    with pytest.raises(BrokerUnavailable):
        poll(shared, source, publish, clock=lambda: at(1))
    with shared.reading() as session:
        (row,) = sources.all_sources(session)
        assert row.cursor == {"page": 2}
        assert set(sources.published(session, "regjeringen", ["1", "2"])) == {"1"}
        assert not sources.has_ended(row)
    kafka.start()
    source.between = lambda: None
    assert poll(shared, source, publish, clock=lambda: at(2)).problem is None
    assert source.cursors == [{}, {"page": 2}]
    assert {message.key for message in held(kafka, SOURCE_RECORDS)} == {
        b"regjeringen:1",
        b"regjeringen:2",
    }
