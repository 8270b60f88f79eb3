"""A real PostgreSQL: the one at TEST_POSTGRES_URL, or one in Docker, or one from this machine."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from consultations.store.database import Database
from tests.servers import NotAvailable, afterwards

IMAGE = "postgres:17-alpine"
OLDEST = 15
SECONDS_TO_START = 60


@dataclass
class Postgres:
    """A server with room for many databases. ``admin`` is the address of one that is there.

    ``begin`` and ``end`` are what starts and stops it; a server given to us has neither.
    """

    admin: sa.URL
    begin: Sequence[str] = ()
    end: Sequence[str] = ()
    """The command that stops it at once, as if the power went."""
    end_gently: Sequence[str] = ()
    popen: dict[str, Any] = field(default_factory=dict)
    _template: str | None = None

    @property
    def can_restart(self) -> bool:
        return bool(self.begin)

    def start(self) -> None:
        """Start it again on the same port with the same contents. Returns when it answers."""
        _run(self.begin, **self.popen)
        _await(self.admin)

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it; ``immediate`` as if the power went, else letting it tidy up."""
        _run(self.end if immediate else self.end_gently, **self.popen)

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Give the address of a database of one's own with our tables in it."""
        if self._template is None:
            self._template = self._new_template()
        with self._database(f"test_{secrets.token_hex(6)}", self._template) as url:
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Give the address of a database of one's own with nothing in it."""
        with self._database(f"test_{secrets.token_hex(6)}", "template0") as url:
            yield url

    def execute(self, statement: str, *names: str) -> None:
        """Run an administrator's statement, with names put in for each ``{}``."""
        query = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(_plain(self.admin), autocommit=True) as connection:
            connection.execute(query)

    @contextmanager
    def _database(self, name: str, template: str) -> Iterator[str]:
        self.execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self._url(name)
        finally:
            self.drop(name)

    def drop(self, name: str) -> None:
        self.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def close(self) -> None:
        """Take away what is ours and not a test's."""
        if self._template and not self.can_restart:
            self.drop(self._template)

    def _new_template(self) -> str:
        name = f"template_{secrets.token_hex(6)}"
        self.execute("CREATE DATABASE {} TEMPLATE template0", name)
        database = Database(self._url(name))
        database.migrate()
        database.close()
        return name

    def _url(self, name: str) -> str:
        return self.admin.set(database=name).render_as_string(hide_password=False)


@contextmanager
def start() -> Iterator[Postgres]:
    """Start a server, or use the one we were given. Raises ``NotAvailable``."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        server = Postgres(sa.make_url(given))
        try:
            _await(server.admin, seconds=5)
        except TimeoutError as problem:
            said = str(problem).splitlines()[0]
            raise NotAvailable(f"TEST_POSTGRES_URL does not answer ({said})") from problem
        try:
            yield server
        finally:
            server.close()
    else:
        with start_own() as server:
            yield server


def start_own() -> AbstractContextManager[Postgres]:
    """Start a server that may be stopped and started again. Raises ``NotAvailable``."""
    return _in_docker() if _docker_works() else _from_this_machine()


def _docker_works() -> bool:
    """Docker is there, and has the image or can fetch it."""
    if not shutil.which("docker"):
        return False
    has = f"docker info && (docker image inspect {IMAGE} || docker pull {IMAGE})"
    return subprocess.run(["sh", "-c", has], capture_output=True, check=False).returncode == 0


@contextmanager
def _in_docker() -> Iterator[Postgres]:
    name, port, password = f"test-{secrets.token_hex(6)}", _free_port(), secrets.token_hex(8)
    with afterwards("docker", "rm", "--force", "--volumes", name):
        _run(["docker", "run", "--detach", "--name", name, "--publish", f"127.0.0.1:{port}:5432",
              "--env", f"POSTGRES_PASSWORD={password}", IMAGE])  # fmt: skip
        server = Postgres(
            _address(port, password, user="postgres"), begin=["docker", "start", name],
            end=["docker", "kill", name], end_gently=["docker", "stop", name],
        )  # fmt: skip
        _await(server.admin)
        yield server


@contextmanager
def _from_this_machine() -> Iterator[Postgres]:
    initdb, pg_ctl = (str(_binaries() / program) for program in ("initdb", "pg_ctl"))
    folder, port, password = (
        Path(tempfile.mkdtemp(prefix="pg-")),
        _free_port(),
        secrets.token_hex(8),
    )
    data, popen = str(folder / "data"), _not_as_root(folder)
    stop = [pg_ctl, "stop", "-D", data, "-w", "-m"]
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c max_connections=200"
    server = Postgres(
        _address(port, password, user="test"), popen=popen,
        begin=[pg_ctl, "start", "-D", data, "-w", "-l", str(folder / "log"), "-o", options],
        end=[*stop, "immediate"], end_gently=[*stop, "fast"],
    )  # fmt: skip
    with afterwards("sh", "-c", '"$@"; rm -rf "$0"', str(folder), *server.end, **popen):
        (folder / "password").write_text(password)
        _run([initdb, "-D", data, "-U", "test", "-A", "scram-sha-256", "--no-sync", "-E", "UTF8",
              "--locale=C", f"--pwfile={folder / 'password'}"], **popen)  # fmt: skip
        server.start()
        yield server


def _binaries() -> Path:
    """Return where the newest PostgreSQL of this machine has its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve())
    if not found:
        raise NotAvailable("neither Docker nor PostgreSQL is installed (apt install postgresql)")
    if _version(found[-1]) < OLDEST:
        raise NotAvailable(f"PostgreSQL {_version(found[-1])} is too old, we need {OLDEST}")
    return found[-1].parent


def _version(initdb: Path) -> int:
    told = subprocess.run([initdb, "--version"], capture_output=True, text=True, check=True).stdout
    return int(told.rsplit(maxsplit=1)[-1].split(".")[0])


def _not_as_root(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: give the folder to its own user, and run as that."""
    common = {"cwd": folder}
    if os.geteuid() != 0:
        return common
    try:
        user = pwd.getpwnam("postgres")
    except KeyError as problem:
        raise NotAvailable("we are root, and there is no user «postgres»") from problem
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {**common, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _address(port: int, password: str, user: str) -> sa.URL:
    return sa.URL.create("postgresql", user, password, "127.0.0.1", port, "postgres")


def _plain(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _await(admin: sa.URL, seconds: float = SECONDS_TO_START) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(_plain(admin), connect_timeout=5).close()
        except psycopg.OperationalError as problem:
            if time.monotonic() > until:
                raise TimeoutError(str(problem)) from problem
            time.sleep(0.1)
        else:
            return


def _run(command: Sequence[str], **popen: Any) -> None:
    """Run a command that must succeed; what it said is in the error when it does not.

    Its output goes to a file: a server it leaves behind would hold a pipe open.
    """
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, **popen,
            start_new_session=True,
        )  # fmt: skip
        said.seek(0)
        if done.returncode:
            raise NotAvailable(f"{command[0]} failed: {said.read().strip()[-500:]}")
