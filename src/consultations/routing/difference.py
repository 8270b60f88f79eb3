"""What becomes of a matter when it is decided anew: where it moves, and which words moved it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from consultations.domain.decision import NONE_SECTION, Decision, Evidence
from consultations.routing.section_life import SectionLife

_Place = tuple[str, int, int, str]
"""Field, start, end and section: what rules call their words may change, the place does not."""


class MoveKind(StrEnum):
    """The most important thing that happens to a matter; the dearest error first."""

    THROWN_AWAY = "thrown_away"
    """Becomes «not for KS»: nobody would hear of it."""
    MOVED = "moved"
    FOUND = "found"
    """Was «not for KS», and gets a section."""
    UNDECIDED = "undecided"
    """Now waits for a person."""
    DECIDED = "decided"
    """Waited for a person, and gets a section."""
    BRUSSELS_LOST = "brussels_lost"
    BRUSSELS = "brussels"
    READERS = "readers"
    """Other sections read along."""
    GUESS = "guess"
    """Waits for a person before and after; only the best guess is another."""


@dataclass(frozen=True)
class MovedWords:
    """Words that count for ``section`` in another way; ``change`` is in points."""

    evidence: Evidence
    section: str
    change: float


@dataclass(frozen=True)
class Move:
    """A matter that would be decided differently. The old sections go by the ids of today."""

    kind: MoveKind
    before: Decision
    after: Decision
    words: tuple[MovedWords, ...]


def move(before: Decision, after: Decision, life: SectionLife) -> Move | None:
    """Compare two decisions on the same text; None when they say the same to the same people."""
    before, after = of_today(before, life), of_today(after, life)
    kind = _kind(before, after)
    return Move(kind, before, after, _words(before, after)) if kind else None


def of_today(decision: Decision, life: SectionLife) -> Decision:
    """Call every section in a decision by the id it has today."""
    seconds = dict.fromkeys(life.current(second) for second in decision.seconds)
    lead = life.current(decision.lead)
    seconds.pop(lead, None)
    evidence = tuple(
        one.model_copy(update={"section": life.current(one.section)}) for one in decision.evidence
    )
    return decision.model_copy(
        update={"lead": lead, "seconds": tuple(seconds), "evidence": evidence}
    )


def _kind(before: Decision, after: Decision) -> MoveKind | None:
    if kind := _kind_of_lead(before, after):
        return kind
    if before.brussels != after.brussels:
        return MoveKind.BRUSSELS if after.brussels else MoveKind.BRUSSELS_LOST
    if before.abstained:
        return MoveKind.GUESS if before.lead != after.lead else None
    return MoveKind.READERS if set(before.seconds) != set(after.seconds) else None


def _kind_of_lead(before: Decision, after: Decision) -> MoveKind | None:
    if after.abstained:
        return None if before.abstained else MoveKind.UNDECIDED
    if not before.abstained and before.lead == after.lead:
        return None
    if after.lead == NONE_SECTION:
        return MoveKind.THROWN_AWAY
    if before.abstained:
        return MoveKind.DECIDED
    return MoveKind.FOUND if before.lead == NONE_SECTION else MoveKind.MOVED


def _words(before: Decision, after: Decision) -> tuple[MovedWords, ...]:
    """Find the words that count in another way for a section that gains or loses by it."""
    concerned = {before.lead, after.lead, *(set(before.seconds) ^ set(after.seconds))}
    changed = [*_changes(before.evidence, after.evidence, concerned)]
    if before.brussels != after.brussels:
        changed += _changes(before.eu_evidence, after.eu_evidence)
    return tuple(sorted(changed, key=lambda one: -abs(one.change)))


def _changes(
    before: Iterable[Evidence], after: Iterable[Evidence], sections: set[str] | None = None
) -> Iterable[MovedWords]:
    change: dict[_Place, float] = defaultdict(float)
    standing: dict[_Place, Evidence] = {}
    for sign, evidence in ((-1, before), (1, after)):
        for one in evidence:
            place = (one.field, one.start, one.end, one.section)
            standing[place] = one
            change[place] += sign * one.weight
    return _felt(change, standing, sections)


def _felt(
    change: Mapping[_Place, float], standing: Mapping[_Place, Evidence], sections: set[str] | None
) -> Iterable[MovedWords]:
    for place, points in change.items():
        section = place[3]
        if round(points, 3) and (sections is None or section in sections):
            yield MovedWords(standing[place], section, round(points, 4))
