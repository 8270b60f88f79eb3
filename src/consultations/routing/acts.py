"""Joins the numbers and the names of EU acts in a text into one list of acts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consultations.domain.decision import EuAct
from consultations.routing.eu import Reference, find_references
from consultations.routing.matching import Hit
from consultations.routing.rules import Meaning, RuleSet
from consultations.routing.schema import NamedAct

_SIDE_BY_SIDE = " (),«»–-:"
"""What stands between an act's number and its name when they speak of the same act."""

_FARTHEST = 5


@dataclass(frozen=True)
class FoundAct:
    """An act at ``text[start:end]``; ``known`` when it is in ``eu-acts.yaml``."""

    start: int
    end: int
    act: EuAct
    known: NamedAct | None


def find_acts(text: str, hits: Iterable[Hit[Meaning]], rules: RuleSet) -> list[FoundAct]:
    """Find numbered and named acts. A name beside its number is the same act.

    Where name and number contradict each other («direktiv 2006/60/EF (vanndirektivet)») both are
    kept as they stand and neither gets a CELEX number: one is wrong, and we cannot know which.
    """
    named = [(hit, known) for hit in hits for known in hit.found if isinstance(known, NamedAct)]
    references = list(find_references(text))
    found = [_numbered(text, reference, named, rules) for reference in references]
    found += _only_named(text, named, references)
    return sorted(found, key=lambda one: (one.start, -one.end))


def _numbered(
    text: str, reference: Reference, named: list[tuple[Hit[Meaning], NamedAct]], rules: RuleSet
) -> FoundAct:
    beside = [known for hit, known in named if _side_by_side(text, hit, reference)]
    disputed = any(_contradicts(known, reference) for known in beside)
    celex = None if disputed else reference.celex
    known = rules.acts.get(celex) if celex else None
    if known is None and beside and not disputed:
        known = beside[0]
    quote = text[reference.start : reference.end]
    act = EuAct(quote=quote, celex=celex, name=known.name if known else None)
    return FoundAct(reference.start, reference.end, act, known)


def _only_named(
    text: str, named: list[tuple[Hit[Meaning], NamedAct]], references: list[Reference]
) -> Iterator[FoundAct]:
    """Give the names that no number beside them already speaks for."""
    for hit, known in named:
        beside = [one for one in references if _side_by_side(text, hit, one)]
        disputed = any(_contradicts(known, one) for one in beside)
        if not beside or disputed:
            celex = known.celex[0] if len(known.celex) == 1 and not disputed else None
            act = EuAct(quote=text[hit.start : hit.end], celex=celex, name=known.name)
            yield FoundAct(hit.start, hit.end, act, known)


def _contradicts(known: NamedAct, reference: Reference) -> bool:
    return bool(known.celex and reference.celex and reference.celex not in known.celex)


def _side_by_side(text: str, hit: Hit[Meaning], reference: Reference) -> bool:
    between = text[min(hit.end, reference.end) : max(hit.start, reference.start)]
    apart = max(hit.start, reference.start) - min(hit.end, reference.end)
    return apart <= _FARTHEST and not between.strip(_SIDE_BY_SIDE)
