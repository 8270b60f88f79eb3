"""A worker as a process of its own, on a real broker and a real PostgreSQL."""

import uuid

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from streams.batches import EXIT_BUG
from streams.topics import MAX_MESSAGE_BYTES
from tests.engines import PARTITIONS, FaustOnBroker, eventually
from tests.scripted_step import BUG, HOLD, HOLDING, seen

pytestmark = pytest.mark.services


@pytest.fixture
def engine(postgres_url, kafka_servers, tmp_path):
    topic = f"worker-{uuid.uuid4().hex}"
    engine = FaustOnBroker(postgres_url, kafka_servers, tmp_path, "scripted", topic)
    yield engine
    engine.close()


def test_worker_with_a_fault_of_ours_ends_by_itself_and_everything_comes_again(engine):
    engine.signs.put(BUG)
    engine.deliver([("a", b"1"), ("a", b"2")])
    engine.start()
    engine.wait()
    assert engine.exit_code == EXIT_BUG
    assert engine.marked() == 0
    assert "RuntimeError" in engine.said
    engine.start()
    eventually(lambda: engine.marked() == 2)


def test_worker_told_twice_to_stop_still_finishes_its_batch(engine):
    engine.signs.put(HOLD)
    engine.deliver([("a", b"1")])
    engine.start()
    eventually(lambda: engine.signs.up(HOLDING))
    engine.tell_to_stop()
    engine.tell_to_stop()
    engine.signs.take(HOLD)
    engine.wait()
    assert (engine.exit_code, engine.marked()) == (0, 1)


def test_worker_takes_the_largest_message_there_may_be(engine, kafka_servers):
    # room for key and headers is within the limit, so the value is a little smaller
    value = b"x" * (MAX_MESSAGE_BYTES - 1024)
    producer = KafkaProducer(
        bootstrap_servers=kafka_servers, max_request_size=MAX_MESSAGE_BYTES, acks="all"
    )
    producer.send(engine.topic, key=b"a", value=value).get(20)
    producer.close()
    engine.start()
    eventually(lambda: engine.marked() == 1)
    assert [len(value) for _, value in seen(engine.database)] == [len(value)]


def test_worker_whose_topic_has_other_partitions_refuses_to_start(engine):
    admin = KafkaAdminClient(bootstrap_servers=engine.servers)
    admin.create_partitions({engine.topic: PARTITIONS + 1})
    admin.close()
    engine.start()
    engine.wait()
    assert engine.exit_code == 1
    assert f"CONSULTATIONS_KAFKA_PARTITIONS={PARTITIONS + 1}" in engine.said
