import threading
from datetime import UTC, datetime, timedelta

import pytest

from consultations import scheduler
from consultations.domain.calendar import OSLO
from consultations.domain.errors import BrokerUnavailable
from consultations.scheduler import (
    JITTER_SECONDS,
    PollJob,
    Polls,
    is_overdue,
    poll_scheduler,
    rhythm,
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
    planned_ahead = poll_scheduler([job(NOON)], NOON)
    planned_ahead.start(paused=True)
    (planned,) = planned_ahead.get_jobs()
    assert (planned.misfire_grace_time, planned.coalesce, planned.max_instances) == (None, True, 1)
    planned_ahead.shutdown()


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


class Lead:
    """Says who leads; ``turn`` is told how often it was asked, and may change its mind."""

    def __init__(self, turn):
        self.asked, self._turn = 0, turn

    def held(self):
        self.asked += 1
        return self._turn(self.asked)


def polls(run, lead, times=None):
    def jobs(over):
        if times is not None:
            times.append(over)
        return [PollJob("regjeringen", EVERY_20, lambda: run(over), None)]

    return Polls(jobs, lambda: NOON, lead.held)


def run_until(polls, stop, patience=10):
    thread = threading.Thread(target=polls.run, args=(stop,), daemon=True)
    thread.start()
    thread.join(patience)
    assert not thread.is_alive()


def test_polls_when_told_to_stop_then_end():
    stop = threading.Event()
    stop.set()
    run_until(polls(lambda _over: None, Lead(lambda _asked: True)), stop)


def test_polls_when_leading_then_what_is_overdue_runs_at_once_and_is_told_to_end():
    stop = threading.Event()
    overs = []

    def run(over):
        stop.set()
        assert over.wait(5)
        overs.append(over)

    leading = polls(run, Lead(lambda _asked: True))
    run_until(leading, stop)
    assert len(overs) == 1


def test_polls_when_another_leads_then_nothing_is_polled_and_that_is_fine():
    stop = threading.Event()
    ran = []

    def standing_by(_asked):
        stop.set()
        return False

    spare = polls(ran.append, Lead(standing_by))
    run_until(spare, stop)
    assert not ran
    assert (spare.answer().ok, spare.answer().says) == (True, "i reserve")


def test_polls_when_the_lead_is_lost_then_the_poll_under_way_ends_before_it_is_taken_again(
    monkeypatch,
):
    monkeypatch.setattr(scheduler, "LOOK_SECONDS", 0.01)
    stop, polling, terms, told = threading.Event(), threading.Event(), [], []
    lost = threading.Event()

    def run(over):
        polling.set()
        if len(terms) == 1:
            told.append(over.wait(5))
        else:
            stop.set()

    def turn(_asked):
        if polling.is_set() and not lost.is_set():
            lost.set()
            return False
        return True

    run_until(polls(run, Lead(turn), terms), stop)
    assert told == [True]
    assert len(terms) == 2


def test_polls_when_the_lead_is_lost_before_a_job_then_the_job_is_not_run(monkeypatch):
    monkeypatch.setattr(scheduler, "LOOK_SECONDS", 0.01)
    stop, ran = threading.Event(), []

    def turn(asked):
        if asked > 2:
            stop.set()
        return asked == 1

    run_until(polls(ran.append, Lead(turn)), stop)
    assert not ran


def test_polls_when_one_is_cut_off_on_our_side_then_says_why_and_tries_again_soon(
    monkeypatch, caplog
):
    monkeypatch.setattr(scheduler, "RETRY_SECONDS", 0)
    monkeypatch.setattr(scheduler, "LOOK_SECONDS", 0.01)
    stop, said = threading.Event(), []

    def run(_over):
        said.append(leading.answer())
        if len(said) < 2:
            raise BrokerUnavailable("Kafka svarte ikke")
        stop.set()

    leading = polls(run, Lead(lambda _asked: True))
    run_until(leading, stop)
    assert [answer.ok for answer in said] == [True, False]
    assert "regjeringen: Kafka svarte ikke" in said[1].says
    assert "Henting fra regjeringen feilet: Kafka svarte ikke" in caplog.text
    assert "Traceback" not in caplog.text


def test_polls_when_a_fault_of_ours_ends_one_then_the_traceback_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(scheduler, "LOOK_SECONDS", 0.01)
    stop = threading.Event()

    def run(_over):
        stop.set()
        raise ZeroDivisionError

    run_until(polls(run, Lead(lambda _asked: True)), stop)
    assert "Traceback" in caplog.text
