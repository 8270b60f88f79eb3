"""When each source is polled. Jobs are declared at start; what was last done is in the store."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from consultations.domain.calendar import OSLO

JITTER_SECONDS = 60
"""Polls are spread by up to this much, so that they do not all fall on the full minute."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PollJob:
    """A source, its rhythm as crontab lines in Oslo time, and when it was last started (UTC)."""

    source: str
    crontab: Sequence[str]
    run: Callable[[], object]
    last_started_at: datetime | None


def run_polls(jobs: Sequence[PollJob], now: datetime, stop: threading.Event) -> None:
    """Poll in rhythm until told to stop; a poll under way is not waited for."""
    scheduler = poll_scheduler(jobs, now)
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=False)


def poll_scheduler(jobs: Sequence[PollJob], now: datetime) -> BackgroundScheduler:
    """Build a scheduler, not yet started. A source that is overdue at ``now`` runs at once."""
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
    scheduler.add_listener(_report, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
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


def _report(event: JobExecutionEvent) -> None:
    log.error("Henting fra %s feilet: %s", event.job_id, event.exception or "ble ikke kjørt")
