import itertools

import pytest
import sqlalchemy as sa

from consultations.handlers.step import StepResult
from consultations.store import dead_letters
from consultations.store.bus import Message
from consultations.store.database import Database, DatabaseUnavailable
from streams import step
from streams.step import Step, StepRunner, StepStopped
from streams.topics import EVENTS
from tests.building import at


class Handle:
    """Fails at b"poison", cannot read b"noise", loses the database at b"dying", takes the rest."""

    def __init__(self):
        self.batches = []

    def __call__(self, session, batch):
        self.batches.append([message.value for message in batch])
        if b"away" in self.batches[-1]:
            raise DatabaseUnavailable[0]("x", None, Exception("gone"))
        if self.batches[-1] == [b"dying"]:
            raise DatabaseUnavailable[0]("x", None, Exception("gone"))
        if b"poison" in self.batches[-1]:
            raise ZeroDivisionError
        return StepResult(len(batch), self.batches[-1].count(b"noise"))


@pytest.fixture
def handle():
    return Handle()


@pytest.fixture
def settled():
    return []


@pytest.fixture
def runner(database: Database, handle, settled):
    return StepRunner(
        database,
        Step("routing", EVENTS, handle),
        lambda: at(0),
        lambda _session, last: settled.append(last.position),
    )


def batch(*values, start=0):
    return [Message(EVENTS, start + i, "k", value) for i, value in enumerate(values)]


def letters(database):
    with database.reading() as session:
        return dead_letters.listed(session)


def test_take_settles_the_last_message_of_the_batch(runner, settled):
    runner.take(batch(b"1", b"2", b"3"))
    assert settled == [2]


def test_take_when_one_fails_takes_each_by_itself_and_settles_each(
    runner, handle, settled, database
):
    runner.take(batch(b"1", b"poison", b"3"))
    assert handle.batches == [[b"1", b"poison", b"3"], [b"1"], [b"poison"], [b"3"]]
    assert settled == [0, 1, 2]
    assert [bytes(letter.body) for letter in letters(database)] == [b"poison"]


def test_take_when_the_database_refuses_gives_its_words_and_nothing_of_what_was_in_it(
    database, caplog
):
    tries = itertools.count()

    def handle(session, batch):
        words = f"{batch[0].value.decode()} {next(tries)}"
        session.execute(sa.text("INSERT INTO sources (source) VALUES (:words)"), {"words": words})

    runner = StepRunner(database, Step("routing", EVENTS, handle), lambda: at(0))
    for _ in range(2):
        runner.take(batch(b"a whole page"))
    (letter,) = letters(database)
    assert letter.times == 2
    assert "NOT NULL constraint failed" in letter.reason
    assert "INSERT" not in letter.reason
    assert "a whole page" not in letter.reason + caplog.text


def test_take_when_the_database_is_away_raises_and_buries_nothing(runner, settled, database):
    with pytest.raises(DatabaseUnavailable):
        runner.take(batch(b"away"))
    assert (settled, letters(database)) == ([], [])


def test_take_when_failures_come_on_end_stops_at_the_one_that_is_too_many(
    runner, settled, monkeypatch
):
    monkeypatch.setattr(step, "FAILURES_IN_A_ROW", 3)
    with pytest.raises(StepStopped, match=r"routing står ved events\.v1/0 nr\. 2"):
        runner.take(batch(*[b"poison"] * 5))
    assert settled == [0, 1]


def test_take_when_the_database_goes_away_among_failures_does_not_count_them_twice(
    runner, monkeypatch
):
    monkeypatch.setattr(step, "FAILURES_IN_A_ROW", 4)
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable):
            runner.take(batch(b"poison", b"poison", b"dying"))


def test_take_when_a_good_one_comes_between_counts_failures_anew(runner, settled, monkeypatch):
    monkeypatch.setattr(step, "FAILURES_IN_A_ROW", 3)
    runner.take(batch(b"poison", b"poison", b"1", b"poison", b"poison"))
    assert settled == [0, 1, 2, 3, 4]


def test_take_when_nothing_but_noise_comes_stops_and_keeps_that_batch_back(
    runner, settled, monkeypatch
):
    monkeypatch.setattr(step, "UNREADABLE_IN_A_ROW", 4)
    runner.take(batch(b"noise", b"noise"))
    with pytest.raises(StepStopped, match="kunne ikke leses"):
        runner.take(batch(b"noise", b"noise", start=2))
    assert settled == [1]


def test_take_when_some_of_the_noise_makes_sense_goes_on(runner, settled, monkeypatch):
    monkeypatch.setattr(step, "UNREADABLE_IN_A_ROW", 4)
    for start in (0, 3, 6):
        runner.take(batch(b"noise", b"noise", b"1", start=start))
    assert settled == [2, 5, 8]


def test_take_when_batches_go_well_in_between_counts_failures_anew(runner, settled, monkeypatch):
    monkeypatch.setattr(step, "FAILURES_IN_A_ROW", 2)
    for start in range(0, 6, 2):
        runner.take(batch(b"poison", start=start))
        runner.take(batch(b"1", start=start + 1))
    assert settled == [0, 1, 2, 3, 4, 5]
