"""The broker that the tests start: gone with whoever started it, however that one went."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import NotAvailable, kafka
from tests.service import ROOT, wait_until

pytestmark = pytest.mark.services

STARTER = """
import sys, time
from pathlib import Path
from tests.servers.kafka import Kafka

with Kafka(Path(sys.argv[1])) as broker:
    print(broker.address, flush=True)
    time.sleep(60)
"""


def is_answered(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_broker_when_its_starter_is_gone_goes_too(kafka_servers, tmp_path, how):
    if os.environ.get(kafka.ADDRESS_VARIABLE):
        pytest.skip(f"the Kafka at {kafka_servers} is not ours to stop")
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, tmp_path], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert starter.stdout
    address = starter.stdout.readline().strip()
    assert re.fullmatch(r"127\.0\.0\.1:\d+", address)
    assert is_answered(address)
    starter.send_signal(how)
    starter.communicate()
    assert wait_until(lambda: not is_answered(address), seconds=10)


def test_start_when_an_address_is_given_starts_nothing(kafka_servers, monkeypatch):
    monkeypatch.setenv(kafka.ADDRESS_VARIABLE, kafka_servers)
    with kafka.start() as address:
        assert address == kafka_servers


def test_start_when_there_is_nothing_to_run_it_with_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.delenv(kafka.ADDRESS_VARIABLE, raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    for cached in (kafka._way_here, kafka._java, kafka._jars):
        monkeypatch.setattr(kafka, cached.__name__, cached.__wrapped__)
    starting = kafka.start(Path(tmp_path))
    with pytest.raises(NotAvailable, match="java is not installed, and docker is not installed"):
        starting.__enter__()
