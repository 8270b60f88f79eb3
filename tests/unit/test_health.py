"""Probes: what they are told, and that they never load or wait for what is asked about."""

import asyncio
import threading

import httpx
import pytest

from consultations.bootstrap import questions
from consultations.domain.errors import BrokerUnavailable
from consultations.domain.events import Event, EventType
from consultations.health import (
    FRESH_SECONDS,
    LONGEST_TURN_SECONDS,
    Answer,
    Health,
    Pulse,
    about_database,
    health_app,
)
from consultations.store import outbox
from consultations.store.database import Database
from tests.building import DAY_ONE


class Now:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def now():
    return Now()


def fine():
    return Answer(ok=True, says="svarer")


def broken():
    raise ZeroDivisionError


def get(health, path):
    async def asked():
        transport = httpx.ASGITransport(health_app(health))
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(asked())


def test_readyz_when_all_is_well_then_200_with_words():
    response = get(Health({"databasen": fine}), "/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {"databasen": {"ok": True, "says": "svarer"}},
    }


def test_readyz_when_something_cannot_be_asked_then_503_and_the_process_still_lives():
    health = Health({"Kafka": broken, "databasen": fine})
    response = get(health, "/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["Kafka"] == {
        "ok": False,
        "says": "kunne ikke spørres (ZeroDivisionError)",
    }
    assert response.json()["checks"]["databasen"]["ok"]
    assert get(health, "/livez").status_code == 200


def test_answers_when_asked_often_then_the_question_is_put_every_few_seconds(now):
    asked = []

    def ask():
        asked.append(1)
        return fine()

    health = Health({"databasen": ask}, monotonic=now)
    for _ in range(50):
        health.answers()
    assert len(asked) == 1
    now.seconds = FRESH_SECONDS
    health.answers()
    assert len(asked) == 2


def test_answers_when_one_hangs_then_it_is_asked_only_once_until_it_answers(now):
    asked, go_on = [], threading.Event()

    def hangs():
        asked.append(1)
        go_on.wait()
        return fine()

    health = Health({"Kafka": hangs, "databasen": fine}, limit_seconds=0.05, monotonic=now)
    for _ in range(3):
        answers = health.answers()
        now.seconds += FRESH_SECONDS
    assert answers["Kafka"] == Answer(ok=False, says="svarer ikke på 0.05 sekunder")
    assert answers["databasen"].ok
    assert len(asked) == 1
    go_on.set()


class Looks:
    """A stop event that is set after so many looks, and takes no time; each moves the clock."""

    def __init__(self, now, count):
        self._now, self._left = now, count

    def wait(self, seconds):
        self._now.seconds += seconds
        self._left -= 1
        return self._left < 0


def test_watch_when_something_is_wrong_for_a_while_then_it_is_logged_once_and_so_is_its_end(
    now, caplog
):
    answers = iter([*[Answer(ok=False, says="svarer ikke")] * 5, *[fine()] * 3])
    Health({"Kafka": lambda: next(answers)}, monotonic=now).watch(Looks(now, 8))
    assert caplog.messages == [
        "Ikke klar: Kafka: svarer ikke",
        "I orden igjen: Kafka: svarer",
    ]


def test_watch_when_it_passes_soon_then_nothing_is_logged(now, caplog):
    answers = iter([*[Answer(ok=False, says="svarer ikke")] * 2, fine()] * 2)
    Health({"Kafka": lambda: next(answers)}, monotonic=now).watch(Looks(now, 6))
    assert not caplog.messages


def test_database_when_it_is_away_then_says_why(tmp_path):
    answer = about_database(Database(f"sqlite:///{tmp_path}"))
    assert not answer.ok
    assert "unable to open" in answer.says


def test_answers_when_a_question_meets_a_database_that_is_away_then_no_traceback(tmp_path, caplog):
    ask = questions.Outbox(Database(f"sqlite:///{tmp_path}")).answer
    answer = Health({"utboksen": ask}).answers()["utboksen"]
    assert answer.says.startswith("databasen svarer ikke (")
    assert not caplog.messages


def test_pulse_when_the_part_goes_round_then_its_last_turn_is_recent(now):
    def work(stop):
        now.seconds = 500
        assert not stop.is_set()
        now.seconds = 501

    part = Pulse(work, monotonic=now)
    part.run(threading.Event())
    assert part.answer() == Answer(ok=True, says="siste runde for 1 sekunder siden")
    now.seconds = 501 + LONGEST_TURN_SECONDS
    assert not part.answer().ok


def test_pulse_when_told_to_stop_then_the_part_learns_of_it(now):
    stop = threading.Event()
    stop.set()
    seen = []

    def work(until):
        seen.extend([until.is_set(), until.wait(5)])

    Pulse(work, monotonic=now).run(stop)
    assert seen == [True, True]


def test_outbox_when_the_same_event_stays_first_for_minutes_then_it_is_not_ready(database, now):
    ask = questions.Outbox(database, now).answer
    assert ask() == Answer(ok=True, says="er tom")
    opened = Event(id="1", type=EventType.OPENED, consultation="a:1", occurred_at=DAY_ONE)
    with database.transaction() as session:
        outbox.write(session, [opened])
    assert ask().ok
    now.seconds += 60
    assert ask().ok
    now.seconds += 61
    assert not ask().ok
    assert "121 sekunder" in ask().says


def test_broker_when_it_is_away_then_says_why():
    class Topics:
        def reach(self):
            raise BrokerUnavailable("Kafka svarer ikke")

    class Engine:
        topics = Topics()

    assert questions.about_broker(Engine()) == Answer(ok=False, says="Kafka svarer ikke")
