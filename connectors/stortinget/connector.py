"""The Storting as a source: polls the hearings of the session and the cases they are about."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.http import Answer
from connectors.stortinget.case_shelf import CaseShelf
from connectors.stortinget.elements import local_name, number, root_of
from connectors.stortinget.envelope import ROOT as ENVELOPE
from connectors.stortinget.envelope import record_of, unwrap, wrap
from connectors.stortinget.observe import observe
from connectors.stortinget.overview import ROOT as OVERVIEW
from connectors.stortinget.overview import (
    Cut,
    Overview,
    fetch_overview,
    hearings_in,
    session_address,
)
from connectors.stortinget.sessions import Session, sessions_to_read
from connectors.strict import one_record_at_a_time
from consultations.domain.calendar import local_day
from consultations.domain.connector import (
    Checkpoint,
    Cursor,
    Planned,
    PollItem,
    Read,
    Unreadable,
)
from consultations.domain.errors import InvalidRecord, SourceChanged, SourceUnavailable
from consultations.domain.observation import Observation
from consultations.domain.source_record import SourceRecord

_CASES_BETWEEN_CHECKPOINTS = 20
# A session has some 350. A count beyond this is no count, and would have every list look shrunk.
_MOST_HEARINGS = 5000


_log = logging.getLogger(__name__)


@dataclass
class _Lists:
    """The lists of this poll. ``trouble`` is why it fails at last, ``pause`` that we must wait."""

    overviews: dict[Session, Overview] = field(default_factory=dict)
    missing: list[Session] = field(default_factory=list)
    failed: list[Unreadable] = field(default_factory=list)
    trouble: SourceUnavailable | SourceChanged | None = None
    pause: SourceUnavailable | None = None

    @property
    def unreadable(self) -> list[Unreadable]:
        broken = (item for overview in self.overviews.values() for item in overview.unreadable)
        return [*self.failed, *broken]

    @property
    def are_whole(self) -> bool:
        in_doubt = any(overview.doubt for overview in self.overviews.values())
        return not self.missing and not self.unreadable and not in_doubt

    def counts(self, now: datetime) -> dict[str, int]:
        """How many hearings each list had. One in doubt, or half made, is no measure."""
        today = local_day(now)
        return {
            s.id: o.count for s, o in self.overviews.items() if s.opens <= today and not o.doubt
        }


class Stortinget:
    """Hearings in the committees, with their cases.

    The cursor holds ``sessions`` (how many hearings each list had last) and ``cases`` (see
    ``CaseShelf``). There is no position in a list: each poll reads the whole session.
    """

    source = "stortinget"
    reading = 1

    def __init__(self, get: Callable[[str], Answer]) -> None:
        """``get`` fetches one address and raises as ``PoliteClient.get`` does."""
        self._get = get

    def poll(self, cursor: Cursor, now: datetime) -> Iterator[PollItem]:
        """Yield all that can be read, save it, and only then what cannot. See ``Connector.poll``.

        So a row of broken hearings or cases, which ends the poll, never hides a good one.
        """
        stated = cursor if isinstance(cursor, Mapping) else {}
        counts = _counts(stated.get("sessions"))
        shelf = CaseShelf(self._get, stated.get("cases"))
        lists = self._lists(counts, now)
        shelf.pause = lists.pause
        cuts = _in_order(lists.overviews)
        unreadable = lists.unreadable
        yield Planned(len(cuts) + len(unreadable))
        counts |= lists.counts(now)
        for item in self._read_all(cuts, shelf, counts, now):
            if isinstance(item, Unreadable):
                unreadable.append(item)
            else:
                yield item
        keep = {case for cut in cuts for case in cut.case_ids} if lists.are_whole else None
        done = _checkpoint(counts, shelf.as_cursor(keep))
        yield done
        if unreadable:
            yield from unreadable
            yield done
        if trouble := lists.trouble or shelf.pause:
            raise trouble

    def _lists(self, counts: Mapping[str, int], now: datetime) -> _Lists:
        """Read each session's list. Trouble with one never stops another.

        A list that does not come is reported, except the next session's, which may not exist
        yet. Without the current one the poll has failed, once the others are read.
        """
        lists, current = _Lists(), Session.on(local_day(now))
        for session in sessions_to_read(now):
            last_count = counts.get(session.id, 0)
            try:
                overview = fetch_overview(self._get, session, last_count=last_count, now=now)
                lists.overviews[session] = overview
                lists.trouble = overview.doubt or lists.trouble
            except (SourceUnavailable, SourceChanged) as error:
                lists.missing.append(session)
                if isinstance(error, SourceUnavailable) and error.retry_after:
                    lists.pause = lists.trouble = error
                    break
                if session == current:
                    lists.trouble = error
                elif session.year < current.year:
                    lists.failed.append(_failed_overview(session, error))
                else:
                    _log.info("%s: %s", session.id, error)
        return lists

    def _read_all(
        self, cuts: list[Cut], shelf: CaseShelf, counts: Mapping[str, int], now: datetime
    ) -> Iterator[PollItem]:
        live = {case for cut in cuts if cut.hearing.may_change(now) for case in cut.case_ids}
        covered = 0
        for cut in cuts:
            # A closed hearing waits for a case it shares with an open one, and so never changes
            # just because of where in the list it stands.
            for case_id in cut.case_ids:
                if case_id in live and shelf.is_due(case_id, now):
                    yield from filter(None, [shelf.fetch(case_id)])
            yield self._read(cut, shelf)
            if shelf.fetched - covered >= _CASES_BETWEEN_CHECKPOINTS:
                covered = shelf.fetched
                yield _checkpoint(counts, shelf.as_cursor())

    def _read(self, cut: Cut, shelf: CaseShelf) -> Read | Unreadable:
        body = wrap(cut.element, shelf.on(cut.case_ids))
        record = record_of(cut.hearing.id, body, cut.fetched_at)
        try:
            return Read(record, self.parse(record))
        except InvalidRecord as error:
            reason = f"Kan ikke lese høring {record.external_id}: {error}"
            return Unreadable(
                record.url, reason, record.external_id, record.media_type, record.body
            )

    def split(
        self, url: str, media_type: str, body: bytes, fetched_at: datetime
    ) -> list[SourceRecord]:
        """Cut a session's list, one ``horing``, or one of our own records; without new cases."""
        root = root_of(url, media_type, body, OVERVIEW, "horing", ENVELOPE)
        try:
            if local_name(root) == ENVELOPE:
                horing, _ = unwrap(body)
                return [record_of(number(horing, "id"), body, fetched_at)]
            single = local_name(root) == "horing"
            found = [root] if single else hearings_in(root)
            return [record_of(number(h, "id"), wrap(h), fetched_at) for h in found]
        except InvalidRecord as error:
            raise SourceChanged(str(error), url=url, media_type=media_type, body=body) from error

    @one_record_at_a_time
    def parse(self, record: SourceRecord) -> Observation:
        return observe(record)


def _in_order(overviews: Mapping[Session, Overview]) -> list[Cut]:
    """All hearings, oldest number first. One that stands in two sessions counts in the newer."""
    by_id = {cut.hearing.id: cut for over in overviews.values() for cut in over.hearings}
    return sorted(by_id.values(), key=lambda cut: int(cut.hearing.id))


def _counts(stated: object) -> dict[str, int]:
    """Read how many hearings each list had last; a count that is none is left out."""
    counts = stated if isinstance(stated, Mapping) else {}
    return {str(s): n for s, n in counts.items() if type(n) is int and 0 <= n <= _MOST_HEARINGS}


def _failed_overview(session: Session, error: SourceUnavailable | SourceChanged) -> Unreadable:
    url, reason = session_address(session), f"Fikk ikke høringene i {session.id}: {error}"
    if isinstance(error, SourceChanged):
        return Unreadable(url=url, reason=reason, media_type=error.media_type, body=error.body)
    return Unreadable(url=url, reason=reason)


def _checkpoint(counts: Mapping[str, int], cases: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint({"sessions": dict(counts), "cases": dict(cases)})
