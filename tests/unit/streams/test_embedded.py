import threading

import pytest

from consultations.handlers.step import StepResult
from consultations.store import bus, dead_letters
from consultations.store.database import Database, DatabaseUnavailable
from streams import embedded, step
from streams.embedded import EmbeddedEngine
from streams.step import Step, StepStopped
from streams.topics import EVENTS
from tests.building import at


class Steps:
    """A step that remembers what it was given, and fails when told to."""

    def __init__(self):
        self.seen = []
        self.poison = set()
        self.unavailable = 0

    def __call__(self, session, batch):
        if self.unavailable:
            self.unavailable -= 1
            raise DatabaseUnavailable[0]("x", None, Exception("database is locked"))
        for message in batch:
            if message.value in self.poison:
                raise ZeroDivisionError
        self.seen += [message.value for message in batch]
        return StepResult(len(batch))


@pytest.fixture
def handle():
    return Steps()


@pytest.fixture
def engine(database: Database, handle: Steps):
    return EmbeddedEngine(database, [Step("routing", EVENTS, handle)], clock=lambda: at(0))


def put(database: Database, *values: bytes) -> None:
    with database.transaction() as session:
        bus.append(session, EVENTS, [("k", value) for value in values], at(0))


def lag(database: Database) -> int:
    with database.reading() as session:
        return bus.lag(session, "routing", EVENTS)


def test_run_once_gives_messages_in_order_once(database, engine, handle):
    put(database, b"1", b"2", b"3")
    engine.drain()
    engine.drain()
    assert handle.seen == [b"1", b"2", b"3"]


def test_run_once_when_one_message_fails_buries_it_and_lets_the_others_through(
    database, engine, handle
):
    handle.poison = {b"2"}
    put(database, b"1", b"2", b"3")
    engine.drain()
    assert handle.seen == [b"1", b"3"]
    with database.reading() as session:
        (letter,) = dead_letters.listed(session)
    assert letter.body == b"2"
    assert "ZeroDivisionError" in letter.reason


def test_run_once_when_message_after_message_fails_stops_and_keeps_its_place(
    database, engine, handle, monkeypatch
):
    monkeypatch.setattr(step, "FAILURES_IN_A_ROW", 3)
    handle.poison = {b"%d" % n for n in range(5)}
    put(database, *(b"%d" % n for n in range(5)))
    for _ in range(3):
        with pytest.raises(StepStopped):
            engine.run_once()
        assert lag(database) == 3
    handle.poison = set()
    engine.drain()
    assert handle.seen == [b"2", b"3", b"4"]


def test_run_once_when_the_database_is_away_keeps_its_place(database, engine, handle):
    handle.unavailable = 1
    put(database, b"1")
    with pytest.raises(DatabaseUnavailable):
        engine.run_once()
    assert lag(database) == 1
    engine.drain()
    assert handle.seen == [b"1"]


def test_run_when_the_database_is_away_waits_and_goes_on(database, engine, handle, monkeypatch):
    monkeypatch.setattr(embedded, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(embedded, "IDLE_SECONDS", 0)
    stop = threading.Event()
    handle.unavailable = 2
    put(database, b"1")
    done = Step("tracking", EVENTS, lambda _s, b: stop.set() or StepResult(len(b)))
    engine = EmbeddedEngine(database, [Step("routing", EVENTS, handle), done], lambda: at(0))
    engine.run(stop)
    engine.drain()
    assert handle.seen == [b"1"]


def test_run_once_when_one_step_stands_lets_the_others_go_on(database, engine, handle, monkeypatch):
    monkeypatch.setattr(step, "FAILURES_IN_A_ROW", 1)
    other = Steps()
    steps = [Step("routing", EVENTS, handle), Step("tracking", EVENTS, other)]
    engine = EmbeddedEngine(database, steps, lambda: at(0))
    handle.poison = {b"1"}
    put(database, b"1")
    with pytest.raises(StepStopped):
        engine.run_once()
    assert other.seen == [b"1"]
