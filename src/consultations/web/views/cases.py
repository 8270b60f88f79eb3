"""Lists of responses: who has what, what goes to which meeting, and what is late."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from consultations.domain.calendar import local_day
from consultations.domain.observation import Kind, Status
from consultations.domain.response.acts import STATE_WORDS, State
from consultations.domain.response.plan_words import STEP_WORDS
from consultations.store.listing import PAGE_SIZE
from consultations.store.response_lists import ListedResponse
from consultations.web import wording
from consultations.web.site import Site
from consultations.web.views.overview import Paging
from consultations.web.wording import DeadlineText, When

MEETINGS_AHEAD = timedelta(days=120)
"""Meetings this near are shown also where nothing goes to them."""
_MOST_EMPTY_MEETINGS = 40


@dataclass(frozen=True)
class CaseLine:
    """One response as a row. ``late`` says in words what is behind it."""

    address: str
    title: str
    senders: str
    state: str
    section: str
    owner: str | None
    deputy: str | None
    brussels: bool
    deadline: DeadlineText | None
    next_step: str | None
    next_due: When | None
    late: str | None
    sent: When | None


@dataclass(frozen=True)
class MeetingView:
    """A meeting of a body, when its papers must be in, and the responses that go to it."""

    body: str
    when: When
    papers: When | None
    lines: tuple[CaseLine, ...]


def case_lines(site: Site, listed: Iterable[ListedResponse]) -> tuple[CaseLine, ...]:
    return tuple(case_line(site, one) for one in listed)


def case_line(site: Site, one: ListedResponse) -> CaseLine:
    now, at = site.now, one.deadline_at
    undecided = one.state in {State.NEW, State.TRIAGED}
    step = STEP_WORDS.get(one.next_step) if one.next_step else None
    return CaseLine(
        address=f"{wording.consultation_address(one.key)}#svar",
        title=wording.one_line(one.title) or one.key,
        senders=wording.one_line("; ".join(one.senders)),
        state=wording.sentence(STATE_WORDS[one.state]),
        section=site.section(one.lead) if one.lead else "ingen seksjon ennå",
        owner=site.person(one.owner) if one.owner else None,
        deputy=site.person(one.deputy) if one.deputy else None,
        brussels=one.brussels,
        deadline=wording.deadline(at, now, None, Status.OPEN) if at else None,
        next_step="Avgjøre om KS svarer" if undecided else step,
        next_due=wording.day(one.next_due) if one.next_due and not undecided else None,
        late=_late(one, site),
        sent=wording.instant(one.sent_at) if one.sent_at else None,
    )


def _late(one: ListedResponse, site: Site) -> str | None:
    if one.deadline_at and one.deadline_at < site.now:
        return "Fristen er gått ut, og ikke noe svar er sendt"
    if one.next_step is None or one.next_due is None or one.next_due >= local_day(site.now):
        return None
    if one.state in {State.NEW, State.TRIAGED}:
        return "Ingen har avgjort om KS svarer"
    return f"{STEP_WORDS[one.next_step]} skulle vært ferdig"


def meetings(site: Site, listed: Sequence[ListedResponse], number: int) -> tuple[MeetingView, ...]:
    """Return the meetings that the responses go to; on the first page also the empty ones ahead.

    ``listed`` is in the order of the meetings.
    """
    going = {
        day_and_body: tuple(group)
        for day_and_body, group in groupby(listed, lambda one: (one.meeting_on, one.meeting))
    }
    last = listed[-1].meeting_on if len(listed) == PAGE_SIZE else None
    empty = dict.fromkeys(_ahead(site, last), ()) if number == 1 else {}
    every = {**empty, **going}
    return tuple(
        _meeting(site, on, body, every[on, body])
        for on, body in sorted(every, key=lambda one: (one[0] or date.max, one[1] or ""))
        if on and body
    )


def _ahead(site: Site, last: date | None) -> list[tuple[date | None, str | None]]:
    """Return the meetings from today on, but none after the last day of this page of the list."""
    today, calendar = local_day(site.now), site.office.calendar
    until = min(last or date.max, today + MEETINGS_AHEAD)
    found = [
        (meeting.on, body)
        for body in calendar.bodies
        for meeting in calendar.meetings_after(body, today - timedelta(days=1))
        if meeting.on <= until
    ]
    return [*sorted(found)[:_MOST_EMPTY_MEETINGS]]


def _meeting(site: Site, on: date, body: str, going: Sequence[ListedResponse]) -> MeetingView:
    papers = _papers(site, on, body, {one.kind for one in going})
    return MeetingView(
        body=site.office.calendar.body_name(body),
        when=wording.day(on),
        papers=wording.day(papers) if papers else None,
        lines=case_lines(site, going),
    )


def _papers(site: Site, on: date, body: str, kinds: Iterable[str]) -> date | None:
    """Return the last day for papers: the calendar's own, or the earliest that a template says."""
    calendar = site.office.calendar
    stated = (one.papers for one in calendar.meetings(body) if one.on == on)
    if papers := next(stated, None):
        return papers
    ahead = [
        step.papers
        for kind in ({Kind(one) for one in kinds} or Kind)
        for step in site.office.templates.steps(kind)
        if step.meeting == body and step.papers
    ]
    return calendar.add(on, -max(ahead)) if ahead else None


def pages_of(address: str, number: int, shown: int) -> Paging:
    """Return the paging of a list that does not count its rows: a full page may have a next."""
    mark = "&" if "?" in address else "?"
    return Paging(
        words=f"Side {number}",
        previous=f"{address}{mark}side={number - 1}" if number > 1 else None,
        next=f"{address}{mark}side={number + 1}" if shown == PAGE_SIZE else None,
    )
