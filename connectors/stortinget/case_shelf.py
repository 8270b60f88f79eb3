"""The cases fetched so far, kept in the cursor so that a record always carries its cases."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from connectors.http import Answer, PageGone
from connectors.stortinget.case import read_case, strip_case
from connectors.stortinget.elements import root_of, tag
from connectors.strict import parse_xml
from consultations.domain.connector import Unreadable
from consultations.domain.errors import (
    FetchRefused,
    InvalidRecord,
    SourceChanged,
    SourceUnavailable,
)

_ADDRESS = "https://data.stortinget.no/eksport/sak?sakid="
_FRESH = timedelta(days=1)
_GIVE_UP_AFTER = 3


class _Kept(BaseModel):
    """One case in the cursor: when it was fetched (UTC), and what is left of it."""

    model_config = ConfigDict(extra="forbid")

    fetched_at: AwareDatetime
    xml: str


class CaseShelf:
    """Cases by number, each fetched at most once a day. ``kept`` is the cursor's part.

    Only stripped cases are kept. A case that fails keeps its place, if it had one, and is due
    again at the next poll; after three silences in a row the rest wait for the next poll too,
    and so they do once ``pause`` is set: the publisher asked us to wait.

    What of ``kept`` cannot be read is left out without a word: it is fetched again.
    """

    def __init__(self, get: Callable[[str], Answer], kept: object) -> None:
        self._get = get
        stated = kept if isinstance(kept, Mapping) else {}
        readable = {case_id: _readable(case_id, case) for case_id, case in stated.items()}
        self._kept = {case_id: case for case_id, case in readable.items() if case}
        self._tried: set[str] = set()
        self._silences = 0
        self.pause: SourceUnavailable | None = None

    @property
    def fetched(self) -> int:
        """How many cases this poll has asked for."""
        return len(self._tried)

    def is_due(self, case_id: str, now: datetime) -> bool:
        if self.pause or case_id in self._tried or self._silences >= _GIVE_UP_AFTER:
            return False
        kept = self._kept.get(case_id)
        return kept is None or now - kept.fetched_at >= _FRESH

    def fetch(self, case_id: str) -> Unreadable | None:
        """Fetch one case and shelve it; returns what went wrong, if anything did."""
        url = _ADDRESS + case_id
        self._tried.add(case_id)
        try:
            answer = self._get(url)
            self._silences = 0
        except (SourceUnavailable, PageGone, FetchRefused) as error:
            if isinstance(error, SourceUnavailable):
                self._silences += 1
                self.pause = error if error.retry_after else None
            return Unreadable(url=url, reason=f"Fikk ikke sak {case_id}: {error}")
        except SourceChanged as error:
            return _unreadable(case_id, url, error, error.media_type, error.body)
        return self._shelve(case_id, answer)

    def _shelve(self, case_id: str, answer: Answer) -> Unreadable | None:
        try:
            detailed = root_of(answer.url, answer.media_type, answer.body, "detaljert_sak")
            xml = strip_case(detailed, case_id)
        except (SourceChanged, InvalidRecord) as error:
            return _unreadable(case_id, answer.url, error, answer.media_type, answer.body)
        self._kept[case_id] = _Kept(fetched_at=answer.fetched_at, xml=xml)
        return None

    def on(self, case_ids: Collection[str]) -> list[str]:
        """Return the stripped XML of those of the cases that we have, in the order asked for."""
        return [self._kept[case_id].xml for case_id in case_ids if case_id in self._kept]

    def as_cursor(self, keep: Collection[str] | None = None) -> dict[str, Any]:
        """Return what to remember: every case, or only those in ``keep``."""
        wanted = {c: kept for c, kept in self._kept.items() if keep is None or c in keep}
        return {case_id: kept.model_dump(mode="json") for case_id, kept in wanted.items()}


def _readable(case_id: str, kept: object) -> _Kept | None:
    try:
        case = _Kept.model_validate(kept)
        detailed = parse_xml(case.xml.encode())
        is_case = detailed.tag == tag("detaljert_sak") and read_case(detailed)[0].id == case_id
    except (ValidationError, InvalidRecord):
        return None
    return case if is_case else None


def _unreadable(
    case_id: str, url: str, error: Exception, media_type: str, body: bytes
) -> Unreadable:
    reason = f"Kan ikke lese sak {case_id}: {error}"
    return Unreadable(url=url, reason=reason, media_type=media_type, body=body)
