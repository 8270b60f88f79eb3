"""Cuts a text into passages so that evidence can be marked; overlapping evidence never nests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from consultations.domain.decision import Evidence


@dataclass(frozen=True)
class Passage:
    """A stretch of text and what it is evidence of: a section, EU/EEA, both or nothing."""

    text: str
    section: bool = False
    eu: bool = False

    @property
    def marked(self) -> bool:
        return self.section or self.eu


def passages(
    text: str, for_section: Iterable[Evidence] = (), for_eu: Iterable[Evidence] = ()
) -> tuple[Passage, ...]:
    """Cut ``text`` where evidence begins and ends; joined again it is the same text.

    Evidence that does not quote the text exactly is left unmarked.
    """
    section = [e for e in for_section if _quotes(e, text)]
    eu = [e for e in for_eu if _quotes(e, text)]
    cuts = {0, len(text), *(place for e in (*section, *eu) for place in (e.start, e.end))}
    pieces = (
        Passage(text[start:end], _covers(section, start), _covers(eu, start))
        for start, end in pairwise(sorted(cuts))
    )
    return tuple(_joined(pieces))


def _quotes(evidence: Evidence, text: str) -> bool:
    return bool(evidence.quote) and text[evidence.start : evidence.end] == evidence.quote


def _covers(evidence: Iterable[Evidence], place: int) -> bool:
    return any(e.start <= place < e.end for e in evidence)


def _joined(pieces: Iterable[Passage]) -> Iterator[Passage]:
    for (section, eu), run in groupby(pieces, key=lambda p: (p.section, p.eu)):
        yield Passage("".join(p.text for p in run), section, eu)
