"""When each source is polled, and what is done every minute.

Jobs are declared at start; what was last done is in the store.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
)
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from consultations.clock import Clock
from consultations.domain.calendar import OSLO
from consultations.domain.errors import BrokerUnavailable
from consultations.health import Answer
from consultations.store.database import DatabaseUnavailable, reason_of

JITTER_SECONDS = 60
"""Polls are spread by up to this much, so that they do not all fall on the full minute."""

LOOK_SECONDS = 1.0
"""How often to make sure that we still lead, or to see whether nobody does."""

RETRY_SECONDS = 300.0
"""A poll that our own database or broker cut off need not wait for the source's next turn."""

TICK_SECONDS = 60.0
"""How often a job that follows the clock is run."""

LAST_TURN_SECONDS = 20.0
"""So long may jobs under way take to end when the process does. What they did not do is left."""

LONGEST_TICK_SECONDS = 900.0
"""A weekly mail to everyone takes minutes; a job that takes longer than this has got stuck."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PollJob:
    """A source, its rhythm as crontab lines in Oslo time, and when it was last started (UTC)."""

    source: str
    crontab: Sequence[str]
    run: Callable[[], object]
    last_started_at: datetime | None


class Polls:
    """Polls every source in its rhythm, if this process is the one among several that leads.

    ``jobs`` is asked each time the lead is taken: what is overdue then runs at once. Its event
    is set when the polls should end. ``leads`` tells whether we have the lead, and takes it if
    nobody has; any thread may ask it.
    """

    def __init__(
        self,
        jobs: Callable[[threading.Event], Sequence[PollJob]],
        clock: Clock,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._ask_who_leads = leads
        self._is_leading = False
        self._failed: dict[str, _Failure] = {}

    def run(self, stop: threading.Event) -> None:
        """Poll, or stand by, until told to stop. Polls under way end soon after."""
        while not stop.is_set():
            try:
                if self._leads():
                    self._lead(stop)
            except DatabaseUnavailable as problem:
                log.warning("Hentingen venter på databasen: %s", reason_of(problem))
            stop.wait(LOOK_SECONDS)

    def answer(self) -> Answer:
        """Tell how it goes. To stand by is as good as to lead; why we do, the database may know."""
        failures = list(self._failed.items())
        failed = "; ".join(f"{source}: {failure.reason}" for source, failure in failures)
        if failed:
            return Answer(ok=False, says=f"henting ble avbrutt, prøves igjen ({failed})")
        return Answer(ok=True, says="henter" if self._is_leading else "i reserve")

    def _leads(self) -> bool:
        leads = self._is_leading = self._ask_who_leads()
        return leads

    def _lead(self, stop: threading.Event) -> None:
        over = threading.Event()
        jobs = [replace(job, run=self._only_as_leader(job.run)) for job in self._jobs(over)]
        scheduler = poll_scheduler(jobs, self._clock())
        scheduler.add_listener(
            self._note,
            EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED,
        )
        scheduler.start()
        log.info("Denne prosessen henter fra kildene nå")
        try:
            while self._leads() and not stop.wait(LOOK_SECONDS):
                self._try_again(scheduler)
        finally:
            over.set()
            scheduler.shutdown()
            self._failed.clear()
        log.info("Denne prosessen henter ikke lenger")

    def _only_as_leader(self, run: Callable[[], object]) -> Callable[[], object]:
        return lambda: run() if self._leads() else None

    def _note(self, event: JobExecutionEvent) -> None:
        """Remember how a poll ended. Called by whichever thread found out."""
        if event.code == EVENT_JOB_EXECUTED:
            self._failed.pop(event.job_id, None)
            return
        reason = reason_of(event.exception) if event.exception else "ble ikke kjørt"
        log.error("Henting fra %s feilet: %s", event.job_id, reason)
        self._failed[event.job_id] = _Failure(reason, time.monotonic() + RETRY_SECONDS)

    def _try_again(self, scheduler: BackgroundScheduler) -> None:
        for source, failure in list(self._failed.items()):
            if failure.again_at <= time.monotonic():
                self._failed[source] = replace(failure, again_at=float("inf"))
                scheduler.modify_job(source, next_run_time=datetime.now(OSLO))


@dataclass(frozen=True)
class _Failure:
    """Why a poll was cut off, and when on the monotonic clock to try again."""

    reason: str
    again_at: float


class Ticks:
    """Runs every job each minute, if this process is the one among several that leads.

    Each has a thread of its own: one that fails or hangs stops no other. What a job does follows
    from the store, so a turn that was missed, or run twice by two who believe that they lead, is
    made good by the next. Time is counted here without the clock on the wall, which may be set.
    """

    def __init__(
        self,
        jobs: Mapping[str, Callable[[], object]],
        leads: Callable[[], bool] = lambda: True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``jobs`` by their Norwegian names. ``leads`` is as for ``Polls``."""
        self._jobs = {name: _TickJob(name, run, leads, monotonic) for name, run in jobs.items()}

    def run(self, stop: threading.Event) -> None:
        """Run the jobs, or stand by, until told to stop. One under way is waited for a while."""
        threads = [
            threading.Thread(target=job.run_until, args=(stop,), name=job.name, daemon=True)
            for job in self._jobs.values()
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        give_up_at = time.monotonic() + LAST_TURN_SECONDS
        for thread in threads:
            thread.join(max(0.0, give_up_at - time.monotonic()))

    def answer(self) -> Answer:
        """Tell what is wrong with any job. To stand by is as good as to lead."""
        problems = {name: job.problem() for name, job in self._jobs.items()}
        wrong = "; ".join(f"{name}: {problem}" for name, problem in problems.items() if problem)
        if wrong:
            return Answer(ok=False, says=f"prøves igjen hvert minutt ({wrong})")
        is_leading = any(job.is_leading for job in self._jobs.values())
        return Answer(ok=True, says="går hvert minutt" if is_leading else "i reserve")


class _TickJob:
    """One job and how it goes. Its own thread writes here, others read."""

    def __init__(
        self,
        name: str,
        run: Callable[[], object],
        leads: Callable[[], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self.name, self.is_leading = name, False
        self._run, self._leads, self._monotonic = run, leads, monotonic
        self._failed: str | None = None
        self._began: float | None = None

    def run_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._turn()
            stop.wait(TICK_SECONDS)

    def problem(self) -> str | None:
        began = self._began
        if began is not None and self._monotonic() - began > LONGEST_TICK_SECONDS:
            return f"har stått i {(self._monotonic() - began) / 60:.0f} minutter"
        return self._failed

    def _turn(self) -> None:
        self._began = self._monotonic()
        try:
            self.is_leading = self._leads()
            if self.is_leading:
                self._run()
            self._failed = None
        except DatabaseUnavailable as problem:
            log.warning("%s venter på databasen: %s", self.name, reason_of(problem))
            self._failed = f"venter på databasen: {reason_of(problem)}"
        except Exception as bug:
            log.exception("Feil i %s; de andre går videre", self.name)
            self._failed = f"{type(bug).__name__}: {reason_of(bug)}"
        finally:
            self._began = None


def _has_more_to_tell(record: logging.LogRecord) -> bool:
    """Let the traceback of a fault of ours through, and not that of a server that is away."""
    raised = record.exc_info[1] if record.exc_info else None
    return not isinstance(raised, (*DatabaseUnavailable, BrokerUnavailable))


def poll_scheduler(jobs: Sequence[PollJob], now: datetime) -> BackgroundScheduler:
    """Build a scheduler, not yet started. A source that is overdue at ``now`` runs at once."""
    logging.getLogger("apscheduler.executors.default").addFilter(_has_more_to_tell)
    scheduler = BackgroundScheduler(
        timezone=OSLO,
        job_defaults={
            "coalesce": True,  # woken late, a job runs once for all it missed …
            "misfire_grace_time": None,  # … and however late it is
            "max_instances": 1,
        },
    )
    for job in jobs:
        trigger = rhythm(job.crontab)
        first = {"next_run_time": datetime.now(OSLO)} if is_overdue(job, now) else {}
        scheduler.add_job(
            job.run, trigger, id=job.source, name=job.source, replace_existing=True, **first
        )
    return scheduler


def rhythm(crontab: Sequence[str], jitter: int = JITTER_SECONDS) -> OrTrigger:
    """Combine crontab lines. Raises ``ValueError`` for a line that is not one."""
    triggers = [CronTrigger.from_crontab(line, timezone=OSLO) for line in crontab]
    return OrTrigger(triggers, jitter=jitter)


def is_overdue(job: PollJob, now: datetime) -> bool:
    """Tell whether a poll should have been started since the last one, or never was.

    A last start in the future means that the clock has been set back: poll.
    """
    last = job.last_started_at
    if last is None or last > now:
        return True
    due = rhythm(job.crontab, jitter=0).get_next_fire_time(None, last.astimezone(OSLO))
    return due is not None and due <= now
