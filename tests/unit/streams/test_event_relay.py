"""The relay: what it sends, what it marks, and what it does when either side is away."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from consultations.domain.errors import BrokerUnavailable
from consultations.domain.events import Event, EventType
from consultations.store import dead_letters, outbox
from consultations.store.database import Database
from consultations.store.dead_letters import DeadLetter
from streams import event_relay
from streams.event_relay import CUT_FROM, EventRelay
from streams.topics import DEAD_LETTERS, EVENTS
from tests.building import at


class Broker:
    """Takes what it is sent, or raises what it is told to."""

    longest_seconds = 20.0

    def __init__(self):
        self.messages = []
        self.problems = []

    def send(self, messages):
        messages = list(messages)
        if self.problems:
            raise self.problems.pop(0)
        self.messages += messages

    def on(self, topic):
        return [message for message in self.messages if message.topic == topic]


class Stop(threading.Event):
    """Stops after so many waits, which take no time; keeps how long each would have been."""

    def __init__(self, after: int):
        super().__init__()
        self.after = after
        self.waits = []

    def wait(self, timeout=None):
        self.waits.append(timeout)
        if len(self.waits) >= self.after:
            self.set()
        return self.is_set()


class Now:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.moment = at(1)

    def __call__(self):
        return self.moment


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def now():
    return Now()


@pytest.fixture
def relay(database, broker, now):
    return EventRelay(database, broker, now)


def write(database, *keys: str, first: int = 0) -> None:
    events = [
        Event(id=f"e{n}", type=EventType.OPENED, consultation=key, occurred_at=at(0))
        for n, key in enumerate(keys, first)
    ]
    with database.transaction() as session:
        outbox.write(session, events)


def bury(database, body=b"<html>", reason="kan ikke leses", day=1) -> None:
    letter = DeadLetter("poll", "regjeringen", "https://x.no/æ", reason, "text/html", body)
    with database.transaction() as session:
        dead_letters.keep(session, letter, at(day))


def backlog(database) -> int:
    with database.reading() as session:
        return outbox.backlog(session)


def keys(messages) -> list[str]:
    return [message.key for message in messages]


def test_publish_next_sends_the_events_in_order_and_marks_them(relay, broker, database):
    write(database, "a:1", "a:2")
    write(database, "a:1", first=2)
    assert relay.publish_next() == 3
    assert keys(broker.on(EVENTS)) == ["a:1", "a:2", "a:1"]
    assert (relay.publish_next(), backlog(database)) == (0, 0)


def test_publish_next_when_not_confirmed_marks_nothing_and_sends_the_same_first(
    relay, broker, database
):
    write(database, "a:1", "a:2")
    broker.problems = [BrokerUnavailable("borte")]
    with pytest.raises(BrokerUnavailable):
        relay.publish_next()
    assert backlog(database) == 2
    write(database, "a:1", first=2)
    while relay.publish_next():
        pass
    assert keys(broker.on(EVENTS)) == ["a:1", "a:2", "a:1"]
    assert backlog(database) == 0


def test_publish_next_when_the_broker_was_away_past_the_lease_claims_anew(
    relay, broker, database, now
):
    write(database, "a:1")
    broker.problems = [BrokerUnavailable("borte")]
    with pytest.raises(BrokerUnavailable):
        relay.publish_next()
    now.moment += timedelta(hours=1)
    EventRelay(database, broker, now).publish_next()
    assert (relay.publish_next(), keys(broker.on(EVENTS))) == (0, ["a:1"])


def test_publish_next_leaves_to_another_relay_what_that_one_holds(relay, broker, database, now):
    write(database, "a:1", "a:2")
    broker.problems = [BrokerUnavailable("borte")]
    with pytest.raises(BrokerUnavailable):
        relay.publish_next()
    assert EventRelay(database, broker, now).publish_next() == 0


def test_publish_next_when_it_tries_again_holds_on_for_as_long_as_that_may_take(
    relay, broker, database, now
):
    write(database, "a:1")
    broker.problems = [BrokerUnavailable("borte")] * 2
    for _ in range(2):
        with pytest.raises(BrokerUnavailable):
            relay.publish_next()
        now.moment += timedelta(seconds=20)
    write(database, "a:1", first=1)
    assert EventRelay(database, broker, now).publish_next() == 0


def test_publish_next_when_its_claim_was_never_committed_sends_nothing(
    relay, broker, database, monkeypatch
):
    write(database, "a:1")
    relay.publish_next()
    write(database, "a:2", first=1)
    with monkeypatch.context() as cut_off:
        cut_off.setattr(Database, "transaction", cut_off_at_the_commit)
        with pytest.raises(OperationalError):
            relay.publish_next()
    with database.transaction() as session:
        outbox.claim(session, at(1), timedelta(minutes=1), 500)
    assert (relay.publish_next(), keys(broker.messages)) == (0, ["a:1"])


@contextmanager
def cut_off_at_the_commit(database):
    with Session(database._engine) as session:
        yield session
    database_away()


def test_publish_next_when_another_clock_was_ahead_does_not_wait_for_it(
    relay, broker, database, now
):
    write(database, "a:1")
    broker.problems = [BrokerUnavailable("borte")]
    with pytest.raises(BrokerUnavailable):
        relay.publish_next()
    now.moment -= timedelta(hours=12)
    assert EventRelay(database, broker, now).publish_next() == 1


def test_publish_next_when_a_letter_cannot_be_sent_lets_the_events_through_first(
    relay, broker, database, monkeypatch
):
    monkeypatch.setattr(event_relay, "EVENTS_AT_ONCE", 1)
    write(database, "a:1", "a:2")
    bury(database)
    monkeypatch.setattr(dead_letters, "unpublished", database_away)
    assert [relay.publish_next(), relay.publish_next()] == [1, 1]


def test_publish_next_when_killed_before_the_mark_lets_another_send_again(
    relay, broker, database, now, monkeypatch
):
    write(database, "a:1")
    with monkeypatch.context() as killed:
        killed.setattr(event_relay.outbox, "mark_published", interrupt)
        with pytest.raises(KeyboardInterrupt):
            relay.publish_next()
    now.moment += timedelta(minutes=5)
    EventRelay(database, broker, now).publish_next()
    assert keys(broker.on(EVENTS)) == ["a:1", "a:1"]
    assert backlog(database) == 0


def interrupt(*_arguments):
    raise KeyboardInterrupt


def test_publish_next_tells_of_a_dead_letter_with_its_bytes_as_they_were(relay, broker, database):
    bury(database, b"\xff\x00<html>")
    assert relay.publish_next() == 1
    (message,) = broker.on(DEAD_LETTERS)
    assert message.value == b"\xff\x00<html>"
    headers = {name: value.decode() for name, value in message.headers}
    assert message.key == headers.pop("fingerprint")
    assert headers == {
        "step": "poll", "source": "regjeringen", "place": "https://x.no/æ",
        "reason": "kan ikke leses", "media_type": "text/html", "times": "1",
        "first_at": at(1).isoformat(), "last_at": at(1).isoformat(),
    }  # fmt: skip


def test_publish_next_tells_of_a_dead_letter_once_each_time_it_comes(relay, broker, database):
    bury(database)
    relay.publish_next()
    assert relay.publish_next() == 0
    bury(database, day=2)
    relay.publish_next()
    assert [dict(m.headers)["times"] for m in broker.on(DEAD_LETTERS)] == [b"1", b"2"]


def test_publish_next_when_a_dead_letter_is_too_large_cuts_it_and_says_so(
    relay, broker, database, monkeypatch
):
    monkeypatch.setattr(event_relay, "max_message_bytes", lambda _topic: 2000)
    bury(database, b"0123456789" * 1000)
    assert relay.publish_next() == 1
    (message,) = broker.on(DEAD_LETTERS)
    assert message.size == 2000
    assert (b"0123456789" * 1000).startswith(message.value)
    assert dict(message.headers)[CUT_FROM] == b"10000"


def test_publish_next_when_the_reason_is_a_whole_page_cuts_the_header(relay, broker, database):
    bury(database, reason="ø" * 50_000)
    relay.publish_next()
    assert dict(broker.messages[0].headers)["reason"] == ("ø" * 10_000).encode()


def test_run_when_the_broker_is_away_waits_longer_and_longer_and_says_so_once(
    relay, broker, database, caplog
):
    write(database, "a:1")
    broker.problems = [BrokerUnavailable("borte")] * 9
    stop = Stop(after=10)
    relay.run(stop)
    assert stop.waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15.0, 15.0, 0.2]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert backlog(database) == 0


def test_run_when_the_database_is_away_waits_for_it(relay, broker, database, monkeypatch, caplog):
    write(database, "a:1")
    stop = Stop(after=2)
    with monkeypatch.context() as away:
        away.setattr(event_relay.outbox, "claim", database_away)
        relay.run(stop)
    assert "connection refused" in caplog.text
    relay.run(Stop(after=1))
    assert backlog(database) == 0


def database_away(*_arguments):
    raise OperationalError("UPDATE outbox …", {}, Exception("connection refused"))


def test_run_when_there_is_nothing_to_do_rests(relay):
    stop = Stop(after=3)
    relay.run(stop)
    assert stop.waits == [0.2, 0.2, 0.2]


def test_run_when_there_is_more_to_do_does_not_rest(relay, database, broker, monkeypatch):
    monkeypatch.setattr(event_relay, "EVENTS_AT_ONCE", 1)
    write(database, "a:1", "a:2", "a:3")
    relay.run(Stop(after=1))
    assert len(broker.messages) == 3
