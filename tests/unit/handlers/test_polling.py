"""Polling: what is published, what is remembered, and what a failure costs."""

from datetime import timedelta

import pytest

from consultations.domain.connector import Checkpoint, Planned, Read, Unreadable
from consultations.domain.errors import (
    BrokerUnavailable,
    InvalidRecord,
    NotFound,
    SourceChanged,
    SourceUnavailable,
)
from consultations.handlers import dead_letters, polling
from consultations.handlers.polling import PollStopped, poll
from consultations.store import dead_letters as letters
from consultations.store import sources
from tests.building import ReadBack, at, observation, record


class Source:
    """A source that yields what it is told to; an exception in the list is raised there."""

    source = "regjeringen"

    def __init__(self, *items):
        self.items = items
        self.cursors = []

    def poll(self, cursor, _now):
        self.cursors.append(dict(cursor))
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            yield item

    def split(self, _url, _media_type, body, _fetched_at):
        if body == b"<login>":
            raise SourceChanged("en innloggingsside")
        return [record(read_back_bytes(body))]

    def parse(self, seen):
        return ReadBack().parse(seen)


def read_back_bytes(body):
    return type(observation()).model_validate_json(body)


def read(number: int = 1, **given) -> Read:
    seen = observation(external_id=str(number), **given)
    return Read(record(seen), seen)


class Topic:
    problem: Exception = ConnectionError("megleren svarer ikke")

    def __init__(self):
        self.records = []
        self.down = False

    def __call__(self, records):
        if self.down:
            raise self.problem
        self.records += records


def stop_after(count: int):
    def on_progress(done: int, _total: int | None) -> None:
        if done == count:
            raise PollStopped

    return on_progress


@pytest.fixture
def topic():
    return Topic()


@pytest.fixture
def run(database, topic):
    def run(*items):
        source = Source(*items)
        report = poll(database, source, topic, clock=lambda: at(1))
        return report, source

    return run


def row(database):
    with database.reading() as session:
        return sources.all_sources(session)[0]


def open_letters(database):
    with database.reading() as session:
        return letters.listed(session)


def test_poll_when_new_publishes_and_counts(run, topic):
    report, _ = run(read(1), read(2), Checkpoint({"a": 1}))
    assert [r.external_id for r in topic.records] == ["1", "2"]
    assert (report.counts.fetched, report.counts.new, report.problem) == (2, 2, None)


def test_poll_when_the_meaning_is_the_same_publishes_nothing(run, topic):
    run(read(1))
    report, _ = run(read(1, seen=3))
    assert len(topic.records) == 1
    assert report.counts.unchanged == 1


def test_poll_when_the_meaning_has_changed_publishes_it(run, topic):
    run(read(1))
    report, _ = run(read(1, title="Ny tittel"))
    assert len(topic.records) == 2
    assert report.counts.changed == 1


def backfills(topic):
    return [(r.external_id, r.backfill) for r in topic.records]


def test_poll_when_the_first_run_reads_nothing_the_next_is_still_the_first(run, topic):
    run(SourceUnavailable("svarte ikke"))
    run(read(1))
    run(read(2), read(1, title="Ny tittel"))
    assert backfills(topic) == [("1", True), ("2", False), ("1", True)]


def test_poll_when_the_first_run_ends_badly_what_comes_later_is_still_news(run, topic):
    run(read(1), SourceChanged("feil rot"))
    run(read(2))
    assert backfills(topic) == [("1", True), ("2", False)]


def test_poll_when_the_connector_knows_it_from_the_first_run_it_is_backfill(run, topic):
    run(read(1))
    late = read(2)
    run(Read(late.record.model_copy(update={"backfill": True}), late.observation))
    assert backfills(topic) == [("1", True), ("2", True)]


def test_poll_when_the_source_asks_us_to_wait_leaves_it_in_peace_until_then(database, topic):
    def run(now, *items):
        source = Source(*items)
        report = poll(database, source, topic, clock=lambda: now)
        return report, source.cursors

    run(at(0), SourceUnavailable("travel", retry_after=timedelta(hours=2)))
    report, asked = run(at(0) + timedelta(hours=1), read(1))
    assert not asked
    assert report.problem == "Kilden har bedt oss vente til 4. juli 2026 kl. 12.00."
    _, asked = run(at(0) + timedelta(hours=2), read(1))
    assert asked


def test_poll_when_pages_do_not_come_goes_on_with_the_others(run, topic):
    gone = [Unreadable(f"https://x/{n}", "finnes ikke") for n in range(9)]
    report, _ = run(*gone, read(1))
    assert report.problem is None
    assert len(topic.records) == 1


def test_poll_gives_the_connector_the_cursor_it_last_saved(run):
    run(Checkpoint({"page": 1}), read(1), Checkpoint({"page": 2}))
    _, source = run()
    assert source.cursors == [{"page": 2}]


def test_poll_when_delivery_is_not_confirmed_the_cursor_and_the_memory_stay(run, topic):
    topic.down = True
    run(read(1), Checkpoint({"page": 2}))
    topic.down = False
    _, source = run(read(1), Checkpoint({"page": 2}))
    assert source.cursors == [{}]
    assert len(topic.records) == 1


def test_poll_when_the_broker_is_away_is_cut_off_and_nothing_is_skipped_later(
    run, topic, database, monkeypatch
):
    monkeypatch.setattr(topic, "problem", BrokerUnavailable("Kafka svarer ikke"))
    topic.down = True
    with pytest.raises(BrokerUnavailable):
        run(read(1), Checkpoint({"page": 2}))
    assert not sources.has_ended(row(database))
    topic.down = False
    _, source = run(read(1), Checkpoint({"page": 2}))
    assert source.cursors == [{}]
    assert len(topic.records) == 1


def test_poll_when_the_source_is_away_keeps_what_was_read_and_says_so(run, topic, database):
    report, _ = run(read(1), SourceUnavailable("regjeringen.no svarer ikke"))
    assert len(topic.records) == 1
    assert report.problem == row(database).last_error == "regjeringen.no svarer ikke"
    assert row(database).last_success_at is None
    assert not row(database).stopped


def test_poll_when_the_source_has_changed_stops_it_and_keeps_the_answer(run, database):
    change = SourceChanged("feil rot", url="https://x/", media_type="text/html", body=b"<html>")
    run(change)
    assert row(database).stopped
    (letter,) = open_letters(database)
    assert (letter.source, letter.place, letter.body) == ("regjeringen", "https://x/", b"<html>")


def test_poll_when_a_source_is_well_again_forgets_the_error(run, database):
    run(SourceChanged("feil rot"))
    run(read(1))
    assert (row(database).last_error, row(database).stopped) == (None, False)
    assert row(database).last_success_at == at(1)


def test_poll_when_one_page_is_unreadable_buries_it_and_goes_on(run, topic, database):
    report, _ = run(Unreadable("https://x/1", "uten tittel", "1", "text/html", b"x"), read(2))
    assert report.counts.unreadable == 1
    assert [r.external_id for r in topic.records] == ["2"]
    assert open_letters(database)[0].reason == "uten tittel"


def test_poll_when_page_after_page_is_unreadable_stops_the_source(run, database):
    odd = [Unreadable(f"https://x/{n}", "uten tittel", body=b"<html>") for n in range(9)]
    report, _ = run(*odd)
    assert report.counts.unreadable == polling.UNREADABLE_IN_A_ROW
    assert "uten tittel" in report.problem
    assert row(database).stopped


def test_poll_when_the_connector_has_a_fault_records_it_and_stops_nobody_else(run, database, topic):
    report, _ = run(read(1), ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError" in report.problem
    assert row(database).last_error == report.problem
    assert len(topic.records) == 1


def test_poll_tells_how_far_it_has_come(database, topic):
    told = []
    source = Source(Planned(2), read(1), Unreadable("https://x/", "borte"))
    poll(database, source, topic, clock=lambda: at(1), on_progress=lambda *p: told.append(p))
    assert told[-1] == (2, 2)


def replay(database, topic, resend=None):
    dead_letters.replay(
        database, open_letters(database)[0].id, {"regjeringen": Source()}, topic, resend
    )


def test_replay_when_the_page_can_be_read_now_publishes_it(run, topic, database):
    body = observation(external_id="7").model_dump_json().encode()
    run(Unreadable("https://x/7", "ukjent felt", "7", "text/html", body))
    replay(database, topic)
    assert [r.external_id for r in topic.records] == ["7"]
    assert open_letters(database) == []


def test_replay_when_the_page_was_another_for_a_while_lets_the_next_poll_mend_it(
    run, topic, database
):
    run(read(7))
    odd = observation(external_id="7", title="Tom").model_dump_json().encode()
    run(Unreadable("https://x/7", "ukjent felt", "7", "text/html", odd))
    replay(database, topic)
    report, _ = run(read(7))
    assert report.counts.changed == 1
    assert [r.body for r in topic.records] == [topic.records[0].body, odd, topic.records[0].body]


def test_replay_of_what_the_first_run_could_not_read_is_known_history(run, topic, database):
    body = observation(external_id="7").model_dump_json().encode()
    run(read(1), Unreadable("https://x/7", "ukjent felt", "7", "text/html", body))
    replay(database, topic)
    assert backfills(topic) == [("1", True), ("7", True)]


@pytest.mark.parametrize("body", [b"<login>", b""])
def test_replay_when_the_page_still_cannot_be_read_leaves_it_open(run, topic, database, body):
    run(Unreadable("https://x/7", "ukjent felt", "7", "text/html", body))
    with pytest.raises(InvalidRecord):
        replay(database, topic)
    assert len(open_letters(database)) == 1


def test_replay_when_a_message_failed_in_a_step_sends_it_to_that_step_again(database, topic):
    value = record(observation()).model_dump_json().encode()
    letter = letters.DeadLetter("intake", "regjeringen", "t nr. 1", "x", "application/json", value)
    with database.transaction() as session:
        letters.keep(session, letter, at(0))
    sent = []
    replay(database, topic, resend=lambda *message: sent.append(message))
    assert sent == [("intake", observation().key, value)]


def test_discard_when_there_is_no_such_letter_says_so(database):
    with pytest.raises(NotFound, match="99"):
        dead_letters.discard(database, 99)


def test_poll_when_stopped_keeps_what_was_read_and_counts_as_never_ended(database, topic):
    source = Source(read(1), read(2), read(3))
    report = poll(database, source, topic, clock=lambda: at(0), on_progress=stop_after(2))
    with database.reading() as session:
        (row,) = sources.all_sources(session)
    assert report.problem == "Hentingen ble avbrutt."
    assert [record.external_id for record in topic.records] == ["1", "2"]
    assert (sources.has_ended(row), row.last_error, row.stopped) == (False, None, False)
    poll(database, source, topic, clock=lambda: at(0))
    with database.reading() as session:
        (row,) = sources.all_sources(session)
    assert sources.has_ended(row)
    assert [record.external_id for record in topic.records] == ["1", "2", "3"]
