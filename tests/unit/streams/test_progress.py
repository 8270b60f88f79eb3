from datetime import timedelta

import pytest

from streams.progress import PATIENCE, Progress
from tests.building import at


class Now:
    def __init__(self):
        self.time = at(0)

    def __call__(self):
        return self.time

    def pass_by(self, time=PATIENCE):
        self.time += time


@pytest.fixture
def now():
    return Now()


@pytest.fixture
def progress(now):
    progress = Progress(now)
    progress.assigned({0, 1})
    return progress


def test_problem_when_all_is_quiet_is_none(progress, now):
    now.pass_by(timedelta(days=3))
    assert progress.problem(now()) is None


def test_problem_before_the_group_has_given_anything_says_so(now):
    assert Progress(now).problem(now()) == "får ikke partisjoner av gruppen ennå"


def test_problem_while_partitions_are_shared_out_anew_says_so(progress, now):
    progress.revoked()
    assert progress.problem(now()) == "får ikke partisjoner av gruppen ennå"


def test_problem_when_the_others_have_all_partitions_is_none_for_we_are_in_reserve(progress, now):
    progress.assigned(())
    assert progress.problem(now()) is None
    assert progress.in_reserve


def test_problem_while_the_database_is_away_says_since_when_and_why(progress, now):
    progress.batch_began()
    progress.database_away("connection refused")
    now.pass_by(timedelta(minutes=2))
    progress.database_away("connection refused")
    assert progress.problem(now()) == (
        "venter på databasen siden 4. juli 2026 kl. 10.00: connection refused"
    )


def test_problem_when_the_database_is_back_is_none(progress, now):
    progress.batch_began()
    progress.database_away("connection refused")
    progress.batch_done()
    assert progress.problem(now()) is None


def test_problem_while_a_batch_takes_its_time_is_none(progress, now):
    progress.batch_began()
    now.pass_by(PATIENCE - timedelta(seconds=1))
    assert progress.problem(now()) is None


def test_problem_when_a_batch_never_ends_says_since_when(progress, now):
    progress.batch_began()
    now.pass_by()
    assert progress.problem(now()) == "har holdt på med samme bunke siden 4. juli 2026 kl. 10.00"


def test_problem_without_word_from_kafka_says_so(progress, now):
    progress.watch(lambda: None)
    assert progress.problem(now()) == "har ikke kontakt med Kafka"


def test_problem_when_messages_have_waited_without_a_batch_says_how_many(progress, now):
    progress.watch(lambda: 7)
    assert progress.problem(now()) is None
    now.pass_by()
    assert progress.problem(now()) == "7 meldinger venter, og ingen er tatt siden starten"


def test_problem_when_messages_wait_after_a_long_silence_gives_them_time(progress, now):
    progress.batch_began()
    progress.batch_done()
    now.pass_by(timedelta(days=3))
    progress.watch(lambda: 1)
    assert progress.problem(now()) is None


def test_problem_while_messages_wait_but_batches_are_done_is_none(progress, now):
    progress.watch(lambda: 7)
    for _ in range(5):
        assert progress.problem(now()) is None
        now.pass_by(PATIENCE / 2)
        progress.batch_began()
        progress.batch_done()


def test_problem_when_what_waited_was_taken_counts_anew(progress, now):
    waiting = 1
    progress.watch(lambda: waiting)
    progress.problem(now())
    waiting = 0
    progress.problem(now())
    now.pass_by()
    waiting = 1
    assert progress.problem(now()) is None
