"""Insert or update in one statement, the same way on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consultations.store.tables import Base

Rows = Sequence[Mapping[str, Any]]


def insert_new(session: Session, table: type[Base], rows: Rows, unique: Sequence[str]) -> None:
    """Insert the rows whose unique columns are not there yet; leave the others as they are."""
    if rows:
        statement = _insert(session, table).on_conflict_do_nothing(index_elements=unique)
        session.execute(statement, rows)


def upsert(session: Session, table: type[Base], rows: Rows, unique: Sequence[str]) -> None:
    """Insert the rows, or overwrite every other column of those already there."""
    if rows:
        statement = _insert(session, table)
        given = {name: statement.excluded[name] for name in rows[0] if name not in unique}
        session.execute(statement.on_conflict_do_update(index_elements=unique, set_=given), rows)


def _insert(session: Session, table: type[Base]) -> Any:
    dialect = session.get_bind().dialect.name
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
