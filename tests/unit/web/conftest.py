"""The application over a seeded or an empty database."""

import pytest

from consultations.store.database import Database
from consultations.web import create_app
from tests.unit.web.checked_client import CheckedClient
from tests.unit.web.offices import OFFICE, seed_responses
from tests.unit.web.seeding import CHANNELS, NOW, SECTIONS, SOURCE_TITLES, seed


@pytest.fixture
def client(database: Database) -> CheckedClient:
    """A client of the application over a database without contents."""
    app = create_app(
        database, clock=lambda: NOW, sections=SECTIONS, channels=CHANNELS,
        source_titles=SOURCE_TITLES,
    )  # fmt: skip
    return CheckedClient(app)


@pytest.fixture
def teaching(database: Database) -> CheckedClient:
    """A client of the application with something in it, where people may correct."""
    seed(database)
    app = create_app(
        database, clock=lambda: NOW, sections=SECTIONS, channels=CHANNELS,
        source_titles=SOURCE_TITLES, may_write=True,
    )  # fmt: skip
    return CheckedClient(app)


@pytest.fixture
def seeded(database: Database, client: CheckedClient) -> CheckedClient:
    """A client of the application with something of everything in it."""
    seed(database)
    return client


@pytest.fixture
def acting(database: Database) -> CheckedClient:
    """A client of the application where people may act on responses, with plans in it."""
    seed_responses(database)
    app = create_app(
        database, clock=lambda: NOW, sections=SECTIONS, channels=CHANNELS,
        source_titles=SOURCE_TITLES, may_write=True, office=OFFICE,
    )  # fmt: skip
    return CheckedClient(app)
