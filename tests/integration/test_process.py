"""All parts run, or none does."""

import threading

import pytest
from starlette.applications import Starlette

from consultations.process import run_together

pytestmark = pytest.mark.services


def run(parts, stop):
    run_together(
        Starlette(), parts, stop=stop, port=0, lock_file=None, announce=lambda _address: None
    )


def test_run_together_when_a_part_fails_then_all_stop_with_exit_code_1(caplog):
    stop = threading.Event()
    ended = []

    def work(until):
        until.wait()
        ended.append("motoren")

    def fail(_until):
        raise ZeroDivisionError

    with pytest.raises(SystemExit) as exit_:
        run({"motoren": work, "varslingen": fail}, stop)
    assert exit_.value.code == 1
    assert ended == ["motoren"]
    assert "varslingen feilet" in caplog.text
