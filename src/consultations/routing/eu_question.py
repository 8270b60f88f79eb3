"""Whether EU or EEA law is in play, and whether and why the Brussels office should be told."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice

from consultations.domain.decision import (
    BRUSSELS_SECTION,
    NONE_SECTION,
    Criterion,
    EuAct,
    Evidence,
)
from consultations.routing.acts import FoundAct
from consultations.routing.eu_rules import EuWord
from consultations.routing.matching import Hit
from consultations.routing.plain import Plain
from consultations.routing.rules import Meaning, RuleSet
from consultations.routing.schema import EuMark, FieldName

_MAIN: frozenset[FieldName] = frozenset({"title", "topics"})
"""What a matter is about stands here; elsewhere other subjects are often mentioned."""


_Said = tuple[FieldName, str, Hit[Meaning], EuWord]
"""A word of the EU block where it first stands in a field, and the field and its content."""

_MOST_ACTS = 200
"""A field that names more acts than this is a list; those after it say nothing more."""

_LONGEST_WIDENING = 80
_AROUND = 600
"""How far from the words it needs a mark is looked for in a long text. No pattern is that long."""


@dataclass(frozen=True)
class EuAnswer:
    """The EU part of a decision."""

    eu_eea: bool
    brussels: bool
    criterion: Criterion | None
    acts: tuple[EuAct, ...]
    evidence: tuple[Evidence, ...]


@dataclass
class EuReading:
    """Gathers what the fields of one text say about EU law, then answers for a lead section."""

    rules: RuleSet
    evidence: list[Evidence] = field(default_factory=list)
    acts: dict[tuple[str, str | None], FoundAct] = field(default_factory=dict)
    words: list[_Said] = field(default_factory=list)
    heaviest_law: float = 0.0

    def read(
        self,
        name: FieldName,
        plain: Plain,
        hits: Iterable[Hit[Meaning]],
        acts: Iterable[FoundAct],
    ) -> None:
        """Weigh one field. A letter mentions much in passing, so it alone seldom settles it."""
        settings = self.rules.settings.eu
        content = plain.original
        new = islice((one for one in acts if self._is_new(one)), _MOST_ACTS)
        found = [self._act(name, content, one) for one in new]
        weighed = [(one, False) for one in found]
        lower = plain.text.lower()
        for mark, pattern in self.rules.marks:
            match = _search(pattern, mark.needs, plain.text, lower) if name in mark.fields else None
            if match:
                place = _whole_words(content, *plain.place(*match.span()))
                weighed.append(self._mark(name, content, mark, place))
        if name != "sender":
            self._gather_words(name, content, hits)
        if name not in {"sender", "body"}:
            weighed += [(one, False) for one in self._laws(name)]
        weighed.sort(key=lambda one: (one[0].start, one[0].end, one[0].rule))  # not as in the file
        capped = name == "body" and not any(decisive for _, decisive in weighed)
        total = sum(one.weight for one, _ in weighed)
        shrink = min(1.0, settings.body_cap / total) if capped and total else 1.0
        for one, _ in weighed:
            weight = round(one.weight * shrink, 4)
            self.evidence.append(one.model_copy(update={"weight": weight}) if capped else one)

    def answer(self, lead: str) -> EuAnswer:
        """Say whether Brussels is told of a matter with this lead, and by which criterion.

        EU law that only acts outside local government speak for, or whose subject lies outside it,
        is EU law but nothing for Brussels.
        """
        total = round(sum(one.weight for one in self.evidence), 4)
        eu_eea = total >= self.rules.settings.eu.threshold
        criterion = None
        if eu_eea and lead != NONE_SECTION and not self._is_outside():
            criterion = self._criterion(lead)
        return EuAnswer(
            eu_eea=eu_eea,
            brussels=criterion is not None,
            criterion=criterion,
            acts=tuple(one.act for one in self.acts.values()),
            evidence=tuple(self.evidence),
        )

    def _is_new(self, found: FoundAct) -> bool:
        act = found.act
        key = act.celex or act.name or act.quote.casefold(), act.doubt
        is_new = key not in self.acts
        self.acts.setdefault(key, found)
        return is_new

    def _act(self, name: FieldName, content: str, found: FoundAct) -> Evidence:
        settings = self.rules.settings.eu
        in_passing = found.known and found.known.often_mentioned and name not in _MAIN
        weight = settings.mention_weight if in_passing else settings.act_weight
        return _evidence(name, content, (found.start, found.end), "eu/akt", weight)

    def _mark(
        self, name: FieldName, content: str, mark: EuMark, place: tuple[int, int]
    ) -> tuple[Evidence, bool]:
        return _evidence(name, content, place, mark.id, mark.weight), mark.decisive

    def _gather_words(self, name: FieldName, content: str, hits: Iterable[Hit[Meaning]]) -> None:
        first: dict[str, _Said] = {}
        for hit in hits:
            for word in hit.found:
                if isinstance(word, EuWord):
                    first.setdefault(word.id, (name, content, hit, word))
        self.words += first.values()

    def _laws(self, name: FieldName) -> Iterator[Evidence]:
        """Weigh the Norwegian laws that carry out EU law. Two weak ones are not a strong one."""
        for where, content, hit, word in self.words:
            if where == name and word.weight > self.heaviest_law:
                added = round(word.weight - self.heaviest_law, 4)
                self.heaviest_law = word.weight
                yield _evidence(name, content, (hit.start, hit.end), word.id, added)

    def _is_outside(self) -> bool:
        """Say whether the subject is outside, unless the text speaks of municipalities itself."""
        known = [one.known for one in self.acts.values()]
        sections = {one.section for one in known if one}
        if known and None not in known and sections == {NONE_SECTION}:
            return True
        outside = [one for one in self.words if one[3].outside and one[0] in _MAIN]
        inside = any(one[3].local for one in self.words) or self._has_own_act()
        if outside and not inside:
            self._tell(outside[0])
            return True
        return False

    def _has_own_act(self) -> bool:
        return any(
            one.known and one.known.section not in {None, NONE_SECTION}
            for one in self.acts.values()
        )

    def _criterion(self, lead: str) -> Criterion:
        """Take the criterion of a known act, of the words, or else of the lead section."""
        for act in self.acts.values():
            if act.known and act.known.criterion:
                return act.known.criterion
        said = [one for one in self.words if one[3].criterion]
        for one in (*(o for o in said if o[0] in _MAIN), *said):
            if one[3].criterion:
                self._tell(one)
                return one[3].criterion
        return self.rules.eu.criterion_of(lead)

    def _tell(self, said: _Said) -> None:
        """Show the word that settled it. It weighs nothing for EU law as such."""
        name, content, hit, word = said
        self.evidence.append(_evidence(name, content, (hit.start, hit.end), word.id, 0.0))


def _search(
    pattern: re.Pattern[str], needs: Iterable[str], text: str, lower: str
) -> re.Match[str] | None:
    """Try a mark where a word it needs stands; in a long text only around those words."""
    if not any(needed in lower for needed in needs):
        return None
    if len(text) <= 2 * _AROUND or len(text) != len(lower):
        return pattern.search(text)
    tried = (pattern.search(text, *part) for part in _parts_around(needs, lower))
    return next((match for match in tried if match), None)


def _parts_around(needs: Iterable[str], lower: str) -> Iterator[tuple[int, int]]:
    """Give the parts of a text near some words, from left to right without overlap."""
    start = end = 0
    for place in merge(*(_places(needed, lower) for needed in needs)):
        if place - _AROUND > end:
            if end:
                yield start, end
            start = place - _AROUND
        end = place + _AROUND
    yield start, end


def _places(needed: str, lower: str) -> Iterator[int]:
    place = lower.find(needed)
    while place >= 0:
        yield place
        place = lower.find(needed, place + len(needed))


def _whole_words(content: str, start: int, end: int) -> tuple[int, int]:
    """Widen a place so that it does not cut a word: people read the quote."""
    first, last = start - _LONGEST_WIDENING, end + _LONGEST_WIDENING
    while start > max(0, first) and _inside_word(content[start - 1]):
        start -= 1
    while end < min(last, len(content)) and _inside_word(content[end]):
        end += 1
    return start, end


def _inside_word(letter: str) -> bool:
    return letter.isalnum() or letter in "-\u00ad" or "\u0300" <= letter <= "\u036f"


def _evidence(
    name: FieldName, content: str, place: tuple[int, int], rule: str, weight: float
) -> Evidence:
    start, end = place
    return Evidence(
        field=name,
        start=start,
        end=end,
        quote=content[start:end],
        rule=rule,
        section=BRUSSELS_SECTION,
        weight=weight,
    )
