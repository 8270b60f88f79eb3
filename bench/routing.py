"""Measure routing on one core: matters a second, what a long letter costs, and memory.

Titles and summaries are those of the labelled matters; letters are made of their words in random
order, so that no two are alike. Times are those of the processor, so that neighbours disturb less.
Run: make bench
"""

import json
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

from consultations.domain.decision import RoutingText
from consultations.routing import RuleSet, decide, load_rules

CONFIG = Path(__file__).parent.parent / "config"
ROUNDS = 5
LETTERS = 20
KILOBYTES = (1, 10, 100, 1000)
MEMORY_AT = (2_000, 10_000, 30_000)
MILLISECONDS = 1000


def main() -> None:
    rules = load_rules(CONFIG)
    lines = (CONFIG / "labelled_matters.jsonl").read_text("utf-8").splitlines()
    texts = [
        RoutingText(title=row["title"], sender=row["sender"] or "", summary=row["summary"] or "")
        for row in map(json.loads, lines)
    ]
    words = [word for text in texts for word in f"{text.title} {text.summary}".split()]
    print(f"{len(texts)} matters, {len(words) / len(texts):.0f} words each")
    alone = _matters_a_second(texts, replace(rules, model=None))
    print(f"rules alone: {alone:.0f} matters/s")
    if rules.model:
        both = _matters_a_second(texts, rules)
        print(f"with learned words: {both:.0f} matters/s, {both / alone:.2f} of the rules alone")
    _letters(words, rules)
    _memory(words, rules)


def _matters_a_second(texts: list[RoutingText], rules: RuleSet) -> float:
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for text in texts:
            decide(text, rules)
        rates.append(len(texts) / (time.process_time() - began))
    return median(rates)


def _letters(words: list[str], rules: RuleSet) -> None:
    before = None
    for kilobytes in KILOBYTES:
        bodies = list(_bodies(words, kilobytes * 1000, LETTERS))
        took = []
        for body in bodies:
            began = time.process_time()
            decide(RoutingText(title="Høring", body=body), rules)
            took.append((time.process_time() - began) * MILLISECONDS)
        times = f", {median(took) / before:.1f} times the one before" if before else ""
        print(f"letter of {kilobytes} KB: {median(took):.2f} ms{times}")
        before = median(took)


def _memory(words: list[str], rules: RuleSet) -> None:
    done = 0
    for count in MEMORY_AT:
        for body in _bodies(words, 1000, count - done):
            decide(RoutingText(title=body[:100], summary=body), rules)
        done = count
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"after {count} decisions: {peak:.0f} MB at most")


def _bodies(words: list[str], size: int, count: int) -> Iterator[str]:
    """Make texts of that many characters; every tenth word is one nobody has written before."""
    chance = random.Random(size)
    for _ in range(count):
        drawn = chance.choices(words, k=size // 5)
        drawn[::10] = [f"{word}{chance.randrange(10**6)}" for word in drawn[::10]]
        yield " ".join(drawn)[:size]


if __name__ == "__main__":
    main()
