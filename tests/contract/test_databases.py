"""The store keeps its promises on SQLite and on PostgreSQL alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consultations.store import bus
from consultations.store.database import Database
from tests.building import at


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of the test's own, of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'test.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    database.migrate()
    yield database
    database.close()


def test_append_when_read_gives_the_messages_in_order(database: Database):
    with database.transaction() as session:
        bus.append(session, "t", [("a", b"1"), ("b", b"2")], at(0))
        assert [m.value for m in bus.read(session, "one", "t", 9)] == [b"1", b"2"]
