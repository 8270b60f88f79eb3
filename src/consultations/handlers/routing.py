"""Routing: decide who in KS each text of a consultation concerns, and say so in an event.

What a person says of it is kept here, when it comes on the log: so a state built from the log
knows it, and the database that it was said to is left as it is.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from consultations.clock import Clock
from consultations.domain.decision import RoutingText
from consultations.domain.events import Event, EventType
from consultations.handlers.step import ROUTING, StepResult, bury, events_in
from consultations.routing import RuleSet, decide
from consultations.store import consultations, outbox
from consultations.store.bus import Message
from consultations.store.consultations import Decided, Dossier
from consultations.store.database import Session

_UNKNOWN = "rettelsen gjelder «{}», som ikke er tatt inn. Send brevet på nytt når høringen er her"


def route(
    session: Session, batch: Sequence[Message], *, rules: RuleSet, clock: Clock
) -> StepResult:
    """Decide on every text that has no decision yet. A text once decided stays decided."""
    events = _keeping_corrections(session, batch, clock())
    keys = {event.consultation for event in events if event.type is not EventType.ROUTED}
    decided = [
        (dossier, decision)
        for dossier in consultations.find(session, keys).values()
        for decision in _decide(dossier, rules, clock())
    ]
    consultations.save_decisions(session, [decision for _, decision in decided])
    outbox.write(session, [_routed(dossier, decision) for dossier, decision in decided])
    return StepResult(len(batch), len(batch) - len(events))


def _keeping_corrections(session: Session, batch: Sequence[Message], now: datetime) -> list[Event]:
    """Read the events, and keep what people said; of an unknown matter it is a dead letter."""
    read = list(events_in(session, ROUTING, batch, now))
    keys = {event.consultation for _, event in read if event.correction}
    known, events = consultations.known(session, keys), list[Event]()
    for message, event in read:
        if event.correction and event.consultation not in known:
            bury(session, ROUTING, message, _UNKNOWN.format(event.consultation[:200]), now)
        else:
            events.append(event)
    consultations.keep_corrections(session, [event for event in events if event.correction])
    return events


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
