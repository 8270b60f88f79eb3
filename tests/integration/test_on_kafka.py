"""The whole path on Kafka and PostgreSQL: every process of the service, started as people do."""

import json
import os
import random
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store import dead_letters, ledger, sources
from consultations.store.dead_letters import POLL, DeadLetter
from consultations.store.ledger import DeliveryState
from streams.admin import TopicAdmin
from tests.servers import NotAvailable
from tests.servers.kafka import Kafka
from tests.service import (
    DEMO_DAY,
    ROOT,
    Processes,
    Service,
    World,
    environment,
    processes_in,
    running,
    wait_until,
    world_in,
)

pytestmark = pytest.mark.services

WORKERS = tuple(f"worker {step}" for step in (INTAKE, ROUTING, TRACKING))
PATIENCE_SECONDS = 150
"""A broker's first consumer groups take their time on a busy machine."""

PARTITIONS = 2

GOING_ON = ("scheduler", *WORKERS, "relay")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker with nobody else's messages on it, and with our topics."""
    try:
        with Kafka(tmp_path_factory.mktemp("kafka")) as kafka:
            TopicAdmin(kafka.address, PARTITIONS, 1).create()
            yield kafka
    except NotAvailable as why:
        if os.environ.get("CI"):
            pytest.fail(f"Kafka: {why}", pytrace=False)
        pytest.skip(f"Kafka: {why}")


@pytest.fixture
def world(tmp_path: Path, kafka: Kafka, postgres_url: str) -> Iterator[World]:
    with world_in(
        tmp_path / "world", random.Random(1),
        database_url=postgres_url, kafka_servers=kafka.address, kafka_partitions=PARTITIONS,
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
        is_ready = wait_until(lambda it=service: ready(it)["status"] == "ok", PATIENCE_SECONDS)
        assert is_ready, (command, ready(service), service.err)
    assert wait_until(lambda: is_told(world), PATIENCE_SECONDS), [s.err for s in services.values()]
    assert set(world.slack.visible().values()) == {1}
    with httpx.Client(trust_env=False) as browser:
        assert "3168004" in browser.get(address).text + browser.get(f"{address}?sok=laks").text
        assert browser.get(f"{address}readyz").json()["status"] == "ok"

    port = urlsplit(services["relay"].health_address).port
    healthy = processes.run("healthy", health_port=port)
    assert (healthy.code, healthy.err) == (0, "")
    assert "utboksen: " in healthy.out

    doctor = processes.run("doctor")
    assert (doctor.code, doctor.err) == (0, ""), doctor.out
    assert "tracking: 0 venter, 1 i arbeid" in doctor.out
    assert "horinger i KS" in doctor.out
    described = processes.run("topics describe").out
    assert "source-records.v1: 2 partisjoner, 1 kopi, alt beholdes, " in described
    assert "intake: 0 meldinger venter" in described

    assert {command for command in services if "Kafka" in ready(services[command])["checks"]} == {
        *GOING_ON
    }
    ended = processes.stop_all()
    assert [(each.code, each.err) for each in ended] == [(0, "")] * len(services)
    assert sum("starter. " in each.out for each in ended) == len(GOING_ON)


def test_command_when_the_schema_is_old_then_names_migrate_which_mends_it(tmp_path, postgres):
    with (
        postgres.empty() as url,
        processes_in(tmp_path, environment(database_url=url, config_dir=ROOT / "config")) as ours,
    ):
        refused = ours.run("alerts list")
        assert (refused.code, refused.out) == (1, "")
        assert "«consultations migrate»" in refused.err
        assert ours.run("migrate").out == "Databasen er klar.\n"
        assert ours.run("alerts list").out == "Ingen varsler.\n"


def test_service_when_the_database_is_postgresql_without_kafka_then_one_process_does_all(
    tmp_path, postgres_url
):
    with world_in(tmp_path / "world", random.Random(1), database_url=postgres_url) as world:
        with world.start() as service:
            service.wait_for_address()
            service.wait_until(world.is_done)
            ended = service.stop()
        assert (ended.code, ended.err) == (0, "")


def test_scheduler_when_the_one_that_leads_is_killed_then_another_takes_over_in_seconds(
    world, processes
):
    first = processes.start("scheduler")
    assert wait_until(lambda: says(first) == "henter"), first.err
    second = processes.start("scheduler")
    assert says(second) == "i reserve"
    assert ready(second)["status"] == "ok"
    first.kill()
    assert wait_until(lambda: says(second) == "henter", 15), second.err


def says(scheduler: Service) -> object:
    checks = ready(scheduler)["checks"]
    assert isinstance(checks, dict)
    return checks["hentingen"]["says"]


def test_poll_when_on_kafka_then_publishes_and_leaves_the_rest_to_the_workers(processes):
    before = waiting_for_intake(processes)
    polled = processes.run("poll stortinget --once")
    assert (polled.code, polled.err) == (0, "")
    assert "stortinget: hentet 479, nye 479" in polled.out
    assert waiting_for_intake(processes) == before + 479


def waiting_for_intake(processes: Processes) -> int:
    return int(re.search(r"intake: (\d+) meld", processes.run("topics describe").out)[1])


def test_letter_when_replayed_on_kafka_then_it_is_put_back_on_its_topic(world, processes):
    page = ROOT / "tests" / "fixtures" / "regjeringen"
    page = page / "horing-id3167072-avskogingsforordningen-2026-07-03.html"
    address = "https://www.regjeringen.no/no/dokumenter/x/id3167072/"
    with world.database.transaction() as session:
        letter = DeadLetter(POLL, "regjeringen", address, "?", "text/html", page.read_bytes())
        dead_letters.keep(session, letter, DEMO_DAY)
    before = waiting_for_intake(processes)
    replayed = processes.run("dead-letters replay 1")
    assert (replayed.code, replayed.err) == (0, "")
    assert waiting_for_intake(processes) == before + 1


def test_demo_when_kafka_is_set_then_it_runs_on_its_own_database_all_the_same(tmp_path, world):
    for name in ("demo", "config"):
        (tmp_path / name).symlink_to(ROOT / name)
    with running(tmp_path, world.settings(), "demo", "--port", "0") as service:
        service.wait_for_address()
        assert (tmp_path / "var" / "demo.db").exists()
        assert service.stop().code == 0


def test_worker_when_its_topic_has_other_partitions_then_refuses_and_says_what_to_set(processes):
    refused = processes.run("worker intake", kafka_partitions=PARTITIONS + 1)
    assert refused.code == 1
    assert "CONSULTATIONS_KAFKA_PARTITIONS=2" in refused.err
    assert "Traceback" not in refused.err
    checked = processes.run("topics check", kafka_partitions=PARTITIONS + 1)
    assert checked.code == 1
    assert "CONSULTATIONS_KAFKA_PARTITIONS=2" in checked.err


def test_worker_when_started_with_fausts_own_command_line_then_works_and_stops_quietly(
    tmp_path, world, processes
):
    command = [Path(sys.executable).parent / "faust", "-A", "consultations.workers:tracking"]
    said = tmp_path / "said"
    with said.open("wb") as out:
        worker = subprocess.Popen(
            [*command, "worker", "-l", "info"], cwd=tmp_path, env=world.settings(), stdout=out,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        joined = wait_until(lambda: "Worker ready" in said.read_text("utf-8"), PATIENCE_SECONDS)
        assert joined, said.read_text("utf-8")
    finally:
        worker.terminate()
        worker.wait(60)
    assert worker.returncode == 0, said.read_text("utf-8")
