"""A state rebuilt from the log: nothing is told again, and Kafka's log gives what the bus gave."""

import gc
import random
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from time import sleep
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, TopicPartition

from consultations.alerts import slack as slack_module
from consultations.alerts.relay import Relay
from consultations.alerts.slack import SlackCarrier
from consultations.clock import system_clock
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.errors import BrokerUnavailable, InvalidRecord
from consultations.domain.observation import Status
from consultations.domain.response.acts import Choice
from consultations.handlers.response import Assign, Triage, Wish
from consultations.handlers.response_wishes import Undo
from consultations.store import dead_letters, rebuilding
from consultations.store.checksums import COVERED, checksums
from consultations.store.database import Database
from consultations.store.dead_letters import DeadLetter, LetterState
from consultations.store.tables import DeadLetterRow
from streams import kafka_log
from streams.admin import TopicAdmin
from streams.event_relay import EventRelay
from streams.kafka_log import KafkaLog
from streams.kafka_publisher import KafkaPublisher
from streams.log import BusLog
from streams.producer import Outgoing, Producer
from streams.replay import Replay
from streams.step import StepRunner
from streams.topic_letters import read_back
from streams.topics import DEAD_LETTERS, EVENTS, SOURCE_RECORDS
from tests.alert_cases import Time, deliveries, states
from tests.building import at, deadline, observation, record
from tests.fake_slack import TOKEN, FakeSlack, Stored, serving
from tests.pipeline import do, engine, one_channel_each, steps, take_in
from tests.response_building import KARI
from tests.service import said

NEVER_CONNECTED = (
    r"ignore:unclosed <socket.socket fd=\d+, family=\d+, type=1, proto=6, laddr=\S+ \d+\)>"
)
pytestmark = [
    pytest.mark.services,
    pytest.mark.filterwarnings(f"{NEVER_CONNECTED}:ResourceWarning"),
]

HEADERS = {
    "step": b"intake", "source": b"", "place": b"x/0 nr. 1", "reason": b"r", "media_type": b"m",
    "fingerprint": b"0" * 64, "times": b"1", "first_at": b"2026-07-04T08:00:00+00:00",
    "last_at": b"2026-07-04T08:00:00+00:00",
}  # fmt: skip


@pytest.fixture(autouse=True)
def let_go_of_sockets():
    """kafka-python leaves a socket that was refused to the garbage collector, which grumbles."""
    yield
    gc.collect()


@pytest.fixture
def channels(rules):
    """The channels that the steps know, each with a place in Slack."""
    return ChannelMap(
        triage="triage",
        channels={
            id_: Channel(name=channel.name, slack_id=f"C{n:07}", sections=channel.sections)
            for n, (id_, channel) in enumerate(one_channel_each(rules).channels.items())
        },
    )


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def slack(time, channels):
    places = [channel.slack_id for channel in channels.channels.values()]
    return FakeSlack(places, now=time.timestamp, monotonic=time.monotonic)


@pytest.fixture
def relay(slack, time, channels, rules, monkeypatch):
    """A function that delivers what a database owes, through the real Slack client."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    names = {id_: section.name_no for id_, section in rules.sections.items()}
    with serving(slack) as url:
        carrier = SlackCarrier(TOKEN, base_url=url, timeout_seconds=5)

        def deliver(database):
            return Relay(
                database, carrier, channels, names, time.clock, None,
                sleep=time.sleep, monotonic=time.monotonic, jitter=lambda: 0.0,
            ).deliver_due()  # fmt: skip

        yield deliver


@pytest.fixture
def told(database, rules, time, relay):
    """A database whose news people in Slack have been told, day by day, the later in threads."""
    carrier = engine(database, rules, time.clock)
    for day, given in enumerate(
        (
            {},
            {"deadlines": (deadline("2026-09-14"),)},
            {"deadlines": (deadline("2026-09-14"),), "status": Status.CANCELLED},
        )
    ):
        time.now = at(day) + timedelta(minutes=5)
        take_in(carrier, [observation(day, external_id=n, **given) for n in ("1", "2")])
        relay(database)
    return database


@pytest.fixture
def rebuilt(told, rules, time, tmp_path):
    target = rebuilding.open_empty(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    Replay(BusLog(told), target, steps(rules, time.clock), time.clock).rebuild(lambda _more: None)
    time.passes(days=100)
    yield target
    target.close()


def test_relay_when_the_database_was_rebuilt_then_nothing_is_posted_again(
    rebuilt, relay, slack, told
):
    before = list(slack.messages)
    owed = len(deliveries(told))
    tally = relay(rebuilt)
    assert slack.messages == before
    assert slack.replies
    assert (tally.sent, set(states(rebuilt))) == (owed, {"sent"})


def test_relay_when_the_database_was_rebuilt_then_new_facts_land_in_the_old_thread(
    rebuilt, relay, slack, rules, time
):
    relay(rebuilt)
    parents, replies = len(slack.parents), len(slack.replies)
    news = observation(110, external_id="1", deadlines=(deadline("2026-12-01"),))
    time.now = at(110) + timedelta(minutes=5)
    take_in(engine(rebuilt, rules, time.clock), [news])
    relay(rebuilt)
    assert len(slack.parents) == parents
    assert len(slack.replies) > replies


def test_relay_when_much_was_posted_since_then_the_first_day_is_looked_through(
    rebuilt, relay, slack, channels, time, monkeypatch
):
    monkeypatch.setattr(slack_module, "MAX_PAGES", 2)
    slack.page_size = 5
    _chatter(slack, channels, time)
    before = list(slack.messages)
    relay(rebuilt)
    assert slack.messages == before
    assert set(states(rebuilt)) == {"sent"}


def test_relay_when_a_message_cannot_be_looked_for_then_it_is_set_aside_and_not_posted(
    rebuilt, relay, slack, channels, time, monkeypatch
):
    monkeypatch.setattr(slack_module, "MAX_PAGES", 2)
    slack.page_size = 5
    for message in list(slack.messages):
        slack.delete(message)
    _chatter(slack, channels, time)
    before = list(slack.messages)
    tally = relay(rebuilt)
    assert slack.messages == before
    assert tally.refused == len(deliveries(rebuilt))
    assert "Det sendes ikke en gang til" in deliveries(rebuilt)[0].reason


def _chatter(slack, channels, time):
    """People talk in every channel."""
    for channel in channels.channels.values():
        for n in range(30):
            ts = f"{time.timestamp() - 9 + n * 0.01:.6f}"
            slack.messages.append(Stored(channel.slack_id, ts, "Hei", [], None, None))


@pytest.fixture
def topics(kafka_servers):
    """Every topic on the session's broker, and from when on what stands there is this test's."""
    TopicAdmin(kafka_servers, 3, 1).create()
    sleep(0.01)
    return kafka_servers, datetime.now(UTC)


@pytest.fixture
def producer(kafka_servers):
    with closing(Producer(kafka_servers, "test")) as producer:
        yield producer


@pytest.fixture
def live(topics, producer, postgres_url, rules):
    """A PostgreSQL database fed over Kafka, with repetitions and what cannot be read."""
    with closing(Database(postgres_url)) as database:
        publisher, relay = KafkaPublisher(producer), EventRelay(database, producer, system_clock)
        seen = [
            observation(n, external_id=str(m), title=f"Nr. {n}") for n in (0, 2, 1) for m in "1234"
        ]
        publisher.publish([record(one) for one in (*seen, *seen[:3])])
        for topic in (SOURCE_RECORDS, EVENTS):
            publisher.resend(topic, "tull", b"{")
            publisher.resend(topic, "", b"")
        for step in steps(rules, system_clock):
            _carry(topics, database, step)
            while relay.publish_next():
                pass
        for what in (Triage(Choice.ANSWER), Assign(KARI), Undo()):
            wish = Wish("Ola Eksempel", what, "Fordi.")
            do(database, rules, wish, at=datetime.now(UTC), key="regjeringen:1")
        while relay.publish_next():
            pass
        _carry(topics, database, steps(rules, system_clock)[2])
        yield database


def _carry(topics, database, step):
    servers, since = topics
    runner = StepRunner(database, step, system_clock)
    with closing(KafkaLog(servers)) as log:
        for batch in log.read(step.topic, since, None):
            runner.take(batch)


def _taken(database):
    with database.reading() as session:
        return checksums(session)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rebuild_from_kafka_when_whole_then_the_state_is_the_live_one(
    topics, live, rules, postgres, tmp_path, kind
):
    servers, since = topics
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'into.db'}"
        if kind == "postgresql":
            url = stack.enter_context(postgres.empty())
        target = stack.enter_context(closing(rebuilding.open_empty(url)))
        log = stack.enter_context(closing(KafkaLog(servers)))
        again = Replay(log, target, steps(rules, system_clock), system_clock, since)
        done = []
        again.rebuild(done.append)
        assert sum(done) == again.count()
        assert _taken(target) == _taken(live)
    rows = {one.table: one.rows for one in _taken(live)}
    assert (rows["consultations"], rows["sightings"], rows["dead_letters"]) == (4, 12, 6)
    assert rows["response_acts"] == 3


def test_log_when_read_then_each_key_keeps_its_order_and_nothing_later_comes(topics, producer):
    servers, since = topics
    sent = [Outgoing(EVENTS, f"k{n % 7}", b"%d" % n) for n in range(2000)]
    producer.send(sent)
    with closing(KafkaLog(servers)) as log:
        producer.send([Outgoing(EVENTS, "k1", b"later")])
        read = [message for batch in log.read(EVENTS, since, None) for message in batch]
        assert len(read) == log.count(EVENTS, since, None) == 2000
    for key in {message.key for message in sent}:
        mine = [message.value for message in read if message.key == key]
        assert mine == [message.value for message in sent if message.key == key]


def test_log_when_a_span_is_given_then_it_ends_before_its_end(topics, producer):
    servers, since = topics
    producer.send([Outgoing(EVENTS, "a", b"1")])
    sleep(0.05)
    between = datetime.now(UTC)
    sleep(0.05)
    producer.send([Outgoing(EVENTS, "a", b"2")])
    with closing(KafkaLog(servers)) as log:
        assert log.count(EVENTS, since, between) == 1
        assert log.count(EVENTS, between, None) == 1
        assert log.count(EVENTS, datetime.now(UTC), None) == 0
        (batch,) = log.read(EVENTS, between, None)
    assert [message.value for message in batch] == [b"2"]


def test_replay_command_on_kafka_reads_the_topics_and_compares(
    topics, live, run, postgres_url, tmp_path
):
    servers, since = topics
    into = f"sqlite:///{tmp_path / 'into.db'}"
    on_kafka = {"kafka_servers": servers, "kafka_partitions": 3, "database_url": postgres_url}
    result = run("replay", "--from", since.isoformat(), "--into", into, **on_kafka)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("  lik") + result.stdout.count("  ulik") == len(COVERED)
    assert "Kjørte " in result.stdout


def test_replay_command_when_the_database_in_use_is_empty_then_it_is_rebuilt(
    topics, live, run, postgres
):
    servers, since = topics
    with postgres.migrated() as url, closing(Database(url)) as restored:
        on_kafka = {"kafka_servers": servers, "kafka_partitions": 3, "database_url": url}
        result = run("replay", "--from", since.isoformat(), "--yes", **on_kafka)
        assert result.exit_code == 0, result.output
        with restored.reading() as session:
            assert dead_letters.count_open(session), "our records are no real pages"
            assert not dead_letters.unpublished(session, 1)


def test_replay_command_when_the_broker_is_away_then_says_so(run, postgres_url, monkeypatch):
    monkeypatch.setattr(kafka_log, "CONNECT_SECONDS", 1.0)
    away = {"kafka_servers": "127.0.0.1:1", "database_url": postgres_url}
    message = said(run("replay", "--yes", **away))
    assert "Kafka på 127.0.0.1:1" in message
    assert "svarer ikke" in message


@pytest.fixture
def letters(topics, producer, database):
    """Letters that the topic was told of, some more than once, and then lost from the table."""
    kept = [
        DeadLetter(
            "intake", "regjeringen", "a", f"grunn æ {uuid4()}", "application/json", b"\xff{"
        ),
        DeadLetter("poll", None, f"https://x.no/{uuid4()}", "b", "text/html", b""),
    ]
    for now in (at(1), at(2)):
        with database.transaction() as session:
            for letter in kept:
                dead_letters.keep(session, letter, now)
        while EventRelay(database, producer, system_clock).publish_next():
            pass
    with database.transaction() as session:
        session.query(DeadLetterRow).delete()
    return kept


def _recover(servers, database):
    """Put back what is on the topic. Returns how many were put back, and what was no letter."""
    count, wrong = 0, []
    with closing(KafkaLog(servers)) as log, database.transaction() as session:
        for found in read_back(log):
            if isinstance(found, InvalidRecord):
                wrong.append(str(found))
            else:
                count += dead_letters.put_back(session, found)
    return count, wrong


def test_letters_when_lost_from_the_table_then_come_back_as_they_were(topics, letters, database):
    _recover(topics[0], database)
    with database.reading() as session:
        rows = {row.fingerprint: row for row in dead_letters.listed(session)}
        assert not dead_letters.unpublished(session, 1)
    for letter in letters:
        row = rows[letter.fingerprint]
        assert (
            DeadLetter(row.step, row.source, row.place, row.reason, row.media_type, row.body)
            == letter
        )
        assert (row.times, row.first_at, row.last_at) == (2, at(1), at(2))


def test_letters_when_the_table_knows_them_then_they_stay_as_they_are(topics, letters, database):
    _recover(topics[0], database)
    with database.transaction() as session:
        for row in dead_letters.listed(session):
            dead_letters.settle(session, row, LetterState.REPLAYED)
    assert _recover(topics[0], database)[0] == 0
    with database.reading() as session:
        assert dead_letters.count_open(session) == 0


@pytest.mark.parametrize(
    ("headers", "wrong"),
    [
        ((), "(step stemmer ikke)"),
        ((("step", b"\xff"), ("times", b"x")), "(step stemmer ikke)"),
        (HEADERS | {"times": b"mange"}, "(times stemmer ikke)"),
        (HEADERS | {"fingerprint": b"abc"}, "(fingerprint stemmer ikke)"),
        (HEADERS | {"last_at": b"2026-07-04T08:00:00"}, "(last_at stemmer ikke)"),
        (HEADERS | {"cut_from_bytes": b"99"}, "for stort for emnet"),
    ],
)
def test_letters_when_a_message_is_none_then_it_is_named_and_skipped(
    topics, producer, database, headers, wrong
):
    headers = headers.items() if isinstance(headers, dict) else headers
    producer.send([Outgoing(DEAD_LETTERS, "x", b"y", tuple(headers))])
    assert wrong in _recover(topics[0], database)[1][-1]


def test_log_when_a_message_is_large_then_it_is_read_whole(topics, producer):
    servers, since = topics
    large = random.Random(1).randbytes(5_000_000)
    producer.send([Outgoing(EVENTS, "a", value) for value in (b"1", large, b"2")])
    with closing(KafkaLog(servers)) as log:
        read = [message.value for batch in log.read(EVENTS, since, None) for message in batch]
    assert read == [b"1", large, b"2"]


def test_log_when_its_beginning_was_taken_away_then_tells_how_much(topics, producer, kafka_servers):
    servers, since = topics
    producer.send([Outgoing(DEAD_LETTERS, "x", b"%d" % n) for n in range(5)])
    with closing(KafkaAdminClient(bootstrap_servers=kafka_servers)) as admin:
        admin.delete_records({TopicPartition(DEAD_LETTERS, 0): -1})
    with closing(KafkaLog(servers)) as log:
        assert log.lost(DEAD_LETTERS) >= 5
        assert log.count(DEAD_LETTERS, since, None) == 0
        assert list(log.read(DEAD_LETTERS, None, None)) == []


def test_log_when_the_broker_is_away_then_says_so(monkeypatch):
    monkeypatch.setattr(kafka_log, "CONNECT_SECONDS", 1.0)
    with pytest.raises(BrokerUnavailable, match="svarer ikke"):
        KafkaLog("127.0.0.1:1")
