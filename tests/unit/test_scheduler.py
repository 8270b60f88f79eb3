import threading
from datetime import UTC, datetime, timedelta

import pytest

from consultations.domain.calendar import OSLO
from consultations.scheduler import (
    JITTER_SECONDS,
    PollJob,
    is_overdue,
    poll_scheduler,
    rhythm,
    run_polls,
)

EVERY_20 = ("*/20 * * * *",)
NOON = datetime(2026, 7, 3, 12, 5, tzinfo=OSLO)


def job(started=None, crontab=EVERY_20, source="regjeringen"):
    return PollJob(source, crontab, lambda: None, started)


@pytest.mark.parametrize(
    ("started", "overdue"),
    [
        (None, True),
        (NOON - timedelta(minutes=4), False),
        (NOON - timedelta(minutes=6), True),
        (NOON - timedelta(days=30), True),
        (NOON + timedelta(days=1), True),
    ],
)
def test_is_overdue_after_a_restart_depends_on_what_was_missed(started, overdue):
    assert is_overdue(job(started), NOON) is overdue


def test_poll_scheduler_never_skips_a_late_run_and_runs_it_once():
    scheduler = poll_scheduler([job(NOON)], NOON)
    scheduler.start(paused=True)
    (planned,) = scheduler.get_jobs()
    assert (planned.misfire_grace_time, planned.coalesce, planned.max_instances) == (None, True, 1)
    scheduler.shutdown()


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 29, tzinfo=OSLO), datetime(2026, 10, 25, tzinfo=OSLO)]
)
def test_rhythm_over_both_clock_changes_never_pauses_for_more_than_its_interval(day):
    trigger = rhythm(EVERY_20, jitter=0)
    moment = day.astimezone(UTC)
    for _ in range(25 * 3):
        after = (moment + timedelta(seconds=1)).astimezone(OSLO)
        following = trigger.get_next_fire_time(None, after).astimezone(UTC)
        assert moment < following <= moment + timedelta(minutes=20)
        moment = following


def test_rhythm_spreads_runs_by_at_most_the_jitter():
    due = datetime(2026, 7, 3, 12, 20, tzinfo=OSLO)
    fired = rhythm(EVERY_20).get_next_fire_time(None, NOON)
    assert timedelta() <= fired - due <= timedelta(seconds=JITTER_SECONDS)


def test_rhythm_when_a_line_is_no_crontab_says_so():
    with pytest.raises(ValueError, match="expected 5"):
        rhythm(["hver time"])


def test_run_polls_when_told_to_stop_ends():
    stop = threading.Event()
    stop.set()
    run_polls([job(NOON)], NOON, stop)
