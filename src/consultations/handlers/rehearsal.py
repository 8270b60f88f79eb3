"""Decides stored texts anew without keeping anything, to see what other rules would say."""

from dataclasses import dataclass

from consultations.domain.decision import Decision
from consultations.routing import RuleSet, decide
from consultations.routing.difference import Move, move
from consultations.store.consultations import Dossier


@dataclass(frozen=True)
class Rehearsed:
    """One consultation decided anew.

    ``move`` is None when nothing would change. ``held``: the rules would have moved it, but a
    person has corrected it, so it stands. ``decided`` is False for one that has no decision yet.
    """

    dossier: Dossier
    move: Move | None = None
    held: bool = False
    decided: bool = True


@dataclass(frozen=True)
class Rehearsal:
    """Other rules, tried on what is stored.

    With ``in_use`` the effect of the change alone is shown: a decision that older rules made is
    made anew by those in use before it is compared.
    """

    rules: RuleSet
    in_use: RuleSet | None = None

    def of(self, dossier: Dossier) -> Rehearsed:
        stored = dossier.own_decision
        if stored is None:
            return Rehearsed(dossier, decided=False)
        before, after = self._before(dossier, stored), decide(dossier.text, self.rules)
        corrections = dossier.corrections
        moved = move(before.corrected(corrections), after.corrected(corrections), self.rules.life)
        held = bool(corrections) and moved is None and move(before, after, self.rules.life)
        return Rehearsed(dossier, moved, held=bool(held))

    def _before(self, dossier: Dossier, stored: Decision) -> Decision:
        if self.in_use is None or made_by(stored, self.in_use):
            return stored
        return decide(dossier.text, self.in_use)


def made_by(decision: Decision, rules: RuleSet) -> bool:
    """Tell whether just these rules, with their model, made a decision."""
    version = rules.model.version if rules.model else None
    return (decision.rules_hash, decision.model_version) == (rules.hash, version)
