"""How a worker's Faust app is set up, and what it refuses. No broker is asked."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import faust.streams
import pytest

from consultations.domain.errors import BrokerUnavailable, ConfigError
from consultations.handlers.step import StepResult
from consultations.store.database import Database
from streams import batches, worker
from streams.progress import Progress
from streams.step import Step
from streams.topics import EVENTS
from streams.worker import create_app
from tests.building import at
from tests.engines import FaustWithoutBroker, eventually
from tests.scripted_step import AWAY, BUG


@pytest.fixture
def make(database: Database, tmp_path: Path):
    def make(**given):
        return create_app(
            Step("routing", EVENTS, lambda _session, batch: StepResult(len(batch))),
            database, lambda: at(0), progress=Progress(lambda: at(0)), folder=tmp_path,
            **{"servers": "a:1, b:2", "partitions": 6, **given},
        )  # fmt: skip

    return make


@pytest.fixture
def conf(make):
    return make().conf


def test_app_is_the_consumer_group_of_the_step(conf):
    assert conf.id == "routing"
    assert [str(url) for url in conf.broker] == ["kafka://a:1", "kafka://b:2"]


def test_app_has_no_tables_no_leader_and_makes_no_topics(conf):
    assert str(conf.store) == "memory:"
    assert (conf.table_standby_replicas, conf.topic_disable_leader) == (0, True)
    assert conf.topic_allow_declare is False


def test_app_reads_and_keeps_raw_bytes(conf):
    assert (conf.key_serializer, conf.value_serializer) == ("raw", "raw")


def test_app_waits_for_the_batch_under_way_and_takes_its_effects_as_done_only_then(conf):
    assert conf.stream_wait_empty is True
    assert str(conf.processing_guarantee.value) == "at_least_once"


def test_app_has_time_limits_that_fit_each_other(conf):
    assert conf.broker_heartbeat_interval == 3
    assert conf.broker_session_timeout == 45
    assert conf.broker_session_timeout <= conf.broker_request_timeout
    assert conf.broker_max_poll_interval == 86_400


def test_app_starts_no_web_server_even_if_faust_is_told_to(make):
    app = make()
    app.conf.web_enabled = True
    assert app.boot_strategy.web_server() == []


def test_app_has_one_agent_that_takes_one_batch_at_a_time(make):
    (agent,) = make().agents.values()
    assert agent.concurrency == 1


def test_create_app_without_the_compiled_modules_is_refused(make, monkeypatch):
    monkeypatch.setattr(faust.streams, "_CStreamIterator", None)
    with pytest.raises(ConfigError, match="kompilerte"):
        make()


def test_create_app_when_the_compiled_modules_are_turned_off_is_refused(make, monkeypatch):
    monkeypatch.setenv("NO_CYTHON", "1")
    with pytest.raises(ConfigError, match="NO_CYTHON"):
        make()


def test_start_without_a_broker_is_refused(make, monkeypatch):
    monkeypatch.setattr(worker, "ANSWER_SECONDS", 0.2)
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1"):
        make(servers="127.0.0.1:1").on_worker_init.send()


def test_log_leaves_out_the_false_alarm_of_an_idle_partition_and_nothing_else(make, caplog):
    make()
    log = logging.getLogger("faust.transport.drivers.aiokafka")
    log.error("Aiokafka has not sent fetch request for %r since start (started %s)", 1, 2)
    log.error("Aiokafka stopped fetching from %r (last done %s)", 1, 2)
    assert [record.getMessage() for record in caplog.records] == [
        "Aiokafka stopped fetching from 1 (last done 2)"
    ]


def test_progress_asked_before_the_start_makes_no_consumer(database, tmp_path):
    progress = Progress(lambda: at(0))
    app = create_app(
        Step("routing", EVENTS, lambda _session, batch: StepResult(len(batch))),
        database, lambda: at(0), servers="a:1", partitions=6, progress=progress, folder=tmp_path,
    )  # fmt: skip
    assert progress.problem(at(0)) == "får ikke partisjoner av gruppen ennå"
    assert app._consumer is None


@pytest.fixture
def engine(database, tmp_path, monkeypatch):
    engine = FaustWithoutBroker(database, tmp_path, "scripted", monkeypatch)
    yield engine
    engine.close()


def test_fault_of_ours_ends_the_process_names_the_batch_and_marks_nothing(engine):
    engine.signs.put(BUG)
    engine.deliver([("a", b"1"), ("a", b"2")])
    engine.start()
    engine.wait()
    assert engine.left == [batches.EXIT_BUG]
    assert engine.marked() == 0
    assert any("source-records.v1/0 nr. 0 til 1" in line for line in engine.said.lines)


def test_told_to_stop_while_the_database_is_away_ends_the_process_as_told(engine):
    engine.signs.put(AWAY)
    engine.deliver([("a", b"1")])
    engine.start()
    eventually(lambda: engine.said.lines)
    engine.tell_to_stop()
    engine.wait()
    assert engine.left == [batches.EXIT_TOLD_TO_STOP]
    assert engine.marked() == 0


class LosingItsPartitions:
    """A consumer that the group takes a partition from between two questions."""

    _thread = SimpleNamespace(
        _consumer=SimpleNamespace(_coordinator=SimpleNamespace(coordinator_id=1))
    )
    _committed_offset: ClassVar[dict[str, int]] = {"a": 3}

    def assignment(self) -> set[str]:
        return {"a"}

    def highwater(self, _place: str) -> int:
        raise AssertionError("Partition is not assigned")


def test_waiting_when_a_partition_is_taken_back_while_asked_then_nothing_waits_here():
    assert worker._waiting(LosingItsPartitions()) == 0


@pytest.mark.parametrize("client", [None, SimpleNamespace(_coordinator=None)])
def test_waiting_when_the_client_has_not_started_then_nobody_knows(client):
    assert worker._waiting(SimpleNamespace(_thread=SimpleNamespace(_consumer=client))) is None
