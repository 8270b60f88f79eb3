"""The way into the database: transactions, migrations, and what is wrong when there is none.

SQLite runs in WAL mode with one writer at a time: a writing transaction takes its lock when it
begins, so it waits its turn instead of failing half-way. Readers never wait. On PostgreSQL
several processes write at once, each statement seeing what was committed before it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import alembic.command
import alembic.config
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.orm import Session, sessionmaker

from consultations.domain.errors import ConfigError
from consultations.store.engine import open_alone, open_engine
from consultations.store.locks import Lock, hold

DatabaseUnavailable = (OperationalError, InterfaceError, NoFreeConnection)
"""What a database raises when it is away, locked or full: it may pass, so try again."""

_REFUSALS = {
    "password authentication failed": "brukeren eller passordet er feil",
    "does not exist": "brukeren eller databasen finnes ikke på tjeneren",
    "no pg_hba.conf entry": "tjeneren slipper ikke denne brukeren inn herfra",
    "permission denied": "brukeren har ikke lov til det vi ber om",
}
"""What PostgreSQL says of what waiting does not mend, and what it means."""


class Database:
    """One database, opened by URL: ``sqlite:///path`` or ``postgresql://user:password@host/name``.

    Raises ``ConfigError`` when the URL is not one.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._write = sessionmaker(self._engine, expire_on_commit=False)
        reading: dict[str, object] = {"read_only": True}
        if self.is_server:
            reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._read = sessionmaker(self._engine.execution_options(**reading), expire_on_commit=False)

    @property
    def is_server(self) -> bool:
        """True for PostgreSQL: a server that several processes share."""
        return self._engine.dialect.name == "postgresql"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session that is committed as a whole, or not at all."""
        with self._write.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one consistent state and changes nothing.

        PostgreSQL hangs up on one that does nothing for a minute.
        """
        with self._read() as session:
            yield session

    def open_alone(self) -> sa.Connection:
        """Open a connection outside the pool, with no transaction around what is done on it."""
        return open_alone(self._engine)

    def migrate(self) -> None:
        """Bring the schema up to date. Creates the folder of a SQLite file if need be.

        Several may try at once: one does it, the others wait. Raises ``ConfigError`` when the
        database cannot be used, or when it is newer than this program.
        """
        try:
            self._create_folder()
            self._upgrade()
        except DatabaseUnavailable as problem:
            self._refuse_if_it_will_not_pass(problem)
            raise
        except (OSError, DatabaseError, CommandError) as problem:
            raise self._cannot_use(reason_of(problem)) from problem

    def check_schema(self) -> None:
        """Raise ``ConfigError`` unless the schema is the one this program was made for."""
        try:
            with self._engine.connect() as connection:
                _check_not_newer(connection)
                version = _version(connection)
        except DatabaseUnavailable as problem:
            self._refuse_if_it_will_not_pass(problem)
            raise
        except DatabaseError as problem:
            raise self._cannot_use(reason_of(problem)) from problem
        if version != _scripts().get_current_head():
            raise ConfigError(
                "Databasen er ikke klargjort for denne utgaven av programmet. "
                "Kjør «consultations migrate»."
            )

    def close(self) -> None:
        self._engine.dispose()

    def _create_folder(self) -> None:
        database = self._engine.url.database
        if not self.is_server and database:
            Path(database).parent.mkdir(parents=True, exist_ok=True)

    def _upgrade(self) -> None:
        config = _config()
        with self._engine.begin() as connection:
            if self.is_server:
                # A large table takes its time, and so does another who migrates.
                connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
                connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
            hold(connection, Lock.MIGRATION)
            _check_not_newer(connection)
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")

    def _refuse_if_it_will_not_pass(self, problem: Exception) -> None:
        said = reason_of(problem)
        meaning = next((means for words, means in _REFUSALS.items() if words in said), None)
        if self.is_server and meaning:
            raise self._cannot_use(f"{meaning}: {said}") from problem

    def _cannot_use(self, reason: str) -> ConfigError:
        shown = self._engine.url.set(query={}).render_as_string(hide_password=True)
        do = "Sett CONSULTATIONS_DATABASE_URL til en ny fil, eller til databasen vi har laget."
        if self.is_server:
            do = "Rett CONSULTATIONS_DATABASE_URL, eller gi brukeren tilgang på tjeneren."
        return ConfigError(f"Kan ikke bruke {shown} som database ({reason}). {do}")


def reason_of(problem: BaseException) -> str:
    """Say in one line what the database said, without our SQL and what was in it."""
    if isinstance(problem, NoFreeConnection):
        return "alle forbindelsene til databasen er opptatt"
    said = problem.orig if isinstance(problem, DBAPIError) and problem.orig else problem
    lines = [line.strip() for line in str(said).strip().splitlines()]
    if getattr(said, "sqlstate", None):
        lines = lines[:1]  # the next ones hold what was in our SQL
    return " ".join(lines) or type(said).__name__


def _config() -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _version(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _check_not_newer(connection: sa.Connection) -> None:
    version = _version(connection)
    if version and version not in {script.revision for script in _scripts().walk_revisions()}:
        raise ConfigError(
            f"Programmet er eldre enn databasen (utgave {version}). Ta i bruk den nyeste utgaven "
            "av programmet."
        )


__all__ = ["Database", "DatabaseUnavailable", "Session", "reason_of"]
