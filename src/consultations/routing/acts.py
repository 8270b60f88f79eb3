"""Joins the numbers and the names of EU acts in a text into one list of acts."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from consultations.domain.decision import EuAct
from consultations.routing.act_doubts import doubt_about_act, doubt_about_kind
from consultations.routing.eea import find_eea_references
from consultations.routing.eu import Reference, find_references
from consultations.routing.matching import Hit
from consultations.routing.plain import Plain
from consultations.routing.rules import Meaning, RuleSet
from consultations.routing.schema import NamedAct

_SIDE_BY_SIDE = " ()«»–-:\u00a0\u202f\u2009"
"""What stands between an act's number and its name when they speak of the same act."""

_FARTHEST = 5
_OF_ANOTHER = re.compile(
    r"gjennomførings(?:forordning|direktiv|rettsakt|beslutning)|endrings(?:direktiv|forordning)"
    r"|delegert|utfyllende|delegated|implementing|amending|supplement",
    re.IGNORECASE,
)
"""Before the number of an act that changes or carries out the one whose name stands beside it."""

_LOOK_BACK = 40

_Named = tuple[Hit[Meaning], NamedAct]


@dataclass(frozen=True)
class FoundAct:
    """An act at ``text[start:end]``; ``known`` when it is in ``eu-acts.yaml``."""

    start: int
    end: int
    act: EuAct
    known: NamedAct | None


def find_acts(plain: Plain, hits: Iterable[Hit[Meaning]], rules: RuleSet) -> list[FoundAct]:
    """Find numbered and named acts. A name beside its number is the same act.

    Where name and number contradict each other («direktiv 2006/60/EF (vanndirektivet)») both are
    kept as they stand and neither gets a CELEX number: one is wrong, and we cannot know which.
    """
    named = [(hit, known) for hit in hits for known in hit.found if isinstance(known, NamedAct)]
    text = plain.original
    numbered = [_in_original(plain, one) for one in find_references(plain.text)]
    beside = _beside(text, named, numbered)
    names = tuple(dict.fromkeys(known for _, known in named))
    found = [
        _numbered(text, reference, [known for _, known in beside[i]], names, rules)
        for i, reference in enumerate(numbered)
    ]
    found += _only_named(text, named, numbered, beside)
    found += (_of_agreement(text, _in_original(plain, r)) for r in find_eea_references(plain.text))
    return sorted(found, key=lambda one: (one.start, -one.end))


def _in_original(plain: Plain, reference: Reference) -> Reference:
    start, end = plain.place(reference.start, reference.end)
    return replace(reference, start=start, end=end)


def _of_agreement(text: str, reference: Reference) -> FoundAct:
    quote = text[reference.start : reference.end]
    return FoundAct(reference.start, reference.end, EuAct(quote=quote, doubt=reference.doubt), None)


def _beside(
    text: str, named: Iterable[_Named], numbered: Sequence[Reference]
) -> list[list[_Named]]:
    """Give each number the names beside it. Only neighbours are compared."""
    beside: list[list[_Named]] = [[] for _ in numbered]
    ends = [one.end for one in numbered]
    for hit, known in named:
        i = bisect_left(ends, hit.start - _FARTHEST)
        while i < len(numbered) and numbered[i].start <= hit.end + _FARTHEST:
            if _side_by_side(text, hit, numbered[i]):
                beside[i].append((hit, known))
            i += 1
    return beside


def _side_by_side(text: str, hit: Hit[Meaning], reference: Reference) -> bool:
    between = text[min(hit.end, reference.end) : max(hit.start, reference.start)]
    return not between.strip(_SIDE_BY_SIDE)


def _numbered(
    text: str,
    reference: Reference,
    beside: list[NamedAct],
    names: tuple[NamedAct, ...],
    rules: RuleSet,
) -> FoundAct:
    disputed = next((one for one in beside if _contradicts(text, one, reference)), None)
    wrong_kind = doubt_about_kind(reference, rules.acts)
    celex = None if disputed or wrong_kind else _celex(reference, beside)
    known = rules.acts.get(celex) if celex else None
    if known is None and beside and not disputed and not _of_another(text, reference):
        known = beside[0]
    doubt = wrong_kind or doubt_about_act(reference, disputed, names, rules.eu.by_year)
    quote = text[reference.start : reference.end]
    act = EuAct(quote=quote, celex=celex, name=known.name if known else None, doubt=doubt)
    return FoundAct(reference.start, reference.end, act, known)


def _celex(reference: Reference, beside: list[NamedAct]) -> str | None:
    """Let a name beside the number say what kind of act it is: «AI Act (EU) 2024/1689»."""
    if reference.celex or not reference.pair or reference.pair.turned:
        return reference.celex
    fits = [celex for known in beside for celex in known.celex if _same(celex, reference)]
    return fits[0] if fits and reference.kind in {None, fits[0][5]} else None


def _only_named(
    text: str, named: list[_Named], numbered: list[Reference], beside: list[list[_Named]]
) -> Iterator[FoundAct]:
    """Give the names that no number beside them already speaks for."""
    agreed: set[_Named] = set()
    disputed: set[_Named] = set()
    for reference, names in zip(numbered, beside, strict=True):
        for one in names:
            (disputed if _contradicts(text, one[1], reference) else agreed).add(one)
    for hit, known in named:
        if (hit, known) not in agreed or (hit, known) in disputed:
            sure = len(known.celex) == 1 and (hit, known) not in disputed
            celex = known.celex[0] if sure else None
            act = EuAct(quote=text[hit.start : hit.end], celex=celex, name=known.name)
            yield FoundAct(hit.start, hit.end, act, known)


def _contradicts(text: str, known: NamedAct, reference: Reference) -> bool:
    pair = reference.pair
    if not known.celex or pair is None or pair.year is None or _of_another(text, reference):
        return False
    return not any(_same(celex, reference) for celex in known.celex)


def _same(celex: str, reference: Reference) -> bool:
    pair = reference.pair
    return pair is not None and (int(celex[1:5]), int(celex[-4:])) == (pair.year, pair.number)


def _of_another(text: str, reference: Reference) -> bool:
    before = max(0, reference.start - _LOOK_BACK)
    return _OF_ANOTHER.search(text, before, reference.end) is not None
