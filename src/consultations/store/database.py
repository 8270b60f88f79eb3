"""The way into the database: engine, transactions, migrations.

SQLite runs in WAL mode with one writer at a time: a writing transaction takes its lock when it
begins, so it waits its turn instead of failing half-way. Readers never wait.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import sqlalchemy as sa
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from consultations.domain.errors import ConfigError

DatabaseUnavailable = (OperationalError, InterfaceError)
"""What a database raises when it is away, locked or full: it may pass, so try again."""

BUSY_TIMEOUT_MS = 10_000


class Database:
    """One database, opened by URL (``sqlite:///path`` or any other SQLAlchemy knows).

    Raises ``ConfigError`` when the URL is not one.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(url, pool_pre_ping=True)
        except (ArgumentError, ImportError) as problem:
            raise ConfigError(
                f"CONSULTATIONS_DATABASE_URL kan ikke brukes ({problem}). "
                "Skriv for eksempel sqlite:///var/consultations.db."
            ) from problem
        if self._engine.dialect.name == "sqlite":
            _prepare_sqlite(self._engine)
        self._write = sessionmaker(self._engine, expire_on_commit=False)
        self._read = sessionmaker(
            self._engine.execution_options(read_only=True), expire_on_commit=False
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session that is committed as a whole, or not at all."""
        with self._write.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one consistent state and changes nothing."""
        with self._read() as session:
            yield session

    def migrate(self) -> None:
        """Bring the schema up to date. Creates the folder of a SQLite file if need be.

        Raises ``ConfigError`` when the folder cannot be made or the file is something else.
        """
        try:
            self._create_folder()
            self._upgrade()
        except DatabaseUnavailable:
            raise
        except (OSError, DatabaseError, CommandError) as problem:
            reason = problem.orig if isinstance(problem, DatabaseError) else problem
            raise ConfigError(
                f"Kan ikke bruke {self._engine.url!r} som database ({reason}). "
                "Sett CONSULTATIONS_DATABASE_URL til en ny fil, eller til databasen vi har laget."
            ) from problem

    def _create_folder(self) -> None:
        database = self._engine.url.database
        if self._engine.dialect.name == "sqlite" and database:
            Path(database).parent.mkdir(parents=True, exist_ok=True)

    def _upgrade(self) -> None:
        config = alembic.config.Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")

    def close(self) -> None:
        self._engine.dispose()


def _prepare_sqlite(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


__all__ = ["Database", "DatabaseUnavailable", "Session"]
