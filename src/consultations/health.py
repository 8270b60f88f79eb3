"""Whether a process lives and whether it gets anywhere, for those who watch over it.

A question is asked every few seconds at most, one at a time and in a thread of its own: probes
cannot load what is asked about, and what hangs holds nobody up.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from consultations.store import sources
from consultations.store.database import Database, DatabaseUnavailable, reason_of

FRESH_SECONDS = 3.0
LIMIT_SECONDS = 3.0

LOOK_SECONDS = 20.0
LOOKS_UNTIL_TOLD = 3
"""What lasts about a minute goes in the log; a restart or a rebalance is over before that."""

LONGEST_TURN_SECONDS = 240.0
"""The lease of a delivery is three minutes: a turn that lasts longer has got stuck."""

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """Whether something is as it should be, and in Norwegian how it is."""

    ok: bool
    says: str


Question = Callable[[], Answer]


def begin(ask: Callable[[], T]) -> Future[T]:
    """Ask in a thread that the process does not wait for when it ends."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as problem:  # noqa: BLE001 - it is raised where the answer is read
            answer.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    return answer


def about_database(database: Database) -> Answer:
    """Tell whether the database answers."""
    try:
        with database.reading() as session:
            sources.all_sources(session)
    except DatabaseUnavailable as problem:
        return Answer(ok=False, says=f"svarer ikke ({reason_of(problem)})")
    return Answer(ok=True, says="svarer")


class Pulse:
    """Runs a part, and tells when it last went round: at each turn it asks whether to stop."""

    def __init__(
        self,
        work: Callable[[threading.Event], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._monotonic = monotonic
        self._last_turn = monotonic()

    def run(self, stop: threading.Event) -> None:
        self._work(_Watched(stop, self._beat))

    def _beat(self) -> None:
        self._last_turn = self._monotonic()

    def answer(self) -> Answer:
        """Tell how long ago the last turn was; a turn holds a few slow calls at the most."""
        seconds = self._monotonic() - self._last_turn
        says = f"siste runde for {seconds:.0f} sekunder siden"
        return Answer(ok=seconds <= LONGEST_TURN_SECONDS, says=says)


class _Watched(threading.Event):
    """A stop event that tells each time somebody asks it."""

    def __init__(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        super().__init__()
        self._real, self._beat = stop, beat

    def is_set(self) -> bool:
        self._beat()
        return self._real.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        self._beat()
        return self._real.wait(timeout)


class Health:
    """Asks the questions that decide whether a process is ready for work."""

    def __init__(
        self,
        questions: Mapping[str, Question],
        *,
        limit_seconds: float = LIMIT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._questions = questions
        self._limit = limit_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Answer]] = {}
        self._answers: dict[str, Answer] = {}
        self._fresh_until = float("-inf")

    def answers(self) -> Mapping[str, Answer]:
        """Return the answer to each question, a few seconds old at most."""
        with self._lock:
            if self._monotonic() >= self._fresh_until:
                self._answers = self._ask_all()
                self._fresh_until = self._monotonic() + FRESH_SECONDS
            return self._answers

    def watch(self, stop: threading.Event) -> None:
        """Log what has been wrong for a while, and when it is right again, until told to stop."""
        looks = dict.fromkeys(self._questions, 0)
        while not stop.wait(LOOK_SECONDS):
            for name, answer in self.answers().items():
                if answer.ok and looks[name] >= LOOKS_UNTIL_TOLD:
                    log.warning("I orden igjen: %s: %s", name, answer.says)
                looks[name] = 0 if answer.ok else looks[name] + 1
                if looks[name] == LOOKS_UNTIL_TOLD:
                    log.warning("Ikke klar: %s: %s", name, answer.says)

    def _ask_all(self) -> dict[str, Answer]:
        for name, ask in self._questions.items():
            if name not in self._under_way:
                self._under_way[name] = begin(ask)
        wait(self._under_way.values(), self._limit)
        return {name: self._answer(name) for name in self._questions}

    def _answer(self, name: str) -> Answer:
        if not self._under_way[name].done():
            return Answer(ok=False, says=f"svarer ikke på {self._limit:g} sekunder")
        try:
            return self._under_way.pop(name).result()
        except DatabaseUnavailable as problem:
            return Answer(ok=False, says=f"databasen svarer ikke ({reason_of(problem)})")
        except Exception as problem:
            log.exception("Kunne ikke finne ut hvordan det står til med %s", name)
            return Answer(ok=False, says=f"kunne ikke spørres ({type(problem).__name__})")


def routes(health: Health) -> list[Route]:
    """Return ``/livez`` (200 while the process answers) and ``/readyz`` (200, else 503)."""

    def readyz(_: Request) -> Response:
        answers = health.answers()
        ready = all(answer.ok for answer in answers.values())
        checks = {name: {"ok": answer.ok, "says": answer.says} for name, answer in answers.items()}
        status = "ok" if ready else "unavailable"
        return JSONResponse({"status": status, "checks": checks}, 200 if ready else 503)

    return [Route("/livez", _livez), Route("/readyz", readyz)]


def _livez(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def health_app(health: Health) -> Starlette:
    """Return an application that answers probes and nothing else."""
    return Starlette(routes=routes(health))
