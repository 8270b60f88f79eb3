"""Measures routing on labelled matters: `python bench/routing_accuracy.py LABELLED.jsonl [-v]`.

Each line: title, sender, summary, lang, primary_section, secondary_sections, brussels. Addresses
and notes in the file are not read. Prints accuracy, the share abstained and EU/EEA figures.
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path

from consultations.domain.decision import Decision, RoutingText
from consultations.routing import decide, load_rules

CONFIG = Path(__file__).parent.parent / "config"


def main() -> None:
    rules = load_rules(CONFIG)
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    texts = [
        RoutingText(title=row["title"], sender=row["sender"] or "", summary=row["summary"] or "")
        for row in rows
    ]
    started = time.perf_counter()
    decisions = [decide(text, rules) for text in texts]
    seconds = time.perf_counter() - started
    counts: Counter[str] = Counter()
    for row, decision in zip(rows, decisions, strict=True):
        gold, found = row["primary_section"], decision.lead
        counts["lead"] += found == gold
        counts["lead or second"] += found == gold or found in row["secondary_sections"]
        counts["gold among lead and seconds"] += gold in (found, *decision.seconds)
        counts["abstained"] += decision.abstained
        counts["lead, when not abstained"] += found == gold and not decision.abstained
        counts["real matters"] += gold != "none"
        counts["real lost as none"] += gold != "none" == found and not decision.abstained
        counts["none decided"] += found == "none"
        counts["none right"] += found == gold == "none"
        counts[f"brussels {row['brussels']} {decision.brussels}"] += 1
        if "-v" in sys.argv and (found != gold or decision.brussels != row["brussels"]):
            _show(row, decision)
    _report(counts, len(rows), seconds)


def _report(counts: Counter[str], total: int, seconds: float) -> None:
    for name in ("lead", "lead or second", "gold among lead and seconds", "abstained"):
        print(f"{name:30} {counts[name] / total:.3f}")
    decided = total - counts["abstained"]
    print(f"{'lead, when not abstained':30} {counts['lead, when not abstained'] / decided:.3f}")
    print(f"{'real lost as none':30} {counts['real lost as none']} of {counts['real matters']}")
    print(f"{'none right of none decided':30} {counts['none right']} of {counts['none decided']}")
    hit = counts["brussels True True"]
    print(f"{'brussels precision':30} {hit / max(1, hit + counts['brussels False True']):.3f}")
    print(f"{'brussels recall':30} {hit / max(1, hit + counts['brussels True False']):.3f}")
    print(f"{'matters per second':30} {total / seconds:.0f}")


def _show(row: dict, decision: Decision) -> None:
    marks = [(e.quote, e.section, e.weight) for e in decision.evidence]
    eu = [(e.quote, e.rule, e.weight) for e in decision.eu_evidence]
    print(f"{row['title'][:110]} | {row['sender']}")
    print(f"   gold {row['primary_section']} {row['secondary_sections']} EU {row['brussels']}")
    print(f"   lead {decision.lead} {decision.score} abstained {decision.abstained}", end=" ")
    print(f"then {decision.runner_up} EU {decision.brussels}\n   {marks}\n   {eu}\n")


if __name__ == "__main__":
    main()
