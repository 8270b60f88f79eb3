"""Our own processes, as people run them, for a measurement."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.stage import PARTITIONS, Stage
from streams.admin import TopicAdmin
from streams.topics import GROUPS
from tests.service import ROOT, Processes, Service, environment, processes_in, wait_until

ROLES = (*(f"worker {step}" for step in GROUPS), "relay")


@contextmanager
def fleet(stage: Stage, roles: tuple[str, ...] = ROLES) -> Iterator[str]:
    """Run one process of each role on empty topics. Yields the database's address."""
    with processes(stage, roles) as (url, _):
        yield url


@contextmanager
def processes(stage: Stage, roles: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Service]]]:
    """The same, with the processes by role."""
    folder = stage.folder / f"fleet-{time.monotonic_ns()}"
    stage.new_topics()
    with (
        stage.database() as url,
        processes_in(folder, _settings(stage, url)) as started,
    ):
        found = {role: started.start(role, health_port=0) for role in roles}
        _wait_until_up(started, stage, roles)
        yield url, found
        started.stop_all()


def _settings(stage: Stage, url: str) -> dict[str, str]:
    return environment(
        database_url=url, kafka_servers=stage.kafka, kafka_partitions=PARTITIONS,
        config_dir=ROOT / "config", recorded_answers=ROOT / "demo" / "answers",
    )  # fmt: skip


def _wait_until_up(started: Processes, stage: Stage, roles: tuple[str, ...]) -> None:
    """Every process answers on its health, and every worker is in its group."""
    topics = TopicAdmin(stage.kafka, PARTITIONS, 1)
    groups = [role.removeprefix("worker ") for role in roles if role.startswith("worker ")]
    up = wait_until(
        lambda: (
            all(service.health_address for service in started.started)
            and all(topics.members(group) for group in groups)
        )
    )
    assert up, [service.err for service in started.started]
    time.sleep(2)


def resident_megabytes(service: Service) -> float:
    """Return how much memory a process holds just now (VmRSS)."""
    status = Path(f"/proc/{service.process.pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
