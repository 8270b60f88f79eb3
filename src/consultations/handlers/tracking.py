"""Tracking: write what people must be told into the delivery ledger."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from consultations.clock import Clock
from consultations.domain.channels import ChannelMap
from consultations.handlers.step import TRACKING, StepResult, events_in
from consultations.store import consultations, ledger
from consultations.store.bus import Message
from consultations.store.consultations import Dossier
from consultations.store.database import Session
from consultations.store.ledger import Debt


def track(
    session: Session,
    batch: Sequence[Message],
    *,
    channels: ChannelMap,
    news_age: timedelta,
    clock: Clock,
) -> StepResult:
    """Enter every fact owed to every channel. What is entered already stays as it is."""
    events = list(events_in(session, TRACKING, batch, clock()))
    keys = {event.consultation for event in events}
    dossiers = consultations.find(session, keys).values()
    debts = [debt for dossier in dossiers for debt in _debts(dossier, channels, news_age)]
    ledger.owe(session, debts, clock())
    return StepResult(len(batch), len(batch) - len(events))


def _debts(dossier: Dossier, channels: ChannelMap, news_age: timedelta) -> Iterator[Debt]:
    """Owe every fact to every channel that was ever concerned: it goes on hearing of it."""
    hearing = dict.fromkeys(
        channel for decision in dossier.decisions for channel in channels.hearing(decision)
    )
    for fact in dossier.history.facts(news_age):
        for channel in hearing if fact.name not in dossier.hushed else ():
            yield Debt(dossier.id, dossier.key, channel, fact)
