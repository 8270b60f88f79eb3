"""Short-deadline watch: under six weeks, or with a holiday period in it. Days are Oslo days.

Utredningsinstruksen 3-3 asks for six weeks at least, and lets EEA matters be shorter.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from consultations.domain.observation import Kind
from consultations.domain.response.work_calendar import WorkCalendar

SIX_WEEKS = timedelta(weeks=6)

_BOUND = {Kind.MINISTRY, Kind.AGENCY}
"""Who utredningsinstruksen binds: neither the Storting nor the EU."""


def is_breach(kind: Kind, first: date, deadline: date, *, eea: bool) -> bool:
    """Tell whether a sender gives less time than it has to, from the day it was sent out."""
    return kind in _BOUND and not eea and deadline - first < SIX_WEEKS


def remarks(
    calendar: WorkCalendar, kind: Kind, first: date, deadline: date, *, eea: bool
) -> tuple[str, ...]:
    """Say in Norwegian what is unusual about the time from ``first`` to ``deadline``."""
    return (*_length(kind, first, deadline, eea=eea), *_crossings(calendar, first, deadline))


def _length(kind: Kind, first: date, deadline: date, *, eea: bool) -> Iterator[str]:
    given = deadline - first
    if given >= SIX_WEEKS:
        return
    time = f"Høringstiden er {max(given.days, 0)} {'dag' if given.days == 1 else 'dager'}"
    if is_breach(kind, first, deadline, eea=eea):
        yield f"{time}. Utredningsinstruksen punkt 3-3 krever minst seks uker."
    elif kind in _BOUND:
        yield (
            f"{time}, under seks uker. Det er tillatt: EØS-saker kan ha kortere frist etter "
            "utredningsinstruksen punkt 3-3."
        )
    else:
        yield f"{time}, under seks uker."


def _crossings(calendar: WorkCalendar, first: date, deadline: date) -> Iterator[str]:
    for period in calendar.periods:
        if period.last < first or period.first > deadline:
            continue
        lost = _working_days(calendar, max(period.first, first), min(period.last, deadline))
        if lost:
            given = _working_days(calendar, first, deadline)
            yield f"Høringstiden går over {period.name}: {lost} av {given} virkedager."


def _working_days(calendar: WorkCalendar, first: date, last: date) -> int:
    return calendar.between(first - timedelta(days=1), last)
