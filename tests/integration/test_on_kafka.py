"""The whole path on Kafka and PostgreSQL: every process of the service, started as people do."""

import json
import os
import random
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store import ledger, sources
from consultations.store.ledger import DeliveryState
from tests.servers import NotAvailable
from tests.servers.kafka import Kafka
from tests.service import Processes, Service, World, processes_in, wait_until, world_in

pytestmark = pytest.mark.services

WORKERS = tuple(f"worker {step}" for step in (INTAKE, ROUTING, TRACKING))
GOING_ON = ("scheduler", *WORKERS, "relay")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker with nobody else's messages on it."""
    try:
        with Kafka(tmp_path_factory.mktemp("kafka")) as kafka:
            yield kafka
    except NotAvailable as why:
        if os.environ.get("CI"):
            pytest.fail(f"Kafka: {why}", pytrace=False)
        pytest.skip(f"Kafka: {why}")


@pytest.fixture
def world(tmp_path: Path, kafka: Kafka, postgres_url: str) -> Iterator[World]:
    with world_in(
        tmp_path / "world", random.Random(1),
        database_url=postgres_url, kafka_servers=kafka.address, kafka_partitions=2,
        kafka_session_seconds=6, health_port=0,
    ) as world:  # fmt: skip
        yield world


@pytest.fixture
def processes(tmp_path: Path, world: World) -> Iterator[Processes]:
    with processes_in(tmp_path / "processes", world.settings()) as processes:
        yield processes


def ready(service: Service) -> dict[str, object]:
    """Ask a process whether it is ready, and return its whole answer."""
    assert wait_until(lambda: service.health_address or not service.is_running()), service.err
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{service.health_address}readyz", timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return json.loads(refused.read())


def is_told(world: World) -> bool:
    with world.database.reading() as session:
        polled = [row.last_success_at for row in sources.all_sources(session)]
        tally = ledger.tally(session)
    return len(polled) == 2 and all(polled) and set(tally) == {DeliveryState.SENT}


def test_service_when_every_process_runs_then_what_is_published_reaches_slack_and_the_pages(
    world, processes
):
    assert processes.run("migrate").code == 0
    made = processes.run("topics create")
    assert (made.code, made.err) == (0, "")
    assert processes.run("topics check").code == 0

    services = {command: processes.start(command) for command in (*GOING_ON, "web")}
    address = services["web"].wait_for_address()
    for command, service in services.items():
        assert wait_until(lambda it=service: ready(it)["status"] == "ok"), (command, ready(service))
    assert wait_until(lambda: is_told(world), 120), [s.err for s in services.values()]
    assert set(world.slack.visible().values()) == {1}
    with httpx.Client(trust_env=False) as browser:
        assert "3168004" in browser.get(address).text + browser.get(f"{address}?sok=laks").text
        assert browser.get(f"{address}readyz").json()["status"] == "ok"

    described = processes.run("topics describe").out
    assert "source-records.v1: 2 partisjoner, 1 kopi, alt beholdes, " in described
    assert "intake: 0 meldinger venter" in described

    ended = processes.stop_all()
    assert [(each.code, each.err) for each in ended] == [(0, "")] * len(services)
