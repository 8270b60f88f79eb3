"""Routing: decide who in KS each text of a consultation concerns, and say so in an event."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from consultations.clock import Clock
from consultations.domain.decision import RoutingText
from consultations.domain.events import Event, EventType
from consultations.handlers.step import ROUTING, StepResult, events_in
from consultations.routing import RuleSet, decide
from consultations.store import consultations, outbox
from consultations.store.bus import Message
from consultations.store.consultations import Decided, Dossier
from consultations.store.database import Session


def route(
    session: Session, batch: Sequence[Message], *, rules: RuleSet, clock: Clock
) -> StepResult:
    """Decide on every text that has no decision yet. A text once decided stays decided."""
    events = list(events_in(session, ROUTING, batch, clock()))
    keys = {event.consultation for event in events if event.type is not EventType.ROUTED}
    decided = [
        (dossier, decision)
        for dossier in consultations.find(session, keys).values()
        for decision in _decide(dossier, rules, clock())
    ]
    consultations.save_decisions(session, [decision for _, decision in decided])
    outbox.write(session, [_routed(dossier, decision) for dossier, decision in decided])
    return StepResult(len(batch), len(batch) - len(events))


def _decide(dossier: Dossier, rules: RuleSet, now: datetime) -> Iterator[Decided]:
    current = dossier.text.hash
    texts = [RoutingText.of(version.observation) for version in dossier.history.versions]
    for digest, text in {text.hash: text for text in texts}.items():
        decision = dossier.decided.get(digest)
        if decision is None or digest == current:
            yield Decided(
                consultation_id=dossier.id,
                text_hash=digest,
                decided_at=now,
                decision=decision or decide(text, rules),
                current=digest == current,
            )


def _routed(dossier: Dossier, decided: Decided) -> Event:
    return Event(
        id=f"{dossier.key}/{decided.text_hash[:12]}/{EventType.ROUTED}",
        type=EventType.ROUTED,
        consultation=dossier.key,
        occurred_at=decided.decided_at,
    )
