"""Real servers for the tests: taken from where they can be had, stopped by whoever started them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class NotAvailable(Exception):  # noqa: N818 - reads as the news it is
    """A service cannot be had here. The message says why, in words that fit after «not tested,»."""


@contextmanager
def afterwards(*command: str, **popen: Any) -> Iterator[None]:
    """Run a command when the block ends, or when this process is gone, however it went.

    A shell of its own waits for the other end of a pipe to close: that happens also when we are
    killed with -9, and Ctrl-C does not reach it.
    """
    waiting = subprocess.Popen(
        ["sh", "-c", 'cat >/dev/null; exec "$@" >/dev/null 2>&1', "sh", *command],
        stdin=subprocess.PIPE, start_new_session=True, **popen,
    )  # fmt: skip
    assert waiting.stdin
    try:
        yield
    finally:
        waiting.stdin.close()
        waiting.wait(timeout=60)
