"""Measure the embedded engine: intake, routing and tracking of every record of the demo.

Prints records per second and each step's share of the time. Run: make bench
"""

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.cli import DEMO
from consultations.handlers.step import StepResult
from consultations.store.bus import Message
from consultations.store.database import Session
from streams.embedded import EmbeddedEngine
from streams.step import Handle, Step

ROUNDS = 5


class Stopwatch:
    """Counts how long each step's handler runs."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def timed(self, step: Step) -> Step:
        return replace(step, handle=self._around(step.name, step.handle))

    def _around(self, name: str, handle: Handle) -> Handle:
        def timed(session: Session, batch: Sequence[Message]) -> StepResult:
            began = time.perf_counter()
            try:
                return handle(session, batch)
            finally:
                self.seconds[name] += time.perf_counter() - began

        return timed


def run(folder: Path) -> tuple[int, float, Counter[str]]:
    """Take the demo's records in on an empty database: how many, in how long, by step."""
    tracker: Tracker = bootstrap.tracker(**{**DEMO, "database_url": f"sqlite:///{folder}/x.db"})
    watch = Stopwatch()
    engine = EmbeddedEngine(
        tracker.database, [watch.timed(step) for step in tracker.steps()], tracker.clock
    )
    records = sum(tracker.poll(source).counts.fetched for source in tracker.sources)
    began = time.perf_counter()
    engine.drain()
    seconds = time.perf_counter() - began
    tracker.database.close()
    return records, seconds, watch.seconds


def main() -> None:
    for number in range(1, ROUNDS + 1):
        with tempfile.TemporaryDirectory() as folder:
            records, seconds, steps = run(Path(folder))
        shares = ", ".join(f"{name} {part / seconds:.0%}" for name, part in steps.items())
        rest = 1 - sum(steps.values()) / seconds
        print(
            f"round {number}: {records} records in {seconds:.2f} s, "
            f"{records / seconds:.0f} records/s ({shares}, bus and commits {rest:.0%})"
        )


if __name__ == "__main__":
    main()
