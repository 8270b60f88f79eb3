import json
from datetime import timedelta

from consultations.domain.events import Event, EventType
from consultations.store import outbox
from tests.building import at

LEASE = timedelta(minutes=1)
NOW = at(0)


def event(key: str, number: int) -> Event:
    return Event(id=f"{key}/{number}", type=EventType.OPENED, consultation=key, occurred_at=NOW)


def write(database, *events: Event) -> None:
    with database.transaction() as session:
        outbox.write(session, events)


def claim(database, now=NOW, limit=10):
    with database.transaction() as session:
        claimed = outbox.claim(session, now, LEASE, limit)
    return [Event.model_validate_json(waiting.value).id for waiting in claimed], claimed


def mark(database, claimed) -> None:
    with database.transaction() as session:
        outbox.mark_published(session, [waiting.id for waiting in claimed], NOW)


def backlog(database) -> int:
    with database.reading() as session:
        return outbox.backlog(session)


def test_event_when_written_then_says_nothing_that_an_older_process_does_not_know(database):
    write(database, event("a", 1))
    _, (waiting,) = claim(database)
    known = {"schema_version", "id", "type", "consultation", "occurred_at", "words"}
    assert json.loads(waiting.value).keys() == known


def test_write_when_the_same_event_comes_again_queues_it_once(database):
    write(database, event("a", 1), event("a", 1))
    write(database, event("a", 1))
    assert backlog(database) == 1


def test_claim_gives_the_events_of_each_key_in_the_order_they_were_written(database):
    write(database, event("b", 2), event("a", 9), event("b", 1), event("a", 3))
    assert claim(database)[0] == ["a/9", "a/3", "b/2", "b/1"]


def test_claim_when_held_gives_nothing_to_another_until_the_lease_is_out(database):
    write(database, event("a", 1))
    assert claim(database)[0] == ["a/1"]
    assert claim(database, NOW + LEASE / 2)[0] == []
    assert claim(database, NOW + LEASE)[0] == ["a/1"]


def test_claim_when_published_is_not_given_again(database):
    write(database, event("a", 1), event("a", 2))
    mark(database, claim(database, limit=1)[1])
    assert backlog(database) == 1
    assert claim(database, NOW + 2 * LEASE)[0] == ["a/2"]


def test_claim_when_another_holds_an_earlier_event_of_the_key_passes_it_by(database):
    write(database, event("a", 1), event("b", 1))
    write(database, event("a", 2), event("c", 1))
    assert claim(database, limit=1)[0] == ["a/1"]
    assert claim(database)[0] == ["b/1", "c/1"]


def test_claim_when_the_clock_was_far_ahead_for_a_while_does_not_wait_for_that_day(database):
    write(database, event("a", 1))
    claim(database, at(30))
    assert claim(database)[0] == ["a/1"]
