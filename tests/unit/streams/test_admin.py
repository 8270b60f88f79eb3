"""What a healthy test broker never shows: a server that makes topics, one that is not ready."""

import pytest
from kafka.errors import (
    CoordinatorNotAvailableError,
    TopicAuthorizationFailedError,
    UnknownBrokerIdError,
)

from consultations.domain.errors import BrokerUnavailable
from streams import admin as administering
from streams.admin import TopicAdmin
from streams.topics import DEAD_LETTERS, EVENTS, GROUPS, TOPICS


class Broker:
    """Topics as they should be, on two servers of which the second makes topics by itself."""

    def __init__(self):
        self.problems = []
        self.away = None
        self.is_closed = False

    def describe_topics(self, names):
        if self.problems:
            raise self.problems.pop(0)
        (name,) = names
        partitions = 1 if name == DEAD_LETTERS else 3
        each = [{"partition_index": n, "replica_nodes": [1]} for n in range(partitions)]
        return [{"name": name, "error_code": 0, "partitions": each}]

    def describe_cluster(self):
        return {"brokers": [{"broker_id": 1}, {"broker_id": 2}]}

    def describe_configs(self, resources, config_filter):
        (resource,) = resources
        assert config_filter == "all"
        if self.away and resource.name == self.away:
            raise UnknownBrokerIdError
        if resource.configs:
            values = {resource.configs[0]: str(resource.name == "2").lower()}
        else:
            (topic,) = (topic for topic in TOPICS if topic.name == resource.name)
            values = topic.settings(replication=1)
        kind = resource.resource_type.name.lower()
        return {kind: {resource.name: {name: {"value": value} for name, value in values.items()}}}

    def close(self):
        self.is_closed = True


@pytest.fixture
def broker(monkeypatch):
    broker = Broker()
    monkeypatch.setattr(administering, "connect", lambda *_, **__: broker)
    monkeypatch.setattr(administering, "RETRY_SECONDS", 0)
    return broker


def test_check_when_a_server_makes_topics_by_itself_says_which(broker):
    (problem,) = TopicAdmin("k:1", 3, 1).check()
    assert "Kafka-tjener 2 " in problem
    assert "auto.create.topics.enable=false" in problem
    assert broker.is_closed


def test_check_when_a_server_is_away_says_so_and_goes_on_to_the_next(broker):
    broker.away = "1"
    away, makes_topics = TopicAdmin("k:1", 3, 1).check()
    assert "Kafka-tjener 1 svarer ikke" in away
    assert "Kafka-tjener 2 lager" in makes_topics


def test_require_when_the_broker_will_not_tell_of_the_topic_does_not_say_that_it_is_missing(
    broker, monkeypatch
):
    refused = {"error_code": TopicAuthorizationFailedError.errno, "partitions": []}
    monkeypatch.setattr(broker, "describe_topics", lambda names: [{"name": names[0], **refused}])
    with pytest.raises(BrokerUnavailable, match="TopicAuthorizationFailed"):
        TopicAdmin("k:1", 3, 1).require(EVENTS)


def test_question_when_the_broker_will_soon_know_is_put_again(broker):
    broker.problems = [CoordinatorNotAvailableError()] * 5
    assert len(TopicAdmin("k:1", 3, 1).check()) == 1


def test_question_when_the_broker_never_knows_is_given_up_in_time(broker):
    broker.problems = [CoordinatorNotAvailableError()] * 1_000_000
    with pytest.raises(BrokerUnavailable, match="k:1"):
        TopicAdmin("k:1", 3, 1, seconds=0.01).check()
    assert broker.is_closed


def test_question_when_we_are_refused_is_not_put_again(broker):
    broker.problems = [TopicAuthorizationFailedError("events.v1")] * 2
    with pytest.raises(BrokerUnavailable, match="TopicAuthorizationFailed"):
        TopicAdmin("k:1", 3, 1).check()
    assert len(broker.problems) == 1


def test_topics_when_there_are_copies_confirm_with_one_of_them_away():
    (events,) = (topic for topic in TOPICS if topic.name == EVENTS)
    in_sync = [events.settings(copies)["min.insync.replicas"] for copies in (1, 2, 3)]
    assert in_sync == ["1", "1", "2"]


def test_groups_read_topics_that_are_declared():
    assert set(GROUPS.values()) <= {topic.name for topic in TOPICS}
