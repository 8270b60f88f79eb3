"""Tracking: keep what people did with responses, and enter what others must be told of it all."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from consultations.clock import Clock
from consultations.domain.channels import ChannelMap
from consultations.domain.events import Event
from consultations.domain.response.office import Office
from consultations.handlers import planning
from consultations.handlers.hearing import debts
from consultations.handlers.response_news import news
from consultations.handlers.step import TRACKING, StepResult, bury, events_in
from consultations.handlers.telling import timed
from consultations.store import consultations, ledger, responses
from consultations.store.bus import Message
from consultations.store.database import Session
from consultations.store.ledger import Debt

_UNKNOWN = "handlingen gjelder «{}», som ikke er tatt inn. Send brevet på nytt når høringen er her"


def track(
    session: Session,
    batch: Sequence[Message],
    *,
    channels: ChannelMap,
    sections: Mapping[str, str],
    office: Office,
    news_age: timedelta,
    clock: Clock,
) -> StepResult:
    """Enter every fact owed to every channel and person. What is entered stays as it is.

    What people did is kept here too, when it comes on the log: so a state built from the log knows
    it, and the database that it was said to is left as it is. ``sections`` gives the Norwegian
    name of each section id.
    """
    now = clock()
    events = _keeping_acts(session, batch, now)
    dossiers = consultations.find(session, {event.consultation for event in events})
    cases = responses.cases(session, [one.id for one in dossiers.values()])
    moved = planning.keep_up(session, dossiers.values(), office, now)

    def owed() -> Iterator[Debt]:
        for one in dossiers.values():
            yield from debts(one, channels, sections, news_age)
            yield from news(one, cases[one.id], office, channels, sections)
        yield from planning.moved_facts(moved, channels)

    ledger.owe(session, timed(owed(), channels, office.calendar, now), now)
    return StepResult(len(batch), len(batch) - len(events))


def _keeping_acts(session: Session, batch: Sequence[Message], now: datetime) -> list[Event]:
    """Read the events, and keep what people did; of an unknown matter it is a dead letter."""
    read = list(events_in(session, TRACKING, batch, now))
    consultations.hold(session, {event.consultation for _, event in read})
    known = consultations.known(session, {event.consultation for _, event in read if event.act})
    events = list[Event]()
    for message, event in read:
        if event.act and event.consultation not in known:
            bury(session, TRACKING, message, _UNKNOWN.format(event.consultation[:200]), now)
        else:
            events.append(event)
    responses.keep_acts(session, [event for event in events if event.act])
    return events
