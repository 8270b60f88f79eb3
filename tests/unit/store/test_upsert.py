import random

import sqlalchemy as sa
from sqlalchemy import event

from consultations.store.tables import HushedFactRow, OutboxRow, PublishedRow
from consultations.store.upsert import insert_new, upsert

UNIQUE = ["source", "external_id"]


def note(number: str, meaning: str):
    return {
        "source": "s", "external_id": number, "meaning_hash": meaning, "backfill": False
    }  # fmt: skip


def noted(session):
    rows = session.scalars(sa.select(PublishedRow))
    return {row.external_id: row.meaning_hash for row in rows}


def test_upsert_when_the_same_key_comes_twice_in_one_go_keeps_the_last(database):
    with database.transaction() as session:
        upsert(session, PublishedRow, [note("1", "a"), note("2", "b"), note("1", "c")], UNIQUE)
        assert noted(session) == {"1": "c", "2": "b"}
        upsert(session, PublishedRow, [note("2", "d"), note("2", "e")], UNIQUE)
        assert noted(session) == {"1": "c", "2": "e"}


def test_insert_new_when_the_same_key_comes_twice_in_one_go_keeps_the_first(database):
    with database.transaction() as session:
        insert_new(session, PublishedRow, [note("1", "a"), note("1", "b")], UNIQUE)
        insert_new(session, PublishedRow, [note("1", "c")], UNIQUE)
        assert noted(session) == {"1": "a"}


def test_insert_new_when_told_what_to_sort_by_keeps_the_order_of_what_is_alike_there(database):
    rows = [{"event_id": e, "key": k, "value": b""} for k, e in ("b2", "a9", "b1", "a3")]
    with database.transaction() as session:
        insert_new(session, OutboxRow, rows, ["event_id"], order=["key"])
        told = session.scalars(sa.select(OutboxRow.event_id).order_by(OutboxRow.id)).all()
    assert told == ["9", "3", "2", "1"]


def sent_by(database, write):
    """The parameters of the one statement that a function sends."""
    sent = []

    def listen(_connection, _cursor, _statement, parameters, _context, executemany):
        sent.append((executemany, parameters))

    with database.transaction() as session:
        session.connection()
        event.listen(database._engine, "before_cursor_execute", listen)
        write(session)
        event.remove(database._engine, "before_cursor_execute", listen)
    ((executemany, parameters),) = sent
    assert executemany
    return [p["external_id"] if isinstance(p, dict) else p[1] for p in parameters]


def test_rows_are_sent_at_once_each_once_and_always_in_one_order(database):
    numbers = [str(n) for n in range(100)]
    random.shuffle(numbers)
    rows = [note(number, "a") for number in numbers] * 2
    for write in (upsert, insert_new):
        sent = sent_by(database, lambda session, w=write: w(session, PublishedRow, rows, UNIQUE))
        assert sent == sorted(numbers)


def test_nothing_when_there_are_no_rows_is_sent(database):
    with database.transaction() as session:
        upsert(session, PublishedRow, [], UNIQUE)
        insert_new(session, HushedFactRow, [], ["consultation_id", "fact"])
