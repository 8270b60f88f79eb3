"""All parts run, or none does."""

import json
import os
import signal
import time
import urllib.request

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from consultations.domain.errors import ConfigError
from consultations.health import Answer, Health, health_app
from consultations.process import Site, run_together

pytestmark = pytest.mark.services


def fail(_until):
    raise ZeroDivisionError


def ask_to_stop(_address=None):
    os.kill(os.getpid(), signal.SIGTERM)


def page(_request):
    return PlainTextResponse("hei")


def site(announce, *, app=None, host="127.0.0.1", port=0):
    app = app or Starlette(routes=[Route("/", page)])
    return Site(app, host, port, "CONSULTATIONS_PORT", announce)


def fetch(address):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=10) as answer:
        return answer.read().decode()


def test_run_together_when_a_part_fails_then_all_stop_with_exit_code_1(caplog):
    ended = []

    def work(until):
        until.wait()
        ended.append("motoren")

    with pytest.raises(SystemExit) as exit_:
        run_together({"motoren": work, "varslingen": fail}, [site(lambda _address: None)])
    assert exit_.value.code == 1
    assert ended == ["motoren"]
    assert "varslingen feilet" in caplog.text


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_run_together_when_told_to_stop_then_all_end_and_signals_mean_what_they_did(told):
    before = signal.getsignal(told)
    ended = []

    def work(until):
        os.kill(os.getpid(), told)
        until.wait()
        ended.append("motoren")

    run_together({"motoren": work})
    assert ended == ["motoren"]
    assert signal.getsignal(told) is before


def test_run_together_when_told_twice_then_parts_still_end_in_good_order():
    ended = []

    def work(until):
        ask_to_stop()
        until.wait()
        ask_to_stop()
        time.sleep(0.05)
        ended.append("motoren")

    run_together({"motoren": work})
    assert ended == ["motoren"]


def test_run_together_when_it_has_sites_then_each_is_announced_and_answers():
    said = []

    def announce(address):
        said.append((address, fetch(address)))
        if len(said) == 2:
            ask_to_stop()

    run_together({}, [site(announce), site(announce)])
    (first, _), (second, _) = said
    assert first != second
    assert [words for _, words in said] == ["hei", "hei"]


def test_run_together_when_listening_everywhere_then_announces_a_loopback_address():
    said = []

    def announce(address):
        said.append(address)
        ask_to_stop()

    run_together({}, [site(announce, host="0.0.0.0")])
    assert said[0].startswith("http://127.0.0.1:")


def test_run_together_when_the_machine_lacks_the_address_then_says_what_to_set():
    with pytest.raises(ConfigError, match=r"203\.0\.113\.7.*CONSULTATIONS_HOST"):
        run_together({}, [site(ask_to_stop, host="203.0.113.7")])


def test_health_when_served_then_a_probe_gets_both_answers():
    said = []
    health = Health({"databasen": lambda: Answer(ok=True, says="svarer")})

    def announce(address):
        said.append(json.loads(fetch(f"{address}livez")))
        said.append(json.loads(fetch(f"{address}readyz")))
        ask_to_stop()

    run_together({}, [site(announce, app=health_app(health))])
    assert said == [
        {"status": "ok"},
        {"status": "ok", "checks": {"databasen": {"ok": True, "says": "svarer"}}},
    ]
