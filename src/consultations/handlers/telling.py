"""When a channel wants to hear: at once, once a day, or in the weekly mail; and not at night."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from consultations.domain.channels import ChannelMap, Told
from consultations.domain.response.work_calendar import WorkCalendar
from consultations.store.ledger import Debt


def timed(
    debts: Iterable[Debt], channels: ChannelMap, calendar: WorkCalendar, now: datetime
) -> list[Debt]:
    """Return the debts with when and how each is to be told. What is urgent goes at once.

    A person hears at once too: what they are told concerns them alone, and reminders keep to
    office hours by themselves.
    """
    return [_timed(debt, channels, calendar, now) for debt in debts]


def _timed(debt: Debt, channels: ChannelMap, calendar: WorkCalendar, now: datetime) -> Debt:
    channel = channels.channels.get(debt.channel)
    if channel is None or debt.urgent:
        return debt
    if channel.told is Told.DIGEST:
        return replace(debt, left_to_digest=True)
    not_before = channel.hears_from(now, calendar)
    bundle = debt.bundle or channel.told is Told.DAILY
    return replace(debt, not_before=not_before, bundle=bundle)
