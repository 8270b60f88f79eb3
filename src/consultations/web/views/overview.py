"""The list of consultations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consultations.domain.change import STATUS_NAMES
from consultations.domain.decision import NONE_SECTION
from consultations.domain.observation import DeadlineKind
from consultations.store.listing import PAGE_SIZE, Listed, Order
from consultations.web import wording
from consultations.web.query import ListQuery
from consultations.web.site import Site
from consultations.web.views.fields import Choice
from consultations.web.wording import DeadlineText, When

_DEADLINES_FOR = {
    DeadlineKind.REQUEST_TO_APPEAR: "be om å møte",
    DeadlineKind.EU_FEEDBACK: "innspill til EU",
}
"""What a deadline is for, where it is not for answering in writing."""


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    address: str
    title: str
    lang: str | None
    senders: str
    section: str
    guess: str | None
    seconds: str
    undecided: bool
    published: When | None
    deadline: DeadlineText | None
    deadline_for: str | None
    status: str
    tone: str
    eu_eea: bool


@dataclass(frozen=True)
class Paging:
    """Which part of a list is shown, and the way to its neighbours."""

    words: str
    previous: str | None
    next: str | None


@dataclass(frozen=True)
class SortLink:
    """A column heading that sorts. ``aria_sort`` is what a screen reader is told."""

    words: str
    explained: str
    address: str
    aria_sort: str


@dataclass(frozen=True)
class Overview:
    lines: tuple[Line, ...]
    counted: str
    paging: Paging
    by_published: SortLink
    by_deadline: SortLink
    sections: tuple[Choice, ...]
    query: ListQuery
    narrowed: bool
    sort_value: str


def overview(
    site: Site, query: ListQuery, listed: Sequence[Listed], total: int, pages: int
) -> Overview:
    now = site.now
    asked = query.filters
    return Overview(
        lines=tuple(line(site, one, now) for one in listed),
        counted=_counted(query.number, len(listed), total),
        paging=Paging(
            words=f"Side {query.number} av {pages}",
            previous=query.at(query.number - 1).address() if query.number > 1 else None,
            next=query.at(query.number + 1).address() if query.number < pages else None,
        ),
        by_published=_sort_link(query, Order.NEWEST, "Publisert", "nyeste først", "descending"),
        by_deadline=_sort_link(query, Order.DEADLINE, "Frist", "nærmeste frist først", "ascending"),
        sections=tuple(
            Choice(id_, site.section(id_), id_ == asked.section) for id_ in site.filed_under
        ),
        query=query,
        narrowed=asked != type(asked)(),
        sort_value="frist" if query.order is Order.DEADLINE else "",
    )


def paging(address: str, number: int, pages: int) -> Paging:
    """Return the paging of a list whose address takes nothing more than a page number."""
    mark = "&" if "?" in address else "?"
    return Paging(
        words=f"Side {number} av {pages}",
        previous=f"{address}{mark}side={number - 1}" if number > 1 else None,
        next=f"{address}{mark}side={number + 1}" if number < pages else None,
    )


def line(site: Site, one: Listed, now: datetime) -> Line:
    """Return a consultation as a row of a table."""
    at = one.deadline_at
    return Line(
        address=wording.consultation_address(one.key),
        title=wording.one_line(one.title) or one.key,
        lang=wording.foreign(one.language),
        senders=wording.one_line("; ".join(one.senders)),
        section=_section(site, one),
        guess=_guess(site, one),
        seconds=", ".join(site.section(s) for s in one.seconds if s != NONE_SECTION),
        undecided=one.abstained or one.lead is None,
        published=wording.day(one.published_on) if one.published_on else None,
        deadline=wording.deadline(at, now, one.deadline_kind, one.status) if at else None,
        deadline_for=_DEADLINES_FOR.get(one.deadline_kind) if one.deadline_kind else None,
        status=wording.sentence(STATUS_NAMES[one.status]),
        tone=wording.STATUS_TONES.get(one.status, "plain"),
        eu_eea=one.eu_eea,
    )


def _section(site: Site, one: Listed) -> str:
    if one.lead is None:
        return "Ikke fordelt ennå"
    return "Trenger et menneske" if one.abstained else site.section(one.lead)


def _guess(site: Site, one: Listed) -> str | None:
    """Name the best guess where the rules did not choose."""
    if not one.abstained or one.lead is None or one.lead == NONE_SECTION:
        return None
    return site.section(one.lead)


def _counted(number: int, shown: int, total: int) -> str:
    if total <= PAGE_SIZE:
        return "1 høring" if total == 1 else f"{total} høringer"
    first = (number - 1) * PAGE_SIZE + 1
    return f"{first}–{first + shown - 1} av {wording.number(total)} høringer"


def _sort_link(
    query: ListQuery, order: Order, words: str, explained: str, direction: str
) -> SortLink:
    active = query.order is order
    return SortLink(
        words, explained, query.sorted_by(order).address(), direction if active else "none"
    )
