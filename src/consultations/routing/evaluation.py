"""Measures how often routing is right, on labelled matters it has not learned from."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from consultations.domain.decision import NONE_SECTION, Decision, Score
from consultations.routing.engine import decide
from consultations.routing.labelled import LabelledMatter, parts
from consultations.routing.rules import RuleSet
from consultations.routing.training import train

FOLDS = 10
ABSTAINED_SHARES = (0.0, 0.05, 0.1, 0.2, 0.3)
_HELD_OUT_OF = 5
"""One part of this many is never learned from: what a new model is measured against the old on."""

_Z_95 = 1.959964
_KEYWORD_POINTS = 4.0
"""About what a keyword is worth to the rules, so that learned words weigh as much beside it."""

Judge = Callable[[LabelledMatter], Decision]
Progress = Callable[[], object]


@dataclass(frozen=True)
class Share:
    """``hits`` of ``total``, with the 95 % interval that Wilson gives it."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Return the lowest and the highest share that would make this count ordinary."""
        if not self.total:
            return 0.0, 1.0
        spread = _Z_95**2 / self.total
        middle = (self.value + spread / 2) / (1 + spread)
        half = math.sqrt(self.value * (1 - self.value) * spread + spread**2 / 4) / (1 + spread)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Judged:
    """A labelled matter with the decision made on it."""

    matter: LabelledMatter
    decision: Decision

    @property
    def has_lead(self) -> bool:
        return self.decision.lead == self.matter.primary_section

    @property
    def has_lead_or_second(self) -> bool:
        wanted = (self.matter.primary_section, *self.matter.secondary_sections)
        return self.decision.lead in wanted

    @property
    def is_real(self) -> bool:
        return self.matter.primary_section != NONE_SECTION

    @property
    def is_lost(self) -> bool:
        """Tell whether a real matter would reach nobody: called ``none`` without a doubt."""
        return self.is_real and self.decision.lead == NONE_SECTION and not self.decision.abstained

    @property
    def margin(self) -> float:
        """How far ahead of the next section the lead is, in points: how sure the decision is."""
        behind = self.decision.runner_up.score if self.decision.runner_up else 0.0
        return self.decision.score - behind


@dataclass(frozen=True)
class Scorecard:
    """How often decisions on labelled matters were right, seen from every side."""

    judged: Sequence[Judged]

    @property
    def lead(self) -> Share:
        return _share(j.has_lead for j in self.judged)

    @property
    def lead_or_second(self) -> Share:
        return _share(j.has_lead_or_second for j in self.judged)

    @property
    def lead_of_real(self) -> Share:
        return _share(j.has_lead for j in self.judged if j.is_real)

    @property
    def abstained(self) -> Share:
        return _share(j.decision.abstained for j in self.judged)

    @property
    def lead_when_sure(self) -> Share:
        return _share(j.has_lead for j in self.judged if not j.decision.abstained)

    @property
    def real_lost(self) -> Share:
        return _share(j.is_lost for j in self.judged if j.is_real)

    @property
    def none_precision(self) -> Share:
        """Of what was called ``none`` without a doubt, how much is."""
        called = (j for j in self.judged if j.decision.lead == NONE_SECTION)
        return _share(not j.is_real for j in called if not j.decision.abstained)

    @property
    def brussels_precision(self) -> Share:
        return _share(j.matter.brussels for j in self.judged if j.decision.brussels)

    @property
    def brussels_recall(self) -> Share:
        return _share(j.decision.brussels for j in self.judged if j.matter.brussels)

    def precision(self, section: str) -> Share:
        return _share(j.has_lead for j in self.judged if j.decision.lead == section)

    def recall(self, section: str) -> Share:
        return _share(j.has_lead for j in self.judged if j.matter.primary_section == section)

    @cached_property
    def confusion(self) -> Mapping[str, Counter[str]]:
        """Count what each section's matters were taken for, the right answer left out."""
        table: dict[str, Counter[str]] = {}
        for one in self.judged:
            if not one.has_lead:
                taken = table.setdefault(one.matter.primary_section, Counter())
                taken[one.decision.lead] += 1
        return table

    def lead_at(self, abstained: float) -> Share:
        """Tell how often the lead is right when the least sure share is left to people."""
        surest = sorted(self.judged, key=lambda j: (-j.margin, j.matter.id))
        return _share(j.has_lead for j in surest[: round(len(surest) * (1 - abstained))])

    def sections(self) -> list[str]:
        """Return every section that a matter belongs to or was given, the largest first."""
        counts = Counter(j.matter.primary_section for j in self.judged)
        found = {*counts, *(j.decision.lead for j in self.judged)}
        return sorted(found, key=lambda section: (-counts[section], section))


def _share(outcomes: Iterable[bool]) -> Share:
    counted = list(outcomes)
    return Share(sum(counted), len(counted))


def held_out(
    matters: Sequence[LabelledMatter],
) -> tuple[list[LabelledMatter], list[LabelledMatter]]:
    """Divide matters in those to learn from and those no installed model ever learns from."""
    dealt = list(zip(matters, parts(matters, _HELD_OUT_OF), strict=True))
    return [m for m, part in dealt if part], [m for m, part in dealt if not part]


def shortcomings(new: Scorecard, old: Scorecard) -> list[str]:
    """Say in what a new model is worse than the old one, in words for people."""
    worse = {
        "færre saker får riktig seksjon": new.lead.hits < old.lead.hits,
        "færre saker får riktig seksjon eller en medlesende": new.lead_or_second.hits
        < old.lead_or_second.hits,
        "flere ekte saker kastes som «none»": new.real_lost.hits > old.real_lost.hits,
    }
    return [words for words, is_so in worse.items() if is_so]


def scorecard(matters: Iterable[LabelledMatter], judge: Judge) -> Scorecard:
    return Scorecard([Judged(matter, judge(matter)) for matter in matters])


def installed(rules: RuleSet) -> Judge:
    """Decide as the tracker does, with the model that is installed."""
    return lambda matter: decide(matter.text(), rules)


def cross_validated(
    matters: Sequence[LabelledMatter],
    rules: RuleSet,
    judge: Callable[[RuleSet], Judge] = installed,
    on_part: Progress = lambda: None,
) -> Scorecard:
    """Let each part of the matters be decided with words learned from the other parts only.

    Matters that are alike stand in the same part.
    """
    bare = replace(rules, model=None)
    known = {matter.id: judge(bare)(matter) for matter in matters}
    dealt = parts(matters, FOLDS)
    judged: list[Judged] = []
    for part in range(FOLDS):
        others = [m for m, p in zip(matters, dealt, strict=True) if p != part]
        model = train(others, rules, lambda matter: known[matter.id])
        taught = judge(replace(rules, model=model))
        judged += [Judged(m, taught(m)) for m, p in zip(matters, dealt, strict=True) if p == part]
        on_part()
    return Scorecard(judged)


def keyword_baseline(rules: RuleSet) -> Judge:
    """Count the keywords and laws of each section in title and summary, and take the most.

    With a model its words are added: the second baseline, keywords and a linear model.
    """

    def judge(matter: LabelledMatter) -> Decision:
        text = matter.text()
        found = decide(text, rules)
        points = dict.fromkeys(rules.sections, 0.0)
        for section, _ in _keywords(found):
            points[section] += _KEYWORD_POINTS
        for one in rules.model.weigh(text) if rules.model else ():
            points[one.section] += one.weight
        ranked = sorted(points.items(), key=lambda one: -one[1])
        scores = [Score(section=s, score=p) for s, p in ranked if p]
        lead = scores[0].section if scores else NONE_SECTION
        return Decision(
            lead=lead,
            score=scores[0].score if scores else 0.0,
            scores=tuple(scores),
            brussels=bool(found.eu_acts) and lead != NONE_SECTION,
            rules_hash=rules.hash,
        )

    return judge


def _keywords(found: Decision) -> Iterator[tuple[str, str]]:
    """Name each keyword and law in title and summary once, with its section."""
    yield from dict.fromkeys(
        (one.section, one.rule)
        for one in found.evidence
        if one.field in {"title", "summary"} and one.rule.split("/")[1:2] in (["ord"], ["lov"])
    )
