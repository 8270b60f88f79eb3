"""Opens the database engine that an address names, set up the way we rely on."""

import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError

from consultations.domain.errors import ConfigError

BUSY_TIMEOUT_MS = 10_000

POOL = {"pool_size": 5, "max_overflow": 5, "pool_timeout": 10}
"""A process has a handful of threads; the rest is room for pages. The time-out is in seconds."""

_SESSION = {
    "statement_timeout": "10000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "60000",
    "timezone": "UTC",
    # With these the server too notices that we are gone, and gives up our locks.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""Settings of every connection, in PostgreSQL's own words; times in milliseconds and seconds."""

_CONNECTION = {
    "application_name": "consultations",
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS"""

HUNG_UP = "25P03"  # idle_in_transaction_session_timeout
STANDBY = "25006"  # read_only_sql_transaction, on a connection that asked for no such thing
"""Errors that may pass, though PostgreSQL files them under the program's own."""

TOO_MUCH_ASKED = "54"  # program_limit_exceeded, the first two of five
"""Errors that do not pass, though PostgreSQL files them with those of a server that is away.

SQLite does so with its ``SQLITE_ERROR``: a table or a column that is not there, too many values.
"""


def open_engine(url: str) -> sa.Engine:
    """Open an engine; nothing is connected yet. Raises ``ConfigError`` when the URL is not one."""
    address = _read(url)
    if address.get_backend_name() == "postgresql":
        engine = _postgresql(address)
    else:
        engine = _create(address)
        _prepare_sqlite(engine)
    event.listen(engine, "handle_error", _refile)
    return engine


def open_alone(engine: sa.Engine) -> sa.Connection:
    """Open a connection like the engine's, outside its pool and outside transactions."""
    alone = _create(
        engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT",
        connect_args=_connect_args(engine.url),
    )  # fmt: skip
    return alone.connect()


def _read(url: str) -> sa.URL:
    """Read an address. Nothing of it is repeated: there may be a password in what went wrong."""
    try:
        address = sa.make_url(url)
    except (ArgumentError, ValueError) as problem:
        raise _refused("det er ingen databaseadresse") from problem
    if address.get_backend_name() not in {"sqlite", "postgresql"}:
        raise _refused("den må begynne med sqlite:/// eller postgresql://")
    if "@" in f"{address.host}{address.database}" and address.get_backend_name() == "postgresql":
        raise _refused("skriv @ i passordet som %40, / som %2F og : som %3A")
    return address


def _refused(reason: str) -> ConfigError:
    return ConfigError(
        f"CONSULTATIONS_DATABASE_URL kan ikke brukes: {reason}. Skriv for eksempel "
        "sqlite:///var/consultations.db eller postgresql://bruker:passord@vert/base."
    )


def _create(address: sa.URL, **given: Any) -> sa.Engine:
    """Create an engine whose errors do not repeat what was sent: that may be a whole page."""
    try:
        return sa.create_engine(address, hide_parameters=True, **given)
    except (ArgumentError, ImportError) as problem:
        raise _refused(f"driveren {address.drivername} finnes ikke her") from problem


def _postgresql(address: sa.URL) -> sa.Engine:
    """Say the isolation level: a lock is no use to a transaction that reads what was before it."""
    return _create(
        address, pool_pre_ping=True, isolation_level="READ COMMITTED",
        connect_args=_connect_args(address), **POOL,
    )  # fmt: skip


def _refile(context: sa.engine.ExceptionContext) -> None:
    """Raise what may pass as such, and what will not as a fault of ours."""
    kind = _kind(context.original_exception, context.connection)
    if kind:
        raise kind(context.statement, None, context.original_exception)


def _kind(problem: BaseException, connection: sa.Connection | None) -> type[DBAPIError] | None:
    code = str(getattr(problem, "sqlstate", None))
    if code == HUNG_UP or (code == STANDBY and not _reads_only(connection)):
        return OperationalError
    primary = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code.startswith(TOO_MUCH_ASKED) or primary == sqlite3.SQLITE_ERROR:
        return ProgrammingError
    return None


def _reads_only(connection: sa.Connection | None) -> bool:
    options = connection.get_execution_options() if connection is not None else {}
    return bool(options.get("postgresql_readonly"))


def _connect_args(address: sa.URL) -> dict[str, str]:
    """Set up connections our way, save where the address says otherwise."""
    if address.get_backend_name() != "postgresql":
        return {}
    own = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    said = address.query.get("options", "")
    unsaid = {name: value for name, value in _CONNECTION.items() if name not in address.query}
    return {**unsaid, "options": f"{own} {said}".strip()}


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
