import sqlite3
from pathlib import Path

import alembic.autogenerate
import alembic.migration
import pytest

from consultations.domain.errors import ConfigError
from consultations.store import bus
from consultations.store.database import Database, DatabaseUnavailable
from consultations.store.tables import Base
from tests.building import at


def test_migrate_gives_exactly_the_mapped_tables(database: Database):
    with database._engine.connect() as connection:
        context = alembic.migration.MigrationContext.configure(connection)
        assert alembic.autogenerate.compare_metadata(context, Base.metadata) == []


def test_migrate_when_run_again_changes_nothing(database: Database):
    database.migrate()


def test_database_when_the_address_is_not_one_says_so():
    with pytest.raises(ConfigError, match="CONSULTATIONS_DATABASE_URL"):
        Database("tull")


def test_sqlite_runs_in_wal_mode_with_foreign_keys(database: Database):
    with database._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_reading_while_another_writes_sees_the_state_before(database: Database):
    with database.transaction() as writer:
        bus.append(writer, "t", [("a", b"1")], at(0))
        writer.flush()
        with database.reading() as reader:
            assert bus.lag(reader, "one", "t") == 0


def test_transaction_when_another_process_holds_the_lock_is_unavailable_and_loses_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_transaction_when_the_disk_is_full_is_unavailable_and_keeps_what_was_there(
    database: Database,
):
    with database.transaction() as session:
        bus.append(session, "t", [("a", b"1")], at(0))
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar()
        session.connection().exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DatabaseUnavailable), database.transaction() as session:
        bus.append(session, "t", [("a", bytes(1_000_000))], at(0))
    with database.reading() as session:
        assert [m.value for m in bus.read(session, "one", "t", 10)] == [b"1"]
