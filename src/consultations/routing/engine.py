"""Weighs the words of a text into one decision. Pure: same text, same rules, same decision."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from consultations.domain.decision import (
    NONE_SECTION,
    Decision,
    Evidence,
    RoutingText,
    Score,
)
from consultations.routing.acts import FoundAct, find_acts
from consultations.routing.eu_question import EuReading
from consultations.routing.matching import Hit
from consultations.routing.plain import Plain
from consultations.routing.rules import Meaning, Rule, RuleSet
from consultations.routing.schema import FieldName

_FIELDS: tuple[FieldName, ...] = ("title", "sender", "summary", "body", "topics")

_Wanted = tuple[Rule, int, int]
"""A rule that asks for the words at ``text[start:end]``."""


@dataclass
class _Findings:
    """What has been found so far, field by field."""

    eu: EuReading
    evidence: list[Evidence] = field(default_factory=list)


def decide(text: RoutingText, rules: RuleSet) -> Decision:
    """Decide lead, seconds and EU/EEA for a text, with every word that counted.

    With no evidence at all the decision is ``none`` and abstained: a person must look.
    """
    findings = _Findings(EuReading(rules))
    for name in _FIELDS:
        _read_field(findings, name, getattr(text, name), rules)
    if rules.model:
        findings.evidence += rules.model.weigh(text)
    ranked = _ranked(findings.evidence, rules)
    lead = _lead(ranked, rules)
    others = [one for one in ranked if one.section != lead.section]
    runner_up = others[0] if others else None
    eu = findings.eu.answer(lead.section)
    return Decision(
        lead=lead.section,
        seconds=_seconds(lead, others, rules),
        abstained=_must_abstain(lead, runner_up, rules),
        score=lead.score,
        runner_up=runner_up,
        scores=ranked,
        eu_eea=eu.eu_eea,
        brussels=eu.brussels,
        criterion=eu.criterion,
        eu_acts=eu.acts,
        evidence=tuple(findings.evidence),
        eu_evidence=eu.evidence,
        text_hash=text.hash,
        rules_hash=rules.hash,
        model_version=rules.model.version if rules.model else None,
    )


def _read_field(findings: _Findings, name: FieldName, content: str, rules: RuleSet) -> None:
    if not content:
        return
    hits = rules.find(content)
    plain = Plain.of(content)
    acts = [] if name == "sender" else find_acts(plain, hits, rules)
    wanted = [*_wanted_by_words(name, hits), *_wanted_by_acts(acts, rules)]
    findings.evidence += _weighed(name, content, wanted, rules)
    findings.eu.read(name, plain, hits, acts)


def _wanted_by_words(name: FieldName, hits: Iterable[Hit[Meaning]]) -> Iterator[_Wanted]:
    for hit in hits:
        for rule in hit.found:
            if isinstance(rule, Rule) and name in rule.fields:
                yield rule, hit.start, hit.end


def _wanted_by_acts(acts: Iterable[FoundAct], rules: RuleSet) -> Iterator[_Wanted]:
    """Let an act whose section is known count as much as a law."""
    for found in acts:
        if found.known and found.known.section:
            weight = rules.settings.weights.law
            rule = Rule(f"eu/{found.known.name}", found.known.section, weight)
            yield rule, found.start, found.end


def _weighed(
    name: FieldName, content: str, wanted: Iterable[_Wanted], rules: RuleSet
) -> list[Evidence]:
    """Count each rule once in a field, and keep a long field within its cap.

    The evidence stands in the order of the text, whatever the order of the rules.
    """
    setting = getattr(rules.settings.fields, name)
    by_rule: dict[str, _Wanted] = {}
    for one in wanted:
        known = by_rule.setdefault(one[0].id, one)
        if one[1:] < known[1:]:
            by_rule[one[0].id] = one
    first = sorted(by_rule.values(), key=lambda one: (one[1], one[2], one[0].id))
    totals: dict[str, float] = defaultdict(float)
    for rule, _, _ in first:
        totals[rule.section] += rule.weight * setting.factor
    highest = max(totals.values(), default=0.0)
    shrink = setting.cap / highest if setting.cap and highest > setting.cap else 1.0
    return [
        Evidence(
            field=name,
            start=start,
            end=end,
            quote=content[start:end],
            rule=rule.id,
            section=rule.section,
            weight=round(rule.weight * setting.factor * shrink, 4),
        )
        for rule, start, end in first
    ]


def _ranked(evidence: Iterable[Evidence], rules: RuleSet) -> tuple[Score, ...]:
    """Sum the weights per section, highest first; equals stand by id, whatever the file's order."""
    by_section: Mapping[str, list[Evidence]] = defaultdict(list)
    for one in evidence:
        by_section[one.section].append(one)
    scores = [
        Score(section=s, score=_sum(by_section[s])) for s in rules.sections if s in by_section
    ]
    return tuple(sorted(scores, key=lambda one: (-one.score, one.section)))


def _sum(evidence: Iterable[Evidence]) -> float:
    return round(sum(one.weight for one in evidence), 4)


def _lead(ranked: tuple[Score, ...], rules: RuleSet) -> Score:
    """Pick the best, but let ``none`` win only clearly: losing a real matter is the dear error."""
    if not ranked:
        return Score(section=NONE_SECTION, score=0.0)
    best = ranked[0]
    real = next((one for one in ranked if one.section != NONE_SECTION and one.score > 0), None)
    unclear = best.section == NONE_SECTION and real is not None
    if unclear and real and best.score < real.score * rules.settings.thresholds.none_lead:
        return real
    return best


def _seconds(lead: Score, others: Iterable[Score], rules: RuleSet) -> tuple[str, ...]:
    limits = rules.settings.thresholds
    needed = max(limits.second_score, limits.second_share * lead.score)
    enough = [o.section for o in others if o.section != NONE_SECTION and o.score >= needed]
    return tuple(enough[: limits.most_seconds])


def _must_abstain(lead: Score, runner_up: Score | None, rules: RuleSet) -> bool:
    limits = rules.settings.thresholds
    behind = runner_up.score if runner_up else 0.0
    margin = limits.least_margin(lead.section) * lead.score
    return lead.score < limits.least_points(lead.section) or lead.score - behind < margin
