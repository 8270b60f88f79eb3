"""The engines behind one face, so that the same tests can be put to each of them."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol

from kafka import KafkaAdminClient, KafkaProducer

from consultations.handlers.step import INTAKE
from consultations.store import bus
from consultations.store.database import Database
from streams.embedded import EmbeddedEngine
from streams.progress import Progress
from streams.step import Step, StepRunner
from streams.topics import MAX_MESSAGE_BYTES, SOURCE_RECORDS
from streams.worker import create_app, run_worker
from tests.building import at
from tests.faust_rig import Rig, play, running, until
from tests.scripted_step import (
    Handle,
    Signs,
    crashing_after_commit,
    make_room,
    real_intake,
    real_routing,
    scripted,
)

Put = tuple[str | None, bytes | None]
"""Key and value, as they can be on a topic."""

ROOT = Path(__file__).parent.parent
PARTITIONS = 3
SECONDS = 40.0
SESSION_SECONDS = 3.0


class Engine(Protocol):
    """A step on one engine, with what a test needs to see of it."""

    database: Database
    signs: Signs

    def deliver(self, messages: Sequence[Put]) -> None:
        """Put messages on the topic."""

    def start(self) -> None:
        """Begin a worker, where the last one left off."""

    def tell_to_stop(self) -> None: ...

    def wait(self) -> None:
        """Return when the worker has ended, however it did."""

    def marked(self) -> int:
        """Count the messages that are marked as handled for good."""

    def stands(self) -> bool:
        """Whether the worker says that it cannot go on."""


def eventually(holds: Callable[[], object]) -> None:
    """Return when something holds, as it must soon."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, f"never came to be: {holds}"
        time.sleep(0.02)


def _handle(step: str, signs: Signs, crash: Callable[[], NoReturn]) -> Handle:
    match step:
        case "intake":
            return real_intake()
        case "routing":
            return real_routing()
    return scripted(signs, crash)


class Gone(BaseException):
    """The process would be no more."""


def vanish() -> NoReturn:
    raise Gone


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class InThisProcess(ABC):
    """What the engines that live in a thread of the tests have in common."""

    def __init__(self, database: Database, folder: Path, step: str, monkeypatch: Any) -> None:
        self.database = database
        self.signs = Signs(folder)
        make_room(database)
        self.step = Step(INTAKE, SOURCE_RECORDS, _handle(step, self.signs, vanish))
        self.said = _Said()
        logging.getLogger("streams").addHandler(self.said)
        monkeypatch.setattr(StepRunner, "take", crashing_after_commit(self.signs, vanish))
        self._stop = threading.Event()
        self._thread = threading.Thread()

    def start(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def tell_to_stop(self) -> None:
        self._stop.set()

    def wait(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()

    def stands(self) -> bool:
        return any("står ved" in line for line in self.said.lines)

    def close(self) -> None:
        self.signs.take("stay in the batch")
        self.tell_to_stop()
        if self._thread.ident:
            self.wait()
        logging.getLogger("streams").removeHandler(self.said)

    @abstractmethod
    def _live(self) -> None:
        """Carry messages until told to stop."""


class Embedded(InThisProcess):
    def __init__(self, database: Database, folder: Path, step: str, monkeypatch: Any) -> None:
        super().__init__(database, folder, step, monkeypatch)
        monkeypatch.setattr("streams.embedded.PAUSE_SECONDS", 0.02)
        monkeypatch.setattr("streams.embedded.IDLE_SECONDS", 0.02)

    def deliver(self, messages: Sequence[Put]) -> None:
        with self.database.transaction() as session:
            rows = [(key or "", value or b"") for key, value in messages]
            bus.append(session, SOURCE_RECORDS, rows, at(9))

    def marked(self) -> int:
        with self.database.reading() as session:
            waiting = bus.lag(session, INTAKE, SOURCE_RECORDS)
            everything = bus.lag(session, "nobody", SOURCE_RECORDS)
        return everything - waiting

    def _live(self) -> None:
        with suppress(Gone):
            EmbeddedEngine(self.database, [self.step], lambda: at(9)).run(self._stop)


class FaustWithoutBroker(InThisProcess):
    def __init__(self, database: Database, folder: Path, step: str, monkeypatch: Any) -> None:
        super().__init__(database, folder, step, monkeypatch)
        monkeypatch.setattr("streams.batches.leave", self._leave)
        monkeypatch.setattr("streams.batches.FIRST_PAUSE_SECONDS", 0.02)
        monkeypatch.setattr("streams.batches.LONGEST_PAUSE_SECONDS", 0.02)
        self._log: dict[int, list[Put]] = defaultdict(list)
        self._committed: dict[int, int] = {}
        self._folder = folder
        self._progress = Progress(lambda: at(9))
        self.left: list[int] = []
        """The exit codes with which the process would have ended."""

    def deliver(self, messages: Sequence[Put]) -> None:
        for key, value in messages:
            self._log[zlib.crc32((key or "").encode()) % PARTITIONS].append((key, value))

    def marked(self) -> int:
        return sum(self._committed.values())

    def stands(self) -> bool:
        return super().stands() and "står ved" in (self._progress.problem(at(9)) or "")

    def _live(self) -> None:
        play(self._act)

    async def _act(self) -> None:
        self.left = []
        app = create_app(
            self.step, self.database, lambda: at(9), servers="127.0.0.1:1",
            partitions=PARTITIONS, progress=self._progress, folder=self._folder,
        )  # fmt: skip
        async with running(app, SOURCE_RECORDS, PARTITIONS, self._committed) as rig:
            self._rig = rig
            fetching = asyncio.create_task(self._fetch(rig))
            await until(lambda: self._stop.is_set() or self.left, 60)
            fetching.cancel()
            if not self.left:
                stopping = asyncio.create_task(rig.stop())
                await until(lambda: stopping.done() or self.left, 60)
            self._committed = dict(rig.committed)

    async def _fetch(self, rig: Rig) -> None:
        read = dict(self._committed)
        while not rig.gone:
            for partition, messages in list(self._log.items()):
                for offset in range(read.get(partition, 0), len(messages)):
                    key, value = messages[offset]
                    read[partition] = offset + 1
                    await rig.push(partition, offset, key and key.encode(), value)
            await rig.commit()
            self._committed = dict(rig.committed)
            await asyncio.sleep(0.01)

    def _leave(self, code: int, reason: str) -> NoReturn:
        thrown_away = sys.exception()
        if isinstance(thrown_away, GeneratorExit):
            raise thrown_away  # by the garbage collector, long after the process would have ended
        if not self.left:
            self.left.append(code)
            logging.getLogger("streams.batches").critical(reason)
        self._rig.gone = True
        raise Gone


class FaustOnBroker:
    """A worker in a process of its own, on a real broker and a real PostgreSQL."""

    def __init__(self, url: str, servers: str, folder: Path, step: str, topic: str) -> None:
        self.database = Database(url)
        self.signs = Signs(folder)
        make_room(self.database)
        self.servers, self.topic = servers, topic
        self._log = folder / "worker.log"
        told = {"url": url, "servers": servers, "folder": str(folder), "step": step, "topic": topic}
        self._command = [sys.executable, "-m", "tests.engines", json.dumps(told)]
        self._process: subprocess.Popen[bytes] | None = None
        as_large = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
        shape = {"num_partitions": PARTITIONS, "replication_factor": 1, "configs": as_large}
        self._admin = KafkaAdminClient(bootstrap_servers=servers)
        self._admin.create_topics({topic: shape})
        self._admin.wait_for_topics([topic])

    def deliver(self, messages: Sequence[Put]) -> None:
        with closing(KafkaProducer(bootstrap_servers=self.servers)) as producer:
            sent = [
                producer.send(self.topic, key=key and key.encode(), value=value)
                for key, value in messages
            ]
            producer.flush(20)
            for delivery in sent:
                delivery.get(1)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=log, stderr=log)

    def tell_to_stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        if self._process:
            self._process.wait(30)

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8")

    def marked(self) -> int:
        places = self._admin.list_group_offsets(self.topic)[self.topic]
        return sum(place.offset for place in places.values() if place.offset > 0)

    def stands(self) -> bool:
        return "står ved" in self.said and self.exit_code is None

    def close(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        self._admin.close()
        self.database.close()


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(told: dict[str, str]) -> None:
    """Be the worker of ``FaustOnBroker``; its consumer group is called like its topic."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    signs = Signs(Path(told["folder"]))
    handle = _handle(told["step"], signs, _crash)
    StepRunner.take = crashing_after_commit(signs, _crash)  # type: ignore[method-assign]
    app = create_app(
        Step(told["topic"], told["topic"], handle), Database(told["url"]), lambda: at(9),
        servers=told["servers"], partitions=PARTITIONS, progress=Progress(lambda: at(9)),
        folder=signs.folder, session_seconds=SESSION_SECONDS,
    )  # fmt: skip
    app.conf.broker_commit_interval = 0.2
    run_worker(app)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
