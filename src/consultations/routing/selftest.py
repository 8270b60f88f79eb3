"""Runs the examples that stand in ``routing.yaml`` against the rules themselves."""

from collections.abc import Iterator

from consultations.domain.decision import RoutingText
from consultations.routing.engine import decide
from consultations.routing.rules import Rule, RuleSet
from consultations.routing.schema import DecisionExample, EuMark, ManualRule


def selftest(rules: RuleSet) -> list[str]:
    """Return what does not hold, in words; an empty list when every example holds."""
    return [
        *(failure for rule in rules.settings.rules for failure in _rule(rule, rules)),
        *(failure for mark in rules.settings.eu.marks for failure in _mark(mark, rules)),
        *(failure for one in rules.settings.examples for failure in _decision(one, rules)),
    ]


def _rule(rule: ManualRule, rules: RuleSet) -> Iterator[str]:
    def fires(text: str) -> bool:
        meanings = (found for hit in rules.find(text) for found in hit.found)
        return any(isinstance(found, Rule) and found.id == rule.id for found in meanings)

    yield from (f"Regel «{rule.id}» treffer ikke «{t}»" for t in rule.matches if not fires(t))
    yield from (f"Regel «{rule.id}» treffer «{t}»" for t in rule.rejects if fires(t))


def _mark(mark: EuMark, rules: RuleSet) -> Iterator[str]:
    pattern = next(compiled for one, compiled in rules.marks if one is mark)

    def fires(text: str) -> bool:
        needed = any(word in text.lower() for word in mark.needs)
        return needed and pattern.search(text) is not None

    yield from (f"EU-merke «{mark.id}» treffer ikke «{t}»" for t in mark.matches if not fires(t))
    yield from (f"EU-merke «{mark.id}» treffer «{t}»" for t in mark.rejects if fires(t))


def _decision(example: DecisionExample, rules: RuleSet) -> Iterator[str]:
    text = RoutingText(title=example.title, sender=example.sender, summary=example.summary)
    decision = decide(text, rules)
    where = f"Eksempel «{example.title}»"
    if decision.lead != example.lead:
        yield f"{where}: ble {decision.lead} ({decision.score}), ventet {example.lead}"
    for second in example.seconds:
        if second not in decision.seconds:
            got = ", ".join(decision.seconds) or "ingen"
            yield f"{where}: andre seksjoner ble {got}, ventet også {second}"
    if decision.brussels != example.brussels:
        yield f"{where}: Brussel ble {_yes(decision.brussels)}, ventet {_yes(example.brussels)}"
    if decision.abstained != example.abstained:
        got, wanted = _yes(decision.abstained), _yes(example.abstained)
        yield f"{where}: avstår ble {got}, ventet {wanted}"


def _yes(value: bool) -> str:
    return "ja" if value else "nei"
