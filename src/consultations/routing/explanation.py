"""What a decision leaves to be said: what the runner-up lacked, and why a person must choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from consultations.domain.decision import Decision, Evidence
from consultations.routing.schema import Thresholds


class Hesitation(StrEnum):
    """Why the tracker does not choose by itself."""

    NOTHING = "nothing"
    """No word points to any section."""
    FEW_POINTS = "few_points"
    TOO_CLOSE = "too_close"


@dataclass(frozen=True)
class Shortfall:
    """What a section lacked to lead: points, and the lead's words it has nothing against.

    ``unanswered`` are those words, heaviest first. Against a word stands evidence for the section
    on the same words of the text.
    """

    section: str
    score: float
    behind: float
    unanswered: tuple[Evidence, ...]


def speaking_for(section: str, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return the evidence that counted for or against a section, the heaviest first."""
    own = [one for one in evidence if one.section == section]
    return tuple(sorted(own, key=lambda one: (-abs(one.weight), one.start)))


def shortfall(decision: Decision) -> Shortfall | None:
    """Say what the runner-up lacked; None when nothing else was in question."""
    second = decision.runner_up
    if second is None:
        return None
    leads = speaking_for(decision.lead, decision.evidence)
    answered = [one for one in decision.evidence if one.section == second.section]
    alone = [one for one in leads if one.weight > 0 and not any(_meet(one, a) for a in answered)]
    behind = round(score_of(decision, decision.lead) - second.score, 4)
    return Shortfall(second.section, second.score, behind, tuple(alone))


def score_of(decision: Decision, section: str) -> float:
    """Return the points that a section got; 0 when it got none."""
    return next((one.score for one in decision.scores if one.section == section), 0.0)


def hesitation(decision: Decision, limits: Thresholds) -> Hesitation | None:
    """Say why a person must choose; None when the tracker chose."""
    if not decision.abstained:
        return None
    if not decision.scores:
        return Hesitation.NOTHING
    enough = limits.least_points(decision.lead)
    return Hesitation.FEW_POINTS if decision.score < enough else Hesitation.TOO_CLOSE


def _meet(one: Evidence, other: Evidence) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end
