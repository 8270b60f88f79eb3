"""Starts the real service in a process of its own, for tests that stop or kill it."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sysconfig
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from click.testing import Result

from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store import bus, ledger, outbox, sources
from consultations.store.database import Database, Session
from consultations.store.ledger import DeliveryState
from streams.topics import EVENTS, SOURCE_RECORDS
from tests import fake_slack
from tests.fake_slack import TOKEN, Answer, Call, FakeSlack, Handle, serving

ROOT = Path(__file__).parent.parent
CONSULTATIONS = Path(sysconfig.get_path("scripts")) / "consultations"
DEMO_DAY = datetime(2026, 7, 4, 8, 42, tzinfo=UTC)
PATIENCE_SECONDS = 60

Run = Callable[..., Result]
"""Runs one command in this process; keyword arguments change settings."""

PAST_EVERY_WAIT = timedelta(minutes=20)
"""Longer than a delivery's lease, and than the longest pause between two attempts."""

STEPS = ((INTAKE, SOURCE_RECORDS), (ROUTING, EVENTS), (TRACKING, EVENTS))


def wait_until(done: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> bool:
    """Ask ``done()`` until it says yes. Returns False when the time is up."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def environment(**given: object) -> dict[str, str]:
    """Return this process's environment, with the given settings of ours and no other."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CONSULTATIONS_") and not name.lower().endswith("_proxy")
    }
    return kept | variables(**given)


def variables(**given: object) -> dict[str, str]:
    """Return settings as the variables of an environment."""
    return {f"CONSULTATIONS_{name.upper()}": str(value) for name, value in given.items()}


def wired_config(folder: Path, *, every_minute: bool = True) -> Path:
    """Copy ``config/`` with a Slack id on every channel.

    ``every_minute``: let each source be overdue at every start, however the last one ended.
    """
    shutil.copytree(ROOT / "config", folder)
    channels = folder / "channels.yaml"
    numbers = iter(range(1_000_000, 2_000_000))
    wired = re.sub(
        r"slack_id: null$", lambda _: f"slack_id: C{next(numbers)}", channels.read_text("utf-8"),
        flags=re.MULTILINE,
    )  # fmt: skip
    channels.write_text(wired, "utf-8")
    if every_minute:
        sources = folder / "sources.yaml"
        crontab = re.compile(r'- "[^"]+"$', flags=re.MULTILINE)
        sources.write_text(crontab.sub('- "* * * * *"', sources.read_text("utf-8")), "utf-8")
    return folder


def slack_ids(config: Path) -> list[str]:
    return re.findall(r"slack_id: (C\d+)", (config / "channels.yaml").read_text("utf-8"))


def answers(folder: Path, which: Literal["first", "later"]) -> Path:
    """Copy the demo's answers with only the first, or only the last, answer of each address.

    The demo counts requests in one process; a killed one would begin again at the first.
    """
    shutil.copytree(ROOT / "demo" / "answers", folder)
    index = folder / "index.json"
    by_url: dict[str, list[object]] = {}
    for entry in json.loads(index.read_text("utf-8")):
        by_url.setdefault(entry["url"], []).append(entry)
    kept = [found[0 if which == "first" else -1] for found in by_url.values()]
    index.write_text(json.dumps(kept), "utf-8")
    return folder


class WorldClock:
    """The time in the world around the service: what it was set to at the last start, and on."""

    def __init__(self, start: datetime = DEMO_DAY) -> None:
        self._start, self._began = start, time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def forward(self, by: timedelta) -> datetime:
        self._start, self._began = self.now() + by, time.monotonic()
        return self._start


class MoodySlack(FakeSlack):
    """Slack on a bad day: slow, sometimes failing, sometimes hanging up after it has accepted."""

    def __init__(self, channels: Iterable[str], clock: WorldClock, chance: random.Random) -> None:
        super().__init__(channels, now=lambda: clock.now().timestamp(), monotonic=time.monotonic)
        self.calm = True
        self._chance = chance

    def answer(self, method: str, call: Call, token: str) -> Answer:
        if not self.calm:
            self._script[method].append(self._mood)
        return super().answer(method, call, token)

    def _mood(self, handle: Handle, call: Call) -> Answer:
        time.sleep(self._chance.uniform(0, 0.15))
        mood = self._chance.random()
        if mood < 0.05:
            return fake_slack.cut_before_accepting(handle, call)
        answer = handle(call)
        time.sleep(self._chance.uniform(0, 0.15))
        if mood < 0.15:
            raise fake_slack.CutConnectionError
        return Answer("<html>upstream</html>", 502) if mood < 0.2 else answer

    def visible(self) -> Counter[str]:
        """Count the messages that people see each ledger key in."""
        return Counter(key for message in self.messages for key in message.keys)


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Service:
    """One run of ``consultations``, in a process group of its own."""

    def __init__(self, folder: Path, settings: Mapping[str, str], *arguments: str) -> None:
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [CONSULTATIONS, *(arguments or ("serve",))],
                cwd=folder, env=settings, stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip

    @property
    def out(self) -> str:
        return self._out.read_text("utf-8")

    @property
    def err(self) -> str:
        return self._err.read_text("utf-8")

    @property
    def address(self) -> str | None:
        found = re.search(r"Åpne (http\S+)", self.out)
        return found.group(1) if found else None

    def wait_for_address(self) -> str:
        wait_until(lambda: self.address or self.process.poll() is not None)
        assert self.address, f"kom ikke opp:\n{self.err}"
        return self.address

    @property
    def health_address(self) -> str | None:
        """Where it answers on its health, once it does; set ``health_port=0`` for a free port."""
        found = re.search(r"Helse: (http\S+)", self.out)
        return found.group(1) if found else None

    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait_until(self, done: Callable[[], object]) -> None:
        """Wait for something to be true while the service goes on running."""
        in_time = wait_until(lambda: done() or self.process.poll() is not None)
        assert in_time, f"ble ikke ferdig:\n{self.out}\n{self.err}"
        assert self.process.poll() is None, f"stoppet av seg selv:\n{self.err}"

    def kill(self) -> None:
        """Kill without warning everything that was started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> Ended:
        self.process.send_signal(with_signal)
        return self.ended()

    def ended(self, seconds: float = PATIENCE_SECONDS) -> Ended:
        code = self.process.wait(seconds)
        return Ended(code, self.out, self.err)


@contextmanager
def running(folder: Path, settings: Mapping[str, str], *arguments: str) -> Iterator[Service]:
    """Run ``consultations`` (``serve`` when nothing else is said); killed at the end if alive."""
    folder.mkdir(parents=True, exist_ok=True)
    service = Service(folder, settings, *arguments)
    try:
        yield service
    finally:
        if service.is_running():
            service.kill()


class Processes:
    """Several processes of ours with the same settings, started and stopped as a test likes."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder, self._settings = folder, settings
        self.started: list[Service] = []

    def start(self, command: str, **changed: object) -> Service:
        """Start ``consultations <command>``; ``changed`` settings win over the common ones."""
        folder = self._folder / f"{len(self.started):03}-{command.replace(' ', '-')}"
        folder.mkdir(parents=True)
        service = Service(folder, {**self._settings, **variables(**changed)}, *command.split())
        self.started.append(service)
        return service

    def run(self, command: str, seconds: float = PATIENCE_SECONDS, **changed: object) -> Ended:
        """Run a command to its end."""
        return self.start(command, **changed).ended(seconds)

    @property
    def running(self) -> list[Service]:
        return [service for service in self.started if service.is_running()]

    def stop_all(self) -> list[Ended]:
        """Ask all that run to stop, at the same time, and wait for each."""
        services = self.running
        for service in services:
            service.process.send_signal(signal.SIGTERM)
        return [service.ended() for service in services]

    def kill_all(self) -> None:
        for service in self.running:
            service.kill()


@contextmanager
def processes_in(folder: Path, settings: Mapping[str, str]) -> Iterator[Processes]:
    """Give a test processes of its own; what still runs at the end is killed."""
    processes = Processes(folder, settings)
    try:
        yield processes
    finally:
        processes.kill_all()


class World:
    """One database with the service on it, the sources and Slack around it, and their clock.

    ``given`` settings win: ``database_url`` and ``kafka_servers`` make a world on servers.
    """

    def __init__(
        self, folder: Path, chance: random.Random, *, every_minute: bool = True, **given: object
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self.clock = WorldClock()
        self.config = wired_config(folder / "config", every_minute=every_minute)
        self.slack = MoodySlack(slack_ids(self.config), self.clock, chance)
        self.slack_url = ""
        self.given = {"database_url": f"sqlite:///{folder / 'consultations.db'}", **given}
        self.database_url = str(self.given["database_url"])
        self.database = Database(self.database_url)
        self.starts = 0
        self.started_at = self.clock.now()
        self._answers = answers(folder / "first", "first")

    def a_day_later(self) -> None:
        """Let the sources give their last answers from now on."""
        self._answers = answers(self.folder / "later", "later")
        self.clock.forward(timedelta(days=1))

    def settings(self) -> dict[str, str]:
        return environment(
            recorded_answers=self._answers, clock_starts_at=self.started_at.isoformat(), port=0,
            config_dir=self.config, slack_token=TOKEN, slack_api_url=self.slack_url, **self.given,
        )  # fmt: skip

    @contextmanager
    def start(
        self, after: timedelta = PAST_EVERY_WAIT, arguments: tuple[str, ...] = ("serve",)
    ) -> Iterator[Service]:
        """Start the service, or another command, some time after the last start."""
        self.starts += 1
        self.started_at = self.clock.forward(after)
        folder = self.folder / f"start-{self.starts}"
        with running(folder, self.settings(), *arguments) as service:
            yield service

    def finish(self) -> None:
        """Start once more on a calm day, let the service come to the end of its work, stop it."""
        self.slack.calm = True
        with self.start() as service:
            service.wait_for_address()
            service.wait_until(self.is_done)
            ended = service.stop()
        assert ended.code == 0, ended.err

    def is_done(self) -> bool:
        """Tell whether every source was polled since the start, and all there was to tell told."""
        with self.database.reading() as session:
            polled = [row.last_success_at for row in sources.all_sources(session)]
            if len(polled) < 2 or not all(at and at >= self.started_at for at in polled):
                return False
            return not steps_waiting(session) and set(ledger.tally(session)) <= {DeliveryState.SENT}


def steps_waiting(session: Session) -> bool:
    lag = any(bus.lag(session, group, topic) for group, topic in STEPS)
    return lag or outbox.backlog(session) > 0


@contextmanager
def world_in(
    folder: Path, chance: random.Random, *, every_minute: bool = True, **given: object
) -> Iterator[World]:
    world = World(folder, chance, every_minute=every_minute, **given)
    with serving(world.slack) as world.slack_url:
        yield world
    world.database.close()


def said(result: Result, *, code: int = 1) -> str:
    """Return the one message that a command ended with, for people to act on."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.stderr
    message = re.sub(r"^Feil: ", "", result.stderr)
    assert message != result.stderr, f"ingen «Feil: …» i: {result.stderr}"
    return message.strip()
