"""Workers of bench/loops.py in processes of their own, and what they tell of their batches."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60


@dataclass(frozen=True)
class Batch:
    """One batch: by which child, begun and committed when (monotonic seconds), how large."""

    child: int
    began: float
    ended: float
    size: int


class Children:
    """So many workers of the same kind, and all the batches they tell of."""

    def __init__(self, count: int, *arguments: str) -> None:
        self.said: queue.Queue[Batch | None] = queue.Queue()
        self.processes = [self._start(number, arguments) for number in range(count)]

    def batches(self, messages: int, seconds: float = 600) -> Iterator[Batch]:
        """Yield batches until so many messages are done. Raises when a worker ends before that."""
        end, done = time.monotonic() + seconds, 0
        while done < messages:
            batch = self.said.get(timeout=max(0.0, end - time.monotonic()))
            if batch is None:
                raise RuntimeError("a worker ended by itself; what it said stands above")
            done += batch.size
            yield batch

    def _start(self, number: int, arguments: tuple[str, ...]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.loops", *arguments],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        threading.Thread(target=self._listen, args=(number, process), daemon=True).start()
        return process

    def _listen(self, number: int, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            began, ended, size = line.split()
            self.said.put(Batch(number, float(began), float(ended), int(size)))
        self.said.put(None)

    def end(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


@contextmanager
def children(count: int, *arguments: str) -> Iterator[Children]:
    started = Children(count, *arguments)
    try:
        yield started
    finally:
        started.end()
