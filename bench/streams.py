"""Measure the path over Kafka and PostgreSQL. Run: make bench-streams, or one case by name.

``python -m bench.streams CASE [--events N] [--rounds N]``; without a case the cases are listed.
Everything is measured on this machine, on servers of the run's own, one thing at a time.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec

from bench.children import Batch, children
from bench.figures import rates
from bench.latency import latency
from bench.memory import memory
from bench.prepared import Prepared, prepared
from bench.stage import Stage, stage
from bench.stored import stored
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from streams.topics import GROUPS


def side_by_side(stage: Stage, step: str, events: int, rounds: int, *, whole: bool) -> None:
    """Our worker, a bare aiokafka loop and quixstreams, by turns, on the same messages."""
    ways = ["ours", "bare"]
    if find_spec("quixstreams"):
        ways.append("quix")
    else:
        print("quixstreams is not installed here (bench/requirements.txt): left out")
    found: dict[str, list[float]] = {way: [] for way in ways}
    with prepared(stage, step, events, whole_pages=whole) as start:
        for number in range(rounds):
            for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
                found[way].append(rate(stage, start, way, f"{way}-{step}-{number}-{whole}"))
                say(f"{step}, round {number + 1} of {rounds}, {way}: {found[way][-1]:,.0f}/s")
    pages = "whole pages" if whole else "small pages"
    print(f"\n{step}, {start.messages} messages, {pages}\n\n{rates(found, 'events/s', 'bare')}\n")


def rate(stage: Stage, start: Prepared, way: str, group: str, workers: int = 1) -> float:
    """Run workers over the whole topic. Returns events a second while all of them worked."""
    with (
        stage.database(start.template) as url,
        children(workers, way, start.step, url, stage.kafka, start.topic, group) as started,
    ):
        batches = list(started.batches(start.messages))
    return _rate(batches, workers)


def _rate(batches: Sequence[Batch], workers: int) -> float:
    """Count while all the workers have their hands full: not their first batch, nor their last.

    Before the first one they start up, and before the last one some wait for more to come.
    """
    ends = [[b.ended for b in batches if b.child == number] for number in range(workers)]
    began, until = max(ended[0] for ended in ends), min(ended[-2] for ended in ends)
    return sum(b.size for b in batches if began < b.ended <= until) / (until - began)


def replay(stage: Stage, events: int, rounds: int) -> None:
    """Our reading of the log for a rebuild, and a bare loop that takes as much at a time."""
    for step in (INTAKE, TRACKING):
        found: dict[str, list[float]] = {"replay": [], "bare-500": []}
        with prepared(stage, step, events, whole_pages=False, name=GROUPS[step]) as start:
            for number in range(rounds):
                for way, values in found.items():
                    values.append(rate(stage, start, way, f"{way}-{step}-{number}"))
                    say(f"{step}, round {number + 1} of {rounds}, {way}: {values[-1]:,.0f}/s")
        print(f"\n{step}, {start.messages} messages\n\n{rates(found, 'events/s', 'bare-500')}\n")


def scaling(stage: Stage, events: int, rounds: int) -> None:
    """One worker of ours, and two."""
    for step in (INTAKE, ROUTING, TRACKING):
        found: dict[str, list[float]] = {"1 worker": [], "2 workers": []}
        with prepared(stage, step, events, whole_pages=False) as start:
            for number in range(rounds):
                for count, (name, values) in enumerate(found.items(), start=1):
                    values.append(rate(stage, start, "ours", f"{step}-{number}-{count}", count))
                    say(f"{step}, round {number + 1} of {rounds}, {name}: {values[-1]:,.0f}/s")
        print(f"\n{step}, {start.messages} messages\n\n{rates(found, 'events/s', '1 worker')}\n")


def say(line: str) -> None:
    print(f"  {time.strftime('%H.%M.%S')} {line}", flush=True)


Case = Callable[[Stage, int, int], None]

CASES: Mapping[str, tuple[Case, int, int]] = {
    "intake": (lambda s, e, r: side_by_side(s, INTAKE, e, r, whole=True), 8_000, 5),
    "intake-small": (lambda s, e, r: side_by_side(s, INTAKE, e, r, whole=False), 15_000, 5),
    "routing": (lambda s, e, r: side_by_side(s, ROUTING, e, r, whole=False), 15_000, 5),
    "tracking": (lambda s, e, r: side_by_side(s, TRACKING, e, r, whole=False), 20_000, 5),
    "replay": (replay, 20_000, 5),
    "scaling": (scaling, 15_000, 3),
    "latency": (latency, 6_000, 1),
    "stored": (stored, 100_000, 3),
    "stored-million": (stored, 1_000_000, 3),
    "memory": (memory, 1_000_000, 1),
}
"""Each case with how many events and rounds it takes when nothing else is said."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=[*CASES, "all"])
    parser.add_argument("--events", type=int)
    parser.add_argument("--rounds", type=int)
    given = parser.parse_args()
    with stage() as started:
        for name in CASES if given.case == "all" else [given.case]:
            case, events, rounds = CASES[name]
            print(f"\n## {name}\n", flush=True)
            case(started, given.events or events, given.rounds or rounds)


if __name__ == "__main__":
    sys.exit(main())
