"""Runs the examples that stand in the files against the rules themselves."""

from collections.abc import Callable, Iterator

from consultations.domain.decision import Decision, RoutingText
from consultations.routing.engine import decide
from consultations.routing.eu_rules import EuWord
from consultations.routing.rules import Rule, RuleSet
from consultations.routing.schema import DecisionExample, EuMark, ManualRule, Outside


def selftest(rules: RuleSet) -> list[str]:
    """Return what does not hold, with file and line; an empty list when every example holds."""
    files = rules.files
    return [
        *(
            f"{files.routing.place(('rules', i, *at))}: {failure}"
            for i, rule in enumerate(rules.settings.rules)
            for at, failure in _rule(rule, rules)
        ),
        *(
            f"{files.routing.place(('eu', 'marks', i, *at))}: {failure}"
            for i, mark in enumerate(rules.settings.eu.marks)
            for at, failure in _mark(mark, rules)
        ),
        *(
            f"{files.routing.place(('eu', 'outside', i, *at))}: {failure}"
            for i, subject in enumerate(rules.settings.eu.outside)
            for at, failure in _outside(subject, rules)
        ),
        *(
            f"{files.routing.place(('examples', i))}: {failure}"
            for i, example in enumerate(rules.settings.examples)
            for failure in _decision(example, rules)
        ),
        *(
            f"{files.sections.place(('sections', i, 'examples', j))}: {failure}"
            for i, section in enumerate(files.sections.content.sections)
            for j, title in enumerate(section.examples)
            for failure in _lead(title, section.id, rules)
        ),
    ]


_Failure = tuple[tuple[str | int, ...], str]
"""The place inside the rule, and what went wrong there."""


def _rule(rule: ManualRule, rules: RuleSet) -> Iterator[_Failure]:
    def fires(text: str) -> bool:
        meanings = (found for hit in rules.find(text) for found in hit.found)
        return any(isinstance(found, Rule) and found.id == rule.id for found in meanings)

    return _tried(f"Regel «{rule.id}»", rule, fires)


def _mark(mark: EuMark, rules: RuleSet) -> Iterator[_Failure]:
    pattern = next(compiled for one, compiled in rules.marks if one is mark)

    def fires(text: str) -> bool:
        needed = any(word in text.lower() for word in mark.needs)
        return needed and pattern.search(text) is not None

    return _tried(f"EU-merke «{mark.id}»", mark, fires)


def _outside(subject: Outside, rules: RuleSet) -> Iterator[_Failure]:
    def fires(text: str) -> bool:
        meanings = (found for hit in rules.find(text) for found in hit.found)
        outside = f"eu/utenfor/{subject.id}"
        return any(isinstance(found, EuWord) and found.id == outside for found in meanings)

    return _tried(f"EU-emnet «{subject.id}»", subject, fires)


def _tried(
    name: str, tested: ManualRule | EuMark | Outside, fires: Callable[[str], bool]
) -> Iterator[_Failure]:
    for i, text in enumerate(tested.matches):
        if not fires(text):
            yield ("matches", i), f"{name} treffer ikke «{text}»"
    for i, text in enumerate(tested.rejects):
        if fires(text):
            yield ("rejects", i), f"{name} treffer «{text}»"


def _decision(example: DecisionExample, rules: RuleSet) -> Iterator[str]:
    text = RoutingText(title=example.title, sender=example.sender, summary=example.summary)
    decision = decide(text, rules)
    where = f"Eksempel «{example.title}»"
    yield from _led_elsewhere(where, decision, rules.life.current(example.lead))
    for second in map(rules.life.current, example.seconds):
        if second not in decision.seconds:
            got = ", ".join(decision.seconds) or "ingen"
            yield f"{where}: andre seksjoner ble {got}, ventet også {second}"
    if decision.brussels != example.brussels:
        yield f"{where}: Brussel ble {_yes(decision.brussels)}, ventet {_yes(example.brussels)}"
    if decision.abstained != example.abstained:
        got, wanted = _yes(decision.abstained), _yes(example.abstained)
        yield f"{where}: avstår ble {got}, ventet {wanted}"


def _lead(title: str, section: str, rules: RuleSet) -> Iterator[str]:
    return _led_elsewhere(f"Eksempel «{title}»", decide(RoutingText(title=title), rules), section)


def _led_elsewhere(where: str, decision: Decision, wanted: str) -> Iterator[str]:
    """Say which section led instead, and by which words."""
    if decision.lead != wanted:
        for_lead = [one for one in decision.evidence if one.section == decision.lead]
        words = list(dict.fromkeys(f"«{one.quote}»" for one in for_lead))
        by = f" av {', '.join(words)}" if words else ""
        yield f"{where}: ble {decision.lead} ({decision.score}{by}), ventet {wanted}"


def _yes(value: bool) -> str:
    return "ja" if value else "nei"
