"""The list of a whole session's hearings: fetched, distrusted, and cut into its hearings."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from connectors.http import Answer, PageGone
from connectors.stortinget.elements import field, root_of, tag, unknown_fields
from connectors.stortinget.envelope import MEDIA_TYPE
from connectors.stortinget.fields import OVERVIEW
from connectors.stortinget.hearing import Hearing, read_hearing
from connectors.stortinget.sessions import Session, may_be_empty
from connectors.strict import exactly_one
from consultations.domain.connector import Unreadable
from consultations.domain.errors import FetchRefused, InvalidRecord, SourceChanged

_ADDRESS = "https://data.stortinget.no/eksport/horinger?sesjonid="
ROOT = "horinger_oversikt"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cut:
    """One hearing cut from an overview, as served and as read."""

    hearing: Hearing
    element: etree._Element
    fetched_at: datetime

    @property
    def case_ids(self) -> list[str]:
        """Numbers of the cases it is about. A case may be without one, and so not looked up."""
        return list(dict.fromkeys(case.id for case in self.hearing.cases if case.id))


@dataclass(frozen=True)
class Overview:
    """A session's list. ``doubt``: it can be read, but has lost so much that people must know."""

    hearings: tuple[Cut, ...]
    unreadable: tuple[Unreadable, ...]
    count: int
    doubt: SourceChanged | None = None


def fetch_overview(
    get: Callable[[str], Answer], session: Session, *, last_count: int, now: datetime
) -> Overview:
    """Fetch and cut the list of one session.

    Raises ``SourceUnavailable`` on an outage (500 is one: the API answered so for a month in
    2026), and ``SourceChanged`` when the answer is not a list of hearings, is another session's
    or is empty when it should not be. One that has lost over half of its ``last_count`` hearings
    is read with doubt: what is left is news all the same.
    """
    url = session_address(session)
    try:
        answer = get(url)
    except (PageGone, FetchRefused) as error:
        raise SourceChanged(str(error), url=url) from error
    overview = _cut(answer, session)
    count = overview.count
    if count == 0 and not may_be_empty(session, now):
        reason = f"Listen over høringer i {session.id} er tom, og det ventet vi ikke nå."
        raise _changed(answer, reason)
    if count * 2 < last_count:
        reason = f"Listen over høringer i {session.id} har {count}, men hadde {last_count} sist."
        return replace(overview, doubt=_changed(answer, reason))
    return overview


def session_address(session: Session) -> str:
    return _ADDRESS + session.id


def _cut(answer: Answer, session: Session) -> Overview:
    elements = _elements(answer, session)
    read: dict[str, Cut] = {}
    unreadable = []
    for element in elements:
        try:
            hearing = read_hearing(element)
        except InvalidRecord as error:
            unreadable.append(_unreadable(element, answer.url, str(error)))
            continue
        if hearing.id in read:
            unreadable.append(_unreadable(element, answer.url, "den står to ganger i listen"))
        read.setdefault(hearing.id, Cut(hearing, element, answer.fetched_at))
    return Overview(tuple(read.values()), tuple(unreadable), len(elements))


def _elements(answer: Answer, session: Session) -> list[etree._Element]:
    """Return each ``horing`` of the session we asked for; the server might serve another."""
    root = root_of(answer.url, answer.media_type, answer.body, ROOT)
    for note in unknown_fields(root, OVERVIEW):
        _log.warning("%s: %s", answer.url, note)
    found = field(root, "sesjon_id")
    if found not in {None, session.id}:
        raise _changed(answer, f"Ba om høringene i {session.id}, men fikk dem i «{found}».")
    try:
        return hearings_in(root)
    except InvalidRecord as error:
        raise _changed(answer, str(error)) from error


def _changed(answer: Answer, reason: str) -> SourceChanged:
    return SourceChanged(reason, url=answer.url, media_type=answer.media_type, body=answer.body)


def hearings_in(root: etree._Element) -> list[etree._Element]:
    """Return each ``horing``. Raises ``InvalidRecord`` unless there is just one list."""
    horinger_liste = exactly_one(root.findall(tag("horinger_liste")), "<horinger_liste>")
    return horinger_liste.findall(tag("horing"))


def _unreadable(element: etree._Element, url: str, reason: str) -> Unreadable:
    hearing_id = field(element, "id") or ""
    body = etree.tostring(element, encoding="utf-8", xml_declaration=True, with_tail=False)
    return Unreadable(
        url=url,
        reason=f"Kan ikke lese høring {hearing_id[:20] or 'uten nummer'}: {reason}",
        external_id=hearing_id if hearing_id.isascii() and hearing_id.isdigit() else None,
        media_type=MEDIA_TYPE,
        body=body,
    )
