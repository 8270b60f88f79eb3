"""What we rely on in the two Kafka clients, and the faults in them that we work around.

A fault that is gone is good news: what ``streams.connection`` does about it may go too.
"""

import threading
from types import SimpleNamespace

import pytest
from aiokafka.partitioner import DefaultPartitioner as ReadingPartitioner
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaTimeoutError
from kafka.net.compat import KafkaNetClient

from consultations.domain.errors import BrokerUnavailable
from streams.connection import DIRECT, connect

NOBODY = "127.0.0.1:9"


@given(key=st.text(min_size=1), partitions=st.integers(1, 100))
@settings(max_examples=200, deadline=None)
def test_key_goes_to_the_same_partition_whichever_client_sends_it(key, partitions):
    numbers = list(range(partitions))
    cluster = SimpleNamespace(
        topics=lambda: {"t"},
        partitions_for_topic=lambda _topic: set(numbers),
        available_partitions_for_topic=lambda _topic: set(numbers),
    )
    raw = key.encode("utf-8", "surrogatepass")
    sending = KafkaProducer.DEFAULT_CONFIG["partitioner"]
    assert sending.partition("t", raw, raw, b"", b"", cluster) == ReadingPartitioner()(
        raw, numbers, numbers
    )


def io_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("kafka-io")}


def test_client_that_never_got_through_leaves_its_thread_running():
    before, opened = io_threads(), []

    def network(**settings):
        opened.append(KafkaNetClient(**settings))
        return opened[-1]

    with pytest.raises(KafkaTimeoutError):
        KafkaAdminClient(
            bootstrap_servers=NOBODY, bootstrap_timeout_ms=50, kafka_client=network,
            proxy_url=DIRECT,
        )  # fmt: skip
    left = io_threads() - before
    opened[0].close()
    assert left, "this fault in kafka-python is gone: streams.connection need not clear up"


def test_connect_when_nobody_answers_leaves_no_thread():
    before = io_threads()
    with pytest.raises(BrokerUnavailable, match=NOBODY):
        connect(KafkaAdminClient, NOBODY, 0.05)
    assert io_threads() == before
