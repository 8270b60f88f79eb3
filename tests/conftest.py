"""Fixtures that more than one part of the tests needs."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pytest

from consultations.routing import RuleSet, load_rules
from consultations.store.database import Database
from tests.servers import NotAvailable
from tests.servers.postgres import Postgres, start_own
from tests.servers.postgres import start as start_postgres

ROOT = Path(__file__).parent.parent

NOT_TESTED = pytest.StashKey[dict[str, str]]()
"""Why each service that the tests asked for could not be had."""

Server = TypeVar("Server")


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    """The real rules."""
    return load_rules(ROOT / "config")


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of the test's own: SQLite, unless the test is given another kind."""
    if getattr(request, "param", "sqlite") == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'test.db'}")
        database.migrate()
    else:
        database = Database(request.getfixturevalue("postgres_url"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """The session's PostgreSQL server."""
    yield from _service(request.config, "PostgreSQL", start_postgres())


@pytest.fixture
def own_postgres(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Postgres]:
    """A PostgreSQL server that the test may stop and start: the session's, if it is ours."""
    if postgres.can_restart:
        yield postgres
    else:
        yield from _service(request.config, "PostgreSQL that is restarted", start_own())


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of a migrated PostgreSQL database of the test's own."""
    with postgres.migrated() as url:
        yield url


@pytest.fixture(scope="session")
def kafka_servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the session's Kafka broker."""
    from tests.servers.kafka import start  # noqa: PLC0415 - only those who ask need it

    yield from _service(request.config, "Kafka", start(tmp_path_factory.mktemp("kafka")))


def _service(
    config: pytest.Config, name: str, starting: AbstractContextManager[Server]
) -> Iterator[Server]:
    """Give the tests a server. Where there is none they are skipped; in CI they fail."""
    try:
        with starting as server:
            yield server
    except NotAvailable as why:
        reason = " ".join(str(why).split())
        config.stash.setdefault(NOT_TESTED, {})[name] = reason
        if os.environ.get("CI"):
            pytest.fail(f"{name}: {reason}", pytrace=False)
        pytest.skip(f"{name}: {reason}")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for name, why in config.stash.get(NOT_TESTED, {}).items():
        terminalreporter.write_line(f"{name}: not tested, {why}")
