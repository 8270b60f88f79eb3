"""Runs the parts of a process side by side: all of them, or none."""

import errno
import fcntl
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import uvicorn
from starlette.applications import Starlette

from consultations.domain.errors import ConfigError

LOOPBACK = "127.0.0.1"
_EVERYWHERE = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - recognised, not listened on
"""Where to reach, from the same machine, what listens on every address."""

log = logging.getLogger(__name__)

Work = Callable[[threading.Event], None]
"""A part that runs until the event is set."""


@dataclass(frozen=True)
class Site:
    """What is answered over HTTP, and where.

    ``setting`` names the variable that holds ``port``; 0 is a free one. ``announce`` is told the
    address once it can be opened.
    """

    app: Starlette
    host: str
    port: int
    setting: str
    announce: Callable[[str], None]


def run_together(
    parts: Mapping[str, Work], sites: Sequence[Site] = (), lock_file: Path | None = None
) -> None:
    """Run parts, and sites beside them, until SIGTERM or Ctrl-C.

    ``parts`` are named in Norwegian. One that fails stops all of them, with exit code 1: better
    seen than half. Raises ``ConfigError`` when a port or the lock is taken.
    """
    ends = SimpleQueue[object]()
    with ExitStack() as stack:
        if lock_file:
            stack.enter_context(_alone(lock_file))
        stack.enter_context(_signals_told_to(ends.put))
        threads = stack.enter_context(beside(parts, sites, on_failure=lambda: ends.put(None)))
        ends.get()
    if any(thread.failed for thread in threads):
        raise SystemExit(1)


@contextmanager
def beside(
    parts: Mapping[str, Work], sites: Sequence[Site], on_failure: Callable[[], object]
) -> Iterator[Sequence["Part"]]:
    """Run parts and sites for as long as the body runs. Raises ``ConfigError`` as above."""
    stop = threading.Event()
    with ExitStack() as stack:
        listeners = [stack.enter_context(_listen(site)) for site in sites]
        served = {
            f"svar på port {listener.getsockname()[1]}": _serving(site, listener)
            for site, listener in zip(sites, listeners, strict=True)
        }
        threads = [Part(name, work, stop, on_failure) for name, work in {**parts, **served}.items()]
        for thread in threads:
            thread.start()
        for site, listener in zip(sites, listeners, strict=True):
            site.announce(web_address(site.host, listener.getsockname()[1]))
        try:
            yield threads
        finally:
            stop.set()
            for thread in threads:
                thread.join()


class Part(threading.Thread):
    """Runs beside the others, and tells when it fails."""

    def __init__(
        self, name: str, work: Work, stop: threading.Event, on_failure: Callable[[], object]
    ) -> None:
        super().__init__(name=name)
        self._work, self._until, self._on_failure = work, stop, on_failure
        self.failed = False

    def run(self) -> None:
        try:
            self._work(self._until)
        except Exception:
            log.exception("Prosessen stopper fordi %s feilet", self.name)
            self.failed = True
            self._on_failure()


class _Server(uvicorn.Server):
    """A server that ends when the event is set, like any other part."""

    def __init__(self, app: Starlette, stop: threading.Event) -> None:
        super().__init__(uvicorn.Config(app, log_level="warning"))
        self._until = stop

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._until.is_set()


def _serving(site: Site, listener: socket.socket) -> Work:
    return lambda stop: _Server(site.app, stop).run(sockets=[listener])


def web_address(host: str, port: int) -> str:
    """Return the address that reaches, on this machine, what listens there."""
    host = _EVERYWHERE.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


@contextmanager
def _listen(site: Site) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in site.host else socket.AF_INET
    try:
        listener = socket.create_server((site.host, site.port), family=family)
    except OSError as problem:
        raise ConfigError(_why_not(site, problem)) from problem
    with listener:
        yield listener


def _why_not(site: Site, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return (
            f"Port {site.port} er opptatt. Sett {site.setting} til en annen, eller 0 for en ledig."
        )
    reason = os.strerror(problem.errno) if problem.errno and problem.errno > 0 else problem
    return (
        f"Kan ikke lytte på {site.host}, port {site.port} ({reason}). Sett CONSULTATIONS_HOST til "
        f"en adresse denne maskinen har, og {site.setting} til en port du får bruke."
    )


@contextmanager
def _signals_told_to(tell: Callable[[object], object]) -> Iterator[None]:
    """Have SIGTERM and Ctrl-C told instead of ending the process before its parts have ended."""
    before = {
        number: signal.signal(number, lambda number, _frame: tell(number))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
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
