"""Runs the parts of the service in one process: all of them, or none."""

import fcntl
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from consultations.domain.errors import ConfigError

LOOPBACK = "127.0.0.1"

log = logging.getLogger(__name__)

Work = Callable[[threading.Event], None]
"""A part that runs until the event is set."""


def run_together(
    pages: Starlette,
    parts: Mapping[str, Work],
    *,
    stop: threading.Event,
    port: int,
    lock_file: Path | None,
    announce: Callable[[str], None],
) -> None:
    """Serve the pages on loopback with the other parts beside them, until interrupted.

    ``announce`` is told the address once the pages can be opened. ``parts`` are named in
    Norwegian. A part that fails stops all of it, with exit code 1: better seen than half.
    Raises ``ConfigError`` when the port or the lock is taken.
    """
    with _alone(lock_file) if lock_file else nullcontext(), _listen(port) as listener:
        server = uvicorn.Server(uvicorn.Config(pages, log_level="warning"))
        threads = [_Part(name, work, stop, server) for name, work in parts.items()]
        for thread in threads:
            thread.start()
        announce(f"http://{LOOPBACK}:{listener.getsockname()[1]}/")
        try:
            with _signals_stop(server):
                server.run(sockets=[listener])
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    if any(thread.failed for thread in threads):
        raise SystemExit(1)


class _Part(threading.Thread):
    """Runs beside the pages, and takes them along if it fails."""

    def __init__(
        self, name: str, work: Work, stop: threading.Event, server: uvicorn.Server
    ) -> None:
        super().__init__(name=name)
        self._work, self._until, self._server = work, stop, server
        self.failed = False

    def run(self) -> None:
        try:
            self._work(self._until)
        except Exception:
            log.exception("Tjenesten stopper fordi %s feilet", self.name)
            self.failed = True
            self._server.should_exit = True


@contextmanager
def _listen(port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((LOOPBACK, port))
    except OSError as problem:
        raise ConfigError(
            f"Port {port} er opptatt. Sett CONSULTATIONS_PORT til en annen, eller 0 for en ledig."
        ) from problem
    with listener:
        yield listener


@contextmanager
def _signals_stop(server: uvicorn.Server) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C stop the server, and so the rest of us after it.

    uvicorn raises the signal again once it has stopped; by default that would end the process
    before the other parts have.
    """

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _alone(lock_file: Path) -> Iterator[None]:
    """Hold the lock that lets one service at a time run on a database."""
    with lock_file.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            database = lock_file.with_suffix("")
            raise ConfigError(
                f"Tjenesten kjører allerede på {database}. Stopp den først, eller sett "
                "CONSULTATIONS_DATABASE_URL til en annen database."
            ) from problem
        yield
