import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consultations.store import dead_letters
from consultations.store.database import Database
from consultations.store.dead_letters import POLL, DeadLetter, LetterState
from consultations.store.tables import DeadLetterRow
from tests.building import at


def letter(step: str = "intake", place: str = "source-records.v1 nr. 1", body: bytes = b"x"):
    return DeadLetter(step, "regjeringen", place, "uten tittel", "text/html", body)


def keep(database: Database, *letters: DeadLetter) -> None:
    with database.transaction() as session:
        for day, one in enumerate(letters):
            dead_letters.keep(session, one, at(day))


def listed(database: Database, state: LetterState | None = LetterState.OPEN):
    with database.reading() as session:
        return dead_letters.listed(session, state)


def test_keep_when_the_same_message_comes_again_counts_it(database):
    keep(database, letter(), letter(place="source-records.v1 nr. 9"))
    (found,) = listed(database)
    assert (found.times, found.first_at, found.last_at) == (2, at(0), at(1))


def test_keep_when_a_page_varies_between_polls_is_one_letter_with_the_latest_bytes(database):
    url = "https://www.regjeringen.no/x/"
    keep(database, letter(POLL, url, b"nonce 1"), letter(POLL, url, b"nonce 2"))
    (found,) = listed(database)
    assert (found.times, found.body) == (2, b"nonce 2")


def test_keep_when_a_replayed_letter_fails_again_opens_it(database):
    keep(database, letter())
    with database.transaction() as session:
        dead_letters.settle(session, listed(database)[0], LetterState.REPLAYED)
    assert listed(database) == []
    keep(database, letter())
    assert len(listed(database)) == 1


def test_keep_when_a_discarded_letter_comes_again_leaves_it_discarded(database):
    keep(database, letter())
    with database.transaction() as session:
        dead_letters.settle(session, listed(database)[0], LetterState.DISCARDED)
    keep(database, letter())
    assert listed(database) == []
    assert len(listed(database, None)) == 1


def test_keep_when_a_discarded_page_fails_with_other_bytes_opens_it(database):
    url = "https://www.regjeringen.no/x/"
    keep(database, letter(POLL, url, b"one layout"))
    with database.transaction() as session:
        dead_letters.settle(session, listed(database)[0], LetterState.DISCARDED)
    keep(database, letter(POLL, url, b"another layout"))
    assert len(listed(database)) == 1


def test_settle_when_the_letter_has_come_again_meanwhile_leaves_it_open(database):
    keep(database, letter())
    (before,) = listed(database)
    keep(database, letter())
    with database.transaction() as session:
        dead_letters.settle(session, before, LetterState.REPLAYED)
    assert len(listed(database)) == 1


def unpublished(database: Database):
    with database.reading() as session:
        return {row.id: row.times for row in dead_letters.unpublished(session, 10)}


def test_unpublished_gives_what_came_since_the_topic_was_told(database):
    keep(database, letter(), letter(body=b"y"))
    told = unpublished(database)
    assert sorted(told.values()) == [1, 1]
    keep(database, letter())
    with database.transaction() as session:
        dead_letters.mark_published(session, told)
    assert list(unpublished(database).values()) == [2]


def test_mark_published_when_another_has_told_of_more_leaves_it(database):
    keep(database, letter(), letter())
    (id_,) = unpublished(database)
    with database.transaction() as session:
        dead_letters.mark_published(session, {id_: 2})
        dead_letters.mark_published(session, {id_: 1})
    assert unpublished(database) == {}


anything = st.text(st.characters(exclude_categories=()), max_size=20)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.builds(DeadLetter, anything, anything, anything, anything, anything, st.binary()))
@example(DeadLetter("\0", "\ud800", "\udfff", "\0\0", "", b"\0"))
def test_keep_takes_whatever_it_is_given_and_counts_it_again(database, one):
    keep(database, one, one)
    with database.reading() as session:
        row = session.scalars(
            sa.select(DeadLetterRow).where(DeadLetterRow.fingerprint == one.fingerprint)
        ).one()
    assert row.times % 2 == 0
    assert row.body == one.body
    if not set(one.reason) & {"\0", *map(chr, range(0xD800, 0xE000))}:
        assert row.reason == one.reason
