"""Insert or update in one statement, the same way on SQLite and PostgreSQL.

Of rows with the same unique columns only one is sent: PostgreSQL refuses to touch a row twice in
one statement. Rows are sent in one order, so that no two transactions wait for each other.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consultations.store.tables import Base

Row = Mapping[str, Any]


def insert_new(
    session: Session, table: type[Base], rows: Sequence[Row], unique: Sequence[str],
    order: Sequence[str] = (),
) -> None:  # fmt: skip
    """Insert the rows whose unique columns are not there yet; leave the others as they are.

    Of several alike the first is taken. ``order`` names the columns to sort by, where others
    than the unique ones; rows alike there keep theirs.
    """
    if rows:
        statement = insert(session, table).on_conflict_do_nothing(index_elements=unique)
        first: dict[Any, Row] = {}
        for row in rows:
            first.setdefault(itemgetter(*unique)(row), row)
        session.execute(statement, sorted(first.values(), key=itemgetter(*order or unique)))


def upsert(session: Session, table: type[Base], rows: Sequence[Row], unique: Sequence[str]) -> None:
    """Insert the rows, or overwrite every other column of those already there.

    Of several alike the last is taken.
    """
    if rows:
        statement = insert(session, table)
        given = {name: statement.excluded[name] for name in rows[0] if name not in unique}
        last = {itemgetter(*unique)(row): row for row in rows}
        session.execute(
            statement.on_conflict_do_update(index_elements=unique, set_=given),
            sorted(last.values(), key=itemgetter(*unique)),
        )


def insert(session: Session, table: type[Base]) -> Any:
    """Begin an insert that can say what to do on conflict."""
    dialect = session.get_bind().dialect.name
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
