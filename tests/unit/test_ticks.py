import threading

import pytest
from sqlalchemy.exc import OperationalError

from consultations import scheduler
from consultations.scheduler import LONGEST_TICK_SECONDS, Ticks

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(scheduler, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(scheduler, "LAST_TURN_SECONDS", 0.2)


def run_until(ticks, stop, patience=10):
    thread = threading.Thread(target=ticks.run, args=(stop,), daemon=True)
    thread.start()
    thread.join(patience)
    assert not thread.is_alive()


def thrice(stop, then=lambda: None):
    """A job that stops the ticks at its third turn."""
    turns = []

    def run():
        turns.append(None)
        if len(turns) >= 3:
            stop.set()
        then()

    return run, turns


def test_ticks_when_leading_then_every_job_is_run_again_and_again():
    stop = threading.Event()
    run, turns = thrice(stop)
    ticks = Ticks({"påminnelsene": run})
    run_until(ticks, stop)
    assert len(turns) == 3
    assert (ticks.answer().ok, ticks.answer().says) == (True, "går hvert minutt")


def test_ticks_when_another_leads_then_nothing_is_run_and_that_is_fine():
    stop, ran = threading.Event(), []

    def standing_by():
        stop.set()
        return False

    ticks = Ticks({"påminnelsene": lambda: ran.append(None)}, standing_by)
    run_until(ticks, stop)
    assert not ran
    assert (ticks.answer().ok, ticks.answer().says) == (True, "i reserve")


def test_ticks_when_a_job_has_a_bug_then_it_is_logged_and_the_others_go_on(caplog):
    stop = threading.Event()
    run, turns = thrice(stop)

    def broken():
        raise ZeroDivisionError("null")

    ticks = Ticks({"ukebrevet": broken, "påminnelsene": run})
    run_until(ticks, stop)
    assert len(turns) == 3
    assert "Feil i ukebrevet" in caplog.text
    assert "Traceback" in caplog.text
    answer = ticks.answer()
    assert not answer.ok
    assert "ukebrevet: ZeroDivisionError: null" in answer.says


def test_ticks_when_the_database_is_away_then_it_is_waited_for_without_a_traceback(caplog):
    stop, answers = threading.Event(), []

    def away_once():
        answers.append(ticks.answer())
        if len(answers) == 1:
            raise OperationalError("SELECT 1", {}, Exception("server closed"))
        stop.set()

    ticks = Ticks({"påminnelsene": away_once})
    run_until(ticks, stop)
    assert [answer.ok for answer in answers] == [True, False]
    assert "påminnelsene: venter på databasen: server closed" in answers[1].says
    assert ticks.answer().ok
    assert "Traceback" not in caplog.text


def test_ticks_when_a_job_hangs_then_the_others_go_on_and_the_process_can_still_end():
    stop, released = threading.Event(), threading.Event()
    run, turns = thrice(stop)
    ticks = Ticks({"ukebrevet": released.wait, "påminnelsene": run})
    run_until(ticks, stop)
    assert len(turns) == 3
    released.set()


def test_ticks_when_a_job_has_stood_for_long_then_says_so():
    stop, seconds, said = threading.Event(), [0.0], []

    def slow():
        seconds[0] += LONGEST_TICK_SECONDS + 1
        said.append(ticks.answer())
        stop.set()

    ticks = Ticks({"ukebrevet": slow}, monotonic=lambda: seconds[0])
    run_until(ticks, stop)
    assert not said[0].ok
    assert "ukebrevet: har stått i 15 minutter" in said[0].says
    assert ticks.answer().ok
