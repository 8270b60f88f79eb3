"""Which engine carries the events is decided by the settings alone."""

import pytest

from consultations import bootstrap
from consultations.bootstrap.engines import KafkaEngine, choose_engine
from consultations.domain.errors import ConfigError
from consultations.settings import Settings
from streams.embedded import EmbeddedEngine

ON_KAFKA = {
    "kafka_servers": "localhost:9092",
    "database_url": "postgresql://bruker:passord@127.0.0.1:1/base",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CONSULTATIONS_{name.upper()}", raising=False)


def test_engine_when_no_kafka_is_set_then_it_is_the_embedded_one(database):
    assert isinstance(choose_engine(Settings(), database, [], None), EmbeddedEngine)


def test_engine_when_kafka_is_set_then_it_is_kafka_and_nothing_is_connected(database):
    engine = choose_engine(Settings(**ON_KAFKA), database, [], None)
    assert isinstance(engine, KafkaEngine)
    engine.drain()


def test_whole_service_when_kafka_is_set_then_names_the_processes_to_start():
    with pytest.raises(ConfigError) as refused:
        bootstrap.tracker_on_one_machine(**ON_KAFKA)
    for command in ("scheduler", "worker intake", "worker routing", "worker tracking", "relay"):
        assert f"consultations {command}" in str(refused.value).replace("\n", " ")


def test_processes_of_kafka_when_it_is_not_set_then_say_what_to_set():
    with pytest.raises(ConfigError, match="CONSULTATIONS_KAFKA_SERVERS"):
        bootstrap.tracker_on_kafka()
