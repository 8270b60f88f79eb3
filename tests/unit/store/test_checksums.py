from datetime import timedelta

import pytest
import sqlalchemy as sa

from consultations.store import checksums, dead_letters
from consultations.store.checksums import COVERED, NOT_COVERED
from consultations.store.database import Database
from consultations.store.dead_letters import POLL, DeadLetter, LetterState
from consultations.store.tables import Base, ConsultationRow, DeadLetterRow, DecisionRow
from tests.alert_cases import MOVED, OPENED, climate, owe, take_in
from tests.building import DAY_ONE, at


@pytest.fixture
def other(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    database.migrate()
    yield database
    database.close()


def taken(database):
    with database.reading() as session:
        return {one.table: one for one in checksums.checksums(session)}


def letter(step="intake", body=b"{"):
    return DeadLetter(step, None, "x/0 nr. 1", "leses ikke", "application/json", body)


def keep(database, *letters, now=DAY_ONE):
    with database.transaction() as session:
        for one in letters:
            dead_letters.keep(session, one, now)


def change(database, row, **values):
    with database.transaction() as session:
        session.execute(sa.update(row).values(**values))


def test_tables_when_mapped_then_each_counts_or_says_why_not():
    covered = {one.rows.__tablename__ for one in COVERED}
    assert covered | set(NOT_COVERED) == set(Base.metadata.tables)
    assert not covered & set(NOT_COVERED)


@pytest.mark.parametrize("covered", COVERED, ids=lambda one: one.rows.__tablename__)
def test_columns_when_left_out_or_read_then_they_exist(covered):
    names = set(covered.rows.__table__.columns.keys())
    assert {*covered.left_out, *covered.read} <= names


def test_checksums_when_taken_in_in_another_order_then_equal(database, other):
    first, second = climate(), climate(external_id="2")
    for store, seen in ((database, (first, second)), (other, (second, first))):
        for one in seen:
            owe(store, take_in(store, one), [OPENED, MOVED], key=one.key)
        keep(store, letter(), letter(body=b"["))
    assert taken(database) == taken(other)


def test_checksums_when_handled_at_another_time_then_equal(database, other):
    for days, store in enumerate((database, other)):
        now = DAY_ONE + timedelta(days=days)
        owe(store, take_in(store, climate()), [OPENED], now=now)
        keep(store, letter(), now=now)
    change(other, DecisionRow, decided_at=at(7))
    assert taken(database) == taken(other)


def test_checksums_when_a_document_is_written_another_way_then_equal(database, other):
    take_in(database, climate())
    take_in(other, climate())
    change(other, DecisionRow, decision=sa.func.replace(DecisionRow.decision, '":', '" : '))
    assert taken(database) == taken(other)


@pytest.mark.parametrize(
    ("row", "values", "table"),
    [
        (ConsultationRow, {"title": "En annen tittel"}, "consultations"),
        (ConsultationRow, {"senders": ["En annen"]}, "consultations"),
        (ConsultationRow, {"first_deadline_at": at(90)}, "consultations"),
        (DecisionRow, {"text_hash": "x"}, "decisions"),
        (DeadLetterRow, {"body": b"y"}, "dead_letters"),
    ],
)
def test_checksums_when_a_row_is_changed_then_that_table_alone_differs(
    database, row, values, table
):
    owe(database, take_in(database, climate()), [OPENED])
    keep(database, letter())
    before = taken(database)
    change(database, row, **values)
    after = taken(database)
    assert {name for name in before if before[name] != after[name]} == {table}


def test_checksums_count_the_rows(database):
    owe(database, take_in(database, climate()), [OPENED, MOVED])
    assert taken(database)["deliveries"].rows == 2


def test_checksums_of_letters_count_what_is_dead_on_the_topics_alone(database, other):
    keep(database, letter(), letter(POLL), letter(body=b"sent again"))
    with database.transaction() as session:
        (again,) = (one for one in dead_letters.listed(session) if one.body == b"sent again")
        dead_letters.settle(session, again, LetterState.REPLAYED)
    keep(other, letter())
    assert taken(database) == taken(other)


def test_rules_used_counts_decisions_by_the_rules_that_made_them(database):
    take_in(database, climate())
    take_in(database, climate(external_id="2"))
    with database.reading() as session:
        assert checksums.rules_used(session) == {"abc": 2}
