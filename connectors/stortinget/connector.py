"""The Storting as a source: polls the hearings of the session and the cases they are about."""

from collections.abc import Callable, Iterator, Mapping
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
        counts = dict(cursor.get("sessions", {}))
        shelf = CaseShelf(self._get, cursor.get("cases", {}))
        overviews, failed = self._overviews(counts, now)
        yield from failed
        cuts = _in_order(overviews)
        unreadable = [item for overview in overviews.values() for item in overview.unreadable]
        yield Planned(len(cuts) + len(unreadable))
        yield from unreadable
        counts |= {session.id: overview.count for session, overview in overviews.items()}
        yield from self._read_all(cuts, shelf, counts, now)
        keep = None if failed or unreadable else {case for cut in cuts for case in cut.case_ids}
        yield _checkpoint(counts, shelf.as_cursor(keep))

    def _overviews(
        self, counts: Mapping[str, int], now: datetime
    ) -> tuple[dict[Session, Overview], list[Unreadable]]:
        """Read each session's list. Trouble with an old session never stops the current one."""
        *old, current = sessions_to_read(now)
        overviews, failed = {}, []
        for session in [*old, current]:
            last_count = counts.get(session.id, 0)
            try:
                overviews[session] = fetch_overview(
                    self._get, session, last_count=last_count, now=now
                )
            except (SourceUnavailable, SourceChanged) as error:
                if session == current:
                    raise
                failed.append(_failed_overview(session, error))
        return overviews, failed

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

    def parse(self, record: SourceRecord) -> Observation:
        return observe(record)


def _in_order(overviews: Mapping[Session, Overview]) -> list[Cut]:
    """All hearings, oldest number first. One that stands in two sessions counts in the newer."""
    by_id = {cut.hearing.id: cut for over in overviews.values() for cut in over.hearings}
    return sorted(by_id.values(), key=lambda cut: int(cut.hearing.id))


def _failed_overview(session: Session, error: SourceUnavailable | SourceChanged) -> Unreadable:
    url, reason = session_address(session), f"Fikk ikke høringene i {session.id}: {error}"
    if isinstance(error, SourceChanged):
        return Unreadable(url=url, reason=reason, media_type=error.media_type, body=error.body)
    return Unreadable(url=url, reason=reason)


def _checkpoint(counts: Mapping[str, int], cases: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint({"sessions": dict(counts), "cases": dict(cases)})
