"""Fixtures that more than one part of the tests needs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consultations.routing import RuleSet, load_rules
from consultations.store.database import Database

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    """The real rules."""
    return load_rules(ROOT / "config")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite database of the test's own."""
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    yield database
    database.close()
