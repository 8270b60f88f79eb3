"""What only SQLite does: write-ahead log, one writer, a file that may fill the disk."""

import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from consultations.store import bus
from consultations.store.database import Database, DatabaseUnavailable
from tests.building import at


@pytest.fixture
def sqlite(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    yield database
    database.close()


def test_sqlite_runs_in_wal_mode_with_foreign_keys(sqlite):
    with sqlite._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_transaction_when_another_process_holds_the_lock_is_unavailable_and_loses_nothing(
    sqlite, tmp_path, monkeypatch
):
    monkeypatch.setattr("consultations.store.engine.BUSY_TIMEOUT_MS", 1)
    impatient = Database(f"sqlite:///{tmp_path / 'test.db'}")
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable), impatient.transaction() as session:
        bus.append(session, "t", [("a", b"1")], at(0))
    other.execute("COMMIT")
    other.close()
    with impatient.transaction() as session:
        bus.append(session, "t", [("a", b"1")], at(0))
        assert bus.lag(session, "one", "t") == 1
    impatient.close()


def test_transaction_when_the_disk_is_full_is_unavailable_and_keeps_what_was_there(sqlite):
    with sqlite.transaction() as session:
        bus.append(session, "t", [("a", b"1")], at(0))
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar()
        session.connection().exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DatabaseUnavailable), sqlite.transaction() as session:
        bus.append(session, "t", [("a", bytes(1_000_000))], at(0))
    with sqlite.reading() as session:
        assert [m.value for m in bus.read(session, "one", "t", 10)] == [b"1"]


def test_transaction_when_the_question_is_wrong_is_a_mistake_of_ours(sqlite):
    with pytest.raises(ProgrammingError, match="no such column"), sqlite.transaction() as session:
        session.execute(sa.text("SELECT told FROM outbox"))
