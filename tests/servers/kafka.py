"""A real Apache Kafka for the tests: one KRaft node on this machine, gone when they are done.

``Kafka`` is a broker of the caller's own, which may be stopped, killed and started again.
``start`` yields the address of one that is only to be talked to.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from consultations.domain.errors import BrokerUnavailable
from streams.connection import connect
from streams.topics import MAX_DEAD_LETTER_BYTES
from tests.servers import NotAvailable, afterwards

ADDRESS_VARIABLE = "TEST_KAFKA_SERVERS"
POM = Path(__file__).with_name("pom.xml")
VERSION = re.search(r"<version>(\d+\.\d+\.\d+)</version>", POM.read_text("utf-8"))[1]  # type: ignore[index]
JARS = Path(__file__).parents[2] / "var" / f"kafka-{VERSION}"
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
IMAGE = f"apache/kafka:{VERSION}"
JAVA_AT_LEAST = 17
JVM = ["-Xmx512m", "-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
       "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]  # fmt: skip
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
START_SECONDS = 60
STOP_SECONDS = 30


@contextmanager
def start(folder: Path | None = None) -> Iterator[str]:
    """Yield the address of a broker that nobody is to stop, ``host:port[,host:port]``.

    ``folder`` is for its data, a temporary one when it is not given. Raises ``NotAvailable``.
    """
    given = os.environ.get(ADDRESS_VARIABLE)
    if given:
        _wait_for(given, START_SECONDS)
        yield given
        return
    with _folder(folder) as mine, Kafka(mine) as kafka:
        yield kafka.address


class Kafka:
    """One broker on one address, with its data. To start raises ``NotAvailable`` if it cannot."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = _free_ports(2)
        self.address = f"127.0.0.1:{self._ports[0]}"
        self._log = folder / "broker.log"
        self._broker: Broker | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = ExitStack()
        self._container = ExitStack()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *, wait: bool = True) -> None:
        """Start, on the same address and data as before; return when it answers."""
        broker = self._prepared()
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                broker.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        self._guard.enter_context(afterwards(*broker.kill(self._process.pid)))
        if wait:
            self.wait()

    def wait(self) -> None:
        """Return when the broker and its group coordinator answer."""
        try:
            _wait_for(self.address, START_SECONDS, lambda: self.is_running)
        except NotAvailable as problem:
            said = self._log.read_text("utf-8", "replace").strip().splitlines()[-5:]
            raise NotAvailable(" ".join([f"{problem};", *said])) from problem

    def stop(self, *, kill: bool = False) -> None:
        """Stop in good order, or as by a power cut. It may be started again."""
        if self._process is None:
            return
        if not kill:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
        self._guard.close()
        self._process.wait(STOP_SECONDS)

    def close(self) -> None:
        """Stop for good. The data is nobody's any more, so there is nothing to be careful with."""
        self.stop(kill=True)
        self._container.close()

    def _prepared(self) -> "Broker":
        if self._broker is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._broker = _way_here()(self._folder, *self._ports)
            if self._broker.container:
                remove = afterwards("docker", "rm", "--force", "--volumes", self._broker.container)
                self._container.enter_context(remove)
        return self._broker


@dataclass(frozen=True)
class Broker:
    """A broker that is ready to be started. ``command`` runs it in the foreground."""

    command: Sequence[str]
    container: str | None = None

    def kill(self, pid: int) -> Sequence[str]:
        """Return the command that ends it without warning."""
        return ["docker", "kill", self.container] if self.container else ["kill", "-9", str(pid)]


def _local_broker(folder: Path, port: int, controller_port: int) -> Broker:
    """Prepare a broker that Java on this machine runs from its own jars."""
    settings = folder / "server.properties"
    properties = _properties(port, controller_port, "127.0.0.1")
    properties["log.dirs"] = str(folder / "data")
    settings.write_text("".join(f"{k}={v}\n" for k, v in properties.items()), "utf-8")
    java = [_java(), *JVM, "-cp", f"{_jars()}/*"]
    _run([*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)])
    return Broker([*java, "kafka.Kafka", str(settings)])


def _docker_broker(_folder: Path, port: int, controller_port: int) -> Broker:
    """Prepare a container of the project's own image."""
    name = f"test-kafka-{uuid.uuid4().hex}"
    properties = _properties(port, controller_port, "0.0.0.0")
    variables = [f"KAFKA_{k.upper().replace('.', '_')}={v}" for k, v in properties.items()]
    options = [word for variable in variables for word in ("--env", variable)]
    publish = f"127.0.0.1:{port}:{port}"
    _run(["docker", "create", "--name", name, "--publish", publish, *options, IMAGE])
    return Broker(["docker", "start", "--attach", name], name)


def _properties(port: int, controller_port: int, host: str) -> dict[str, str]:
    """Return the broker's settings; a restart is felt at once, not after the usual 9 seconds."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(MAX_DEAD_LETTER_BYTES),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        "log.cleaner.dedupe.buffer.size": str(4 * 2**20),
    }


@cache
def _way_here() -> Callable[[Path, int, int], Broker]:
    """Choose how to run a broker on this machine, or say why none of the ways will do."""
    try:
        _check_docker()
    except NotAvailable as no_docker:
        try:
            _java()
            _jars()
        except NotAvailable as no_java:
            raise NotAvailable(f"{no_java}, and {no_docker}") from no_java
        return _local_broker
    return _docker_broker


def _check_docker() -> None:
    if not shutil.which("docker"):
        raise NotAvailable("docker is not installed")
    try:
        subprocess.run(["docker", "info"], check=True, capture_output=True, timeout=10)
    except (subprocess.SubprocessError, OSError) as problem:
        raise NotAvailable("docker does not answer") from problem
    known = subprocess.run(["docker", "image", "inspect", IMAGE], check=False, capture_output=True)
    if known.returncode:
        _run(["docker", "pull", "--quiet", IMAGE])


@cache
def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if not java:
        raise NotAvailable("java is not installed")
    told = subprocess.run([java, "-version"], check=False, capture_output=True, text=True).stderr
    version = re.search(r'version "(\d+)', told)
    if not version or int(version[1]) < JAVA_AT_LEAST:
        raise NotAvailable(f"java is older than {JAVA_AT_LEAST}")
    return java


@cache
def _jars() -> Path:
    """Return the folder with the broker's jars, fetched once for a checkout."""
    if not JARS.is_dir():
        if not shutil.which("mvn"):
            raise NotAvailable(f"{JARS} is not there, and there is no mvn to fetch it with")
        JARS.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=JARS.parent) as folder:
            fetched = Path(folder) / JARS.name
            options = ["-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
            _run(["mvn", "-q", "-B", "-f", str(POM), COPY_JARS, *options])
            try:
                fetched.rename(JARS)
            except OSError:
                if not JARS.is_dir():  # otherwise another run was there first, with the same
                    raise
    return JARS


def _run(command: Sequence[str]) -> None:
    """Run a command that prepares the broker. Raises ``NotAvailable`` with its last words."""
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode:
        said = " ".join(done.stdout.strip().splitlines()[-3:])[-500:]
        raise NotAvailable(f"{command[0]} ended with {done.returncode}: {said}")


def _wait_for(address: str, seconds: float, is_alive: Callable[[], bool] = lambda: True) -> None:
    """Ask until the broker and the coordinator of a group answer: the latter comes up later."""
    end, problem = time.monotonic() + seconds, "it stopped"
    while time.monotonic() < end and is_alive():
        try:
            with closing(connect(KafkaAdminClient, address, 2.0)) as admin:
                admin.list_group_offsets("nobody")
        except (KafkaError, BrokerUnavailable) as not_yet:
            problem = str(not_yet)
            time.sleep(0.1)
        else:
            return
    raise NotAvailable(f"no answer from the broker on {address}: {problem}")


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        yield Path(folder)


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody uses; all are held until the last is found, so none comes twice."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()
