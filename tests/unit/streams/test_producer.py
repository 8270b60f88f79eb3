"""The producer: what it hands over at once, what it looks at, and what it does with a failure."""

import threading

import pytest
from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from consultations.domain.errors import BrokerUnavailable, InvalidRecord
from streams import producer as producing
from streams.producer import ENVELOPE_BYTES, Outgoing, Producer
from streams.topics import DEAD_LETTERS, EVENTS, MAX_MESSAGE_BYTES


class Future:
    def __init__(self, client, problem=None):
        self.client = client
        self.problem = problem

    def get(self, _timeout):
        self.client.outstanding -= 1
        if self.problem:
            raise self.problem


class Client:
    """Takes messages as kafka-python does; those with a value in ``problems`` fail."""

    def __init__(self, problems):
        self.problems = problems
        self.sent = []
        self.outstanding = self.most_outstanding = 0
        self.is_closed = False
        self._sender = self

    def send(self, topic, value, key, headers):
        assert not self.is_closed
        self.sent.append((topic, key, value, headers))
        self.outstanding += 1
        self.most_outstanding = max(self.most_outstanding, self.outstanding)
        return Future(self, self.problems.get(value))

    def force_close(self):
        pass

    def close(self, _seconds):
        self.is_closed = True


@pytest.fixture
def problems():
    return {}


@pytest.fixture
def clients(monkeypatch, problems):
    """The clients that were opened, the last one last."""
    opened = []

    def connect(*_arguments, **_settings):
        opened.append(Client(problems))
        return opened[-1]

    monkeypatch.setattr(producing, "connect", connect)
    return opened


def numbered(count: int):
    return [Outgoing(EVENTS, f"a:{number}", b"%d" % number) for number in range(count)]


def test_send_hands_over_key_value_and_headers_as_bytes(clients):
    Producer("k:1", "test").send([Outgoing(EVENTS, "å:1", b"v", (("step", b"intake"),))])
    assert clients[0].sent == [(EVENTS, "å:1".encode(), b"v", [("step", b"intake")])]


def test_send_when_there_is_no_key_lets_the_broker_choose(clients):
    Producer("k:1", "test").send([Outgoing(EVENTS, "", b"v")])
    assert clients[0].sent[0][1] is None


def test_send_when_there_is_nothing_to_send_asks_no_broker(clients):
    Producer("k:1", "test").send([])
    assert not clients


def test_send_never_has_more_outstanding_than_the_limit(clients):
    Producer("k:1", "test", outstanding=10).send(numbered(95))
    assert (len(clients[0].sent), clients[0].most_outstanding) == (95, 10)


def test_send_never_has_more_bytes_outstanding_than_the_limit(clients, monkeypatch):
    monkeypatch.setattr(producing, "OUTSTANDING_BYTES", 3 * (ENVELOPE_BYTES + 100))
    Producer("k:1", "test").send([Outgoing(EVENTS, "", b"x" * 100)] * 10)
    assert clients[0].most_outstanding == 3


def test_send_when_one_delivery_of_many_fails_says_so(clients, problems):
    problems[b"7"] = KafkaTimeoutError("for sent")
    with pytest.raises(BrokerUnavailable, match=r"k:1 .*events\.v1"):
        Producer("k:1", "test").send(numbered(20))


def test_send_after_a_failure_uses_a_new_client(clients, problems):
    producer = Producer("k:1", "test")
    problems[b"7"] = KafkaError("epoken er skiftet")
    with pytest.raises(BrokerUnavailable, match="epoken er skiftet"):
        producer.send(numbered(20))
    problems.clear()
    producer.send(numbered(20))
    assert [client.is_closed for client in clients] == [True, False]


def test_send_when_one_message_is_too_large_sends_none(clients):
    producer = Producer("k:1", "test")
    large = Outgoing(EVENTS, "a:2", b"x" * MAX_MESSAGE_BYTES)
    with pytest.raises(InvalidRecord, match=r"a:2.* 32\.0 MiB.*events\.v1.* 32 MiB"):
        producer.send([Outgoing(EVENTS, "a:1", b"x"), large])
    assert not clients


def test_send_lets_a_dead_letter_be_as_large_as_the_message_it_was(clients):
    headers = (("reason", b"x" * 1000),)
    Producer("k:1", "test").send([Outgoing(DEAD_LETTERS, "", b"x" * MAX_MESSAGE_BYTES, headers)])
    assert len(clients[0].sent) == 1


def test_send_when_the_broker_has_a_lower_limit_says_which_command_tells_more(clients, problems):
    problems[b"0"] = MessageSizeTooLargeError("for stor")
    with pytest.raises(BrokerUnavailable, match="«consultations topics check»"):
        Producer("k:1", "test").send(numbered(1))


def test_send_when_others_wait_for_the_broker_gives_up_in_time(clients):
    producer = Producer("k:1", "test", seconds=0.01)
    with producer._our_turn(), pytest.raises(BrokerUnavailable, match="andre meldinger"):
        producer.send(numbered(1))


def test_send_from_several_threads_at_once_keeps_within_the_limit(clients):
    producer = Producer("k:1", "test", outstanding=5)
    threads = [threading.Thread(target=producer.send, args=[numbered(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(clients), len(clients[0].sent), clients[0].most_outstanding) == (1, 200, 5)


def test_close_when_told_to_stop_opens_no_client_again(clients):
    producer = Producer("k:1", "test")
    producer.send(numbered(1))
    producer.close()
    with pytest.raises(BrokerUnavailable, match="stoppe"):
        producer.send(numbered(1))
    assert all(client.is_closed for client in clients)
