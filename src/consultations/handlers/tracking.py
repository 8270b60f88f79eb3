"""Tracking: write what people must be told into the delivery ledger."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from consultations.clock import Clock
from consultations.domain.channels import ChannelMap
from consultations.handlers.hearing import debts
from consultations.handlers.step import TRACKING, StepResult, events_in
from consultations.store import consultations, ledger
from consultations.store.bus import Message
from consultations.store.database import Session


def track(
    session: Session,
    batch: Sequence[Message],
    *,
    channels: ChannelMap,
    sections: Mapping[str, str],
    news_age: timedelta,
    clock: Clock,
) -> StepResult:
    """Enter every fact owed to every channel. What is entered already stays as it is.

    ``sections`` gives the Norwegian name of each section id.
    """
    events = [event for _, event in events_in(session, TRACKING, batch, clock())]
    dossiers = consultations.find(session, {event.consultation for event in events}).values()
    owed = [debt for one in dossiers for debt in debts(one, channels, sections, news_age)]
    ledger.owe(session, owed, clock())
    return StepResult(len(batch), len(batch) - len(events))
