"""One shape for all sources: what a source said about a consultation at one moment."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from consultations.domain.calendar import end_of_day, format_day, format_instant, local_day


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(StrEnum):
    MINISTRY = "ministry"
    AGENCY = "agency"
    COMMITTEE_HEARING = "committee_hearing"
    EU_INITIATIVE = "eu_initiative"


class Status(StrEnum):
    """Where the source says the consultation stands."""

    OPEN = "open"
    UNDER_REVIEW = "under_review"
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_closed(self) -> bool:
        return self in {Status.UNDER_REVIEW, Status.CONCLUDED, Status.CANCELLED}


class DeadlineKind(StrEnum):
    WRITTEN_ANSWER = "written_answer"
    REQUEST_TO_APPEAR = "request_to_appear"
    HEARING_DAY = "hearing_day"
    EU_FEEDBACK = "eu_feedback"


class FoundIn(StrEnum):
    """Where on the source the deadline stood, the most binding place first."""

    FIELD = "field"
    LEAD = "lead"
    LETTER = "letter"


class Deadline(Frozen):
    """A deadline as the source stated it.

    ``at`` is the last moment (UTC). With ``precision == "date"`` the source gave only a day and
    ``at`` is the end of that day in Oslo. ``quote`` holds the words it was read from.
    """

    kind: DeadlineKind
    at: AwareDatetime
    precision: Literal["date", "datetime"]
    found_in: FoundIn
    quote: str

    @classmethod
    def on(cls, kind: DeadlineKind, day: date, found_in: FoundIn, quote: str) -> "Deadline":
        return cls(kind=kind, at=end_of_day(day), precision="date", found_in=found_in, quote=quote)

    @property
    def in_words(self) -> str:
        by_day = self.precision == "date"
        return format_day(local_day(self.at)) if by_day else format_instant(self.at)


class Document(Frozen):
    """A document the source links to: the letter, the paper, an attachment."""

    title: str
    url: str


class Meeting(Frozen):
    """One sitting of a hearing. ``at`` is UTC; ``place`` may be unknown."""

    at: AwareDatetime
    place: str | None = None


class StortingCase(Frozen):
    """A case before the Storting that a hearing is about."""

    id: str
    title: str
    short_title: str | None = None
    reference: str | None = None
    topics: tuple[str, ...] = ()


class Observation(Frozen):
    """What one source said about one consultation at ``observed_at`` (UTC).

    Missing is missing: ``None`` or an empty tuple means the source did not say. ``notes`` are
    things the connector met and did not know, for the people who run the tracker.
    """

    source: str
    external_id: str
    observed_at: AwareDatetime
    kind: Kind
    url: str
    title: str = Field(min_length=1)
    language: Literal["nb", "nn", "en", "se"] | None = None
    lead: str | None = None
    senders: tuple[str, ...] = ()
    published_on: date | None = None
    status: Status = Status.UNKNOWN
    status_text: str | None = None
    deadlines: tuple[Deadline, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    in_writing_only: bool | None = None
    reference: str | None = None
    letter: str | None = None
    documents: tuple[Document, ...] = ()
    consultees: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    cases: tuple[StortingCase, ...] = ()
    submit_url: str | None = None
    answers_published: bool = False
    source_changed_at: AwareDatetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.source}:{self.external_id}"

    @property
    def meaning_hash(self) -> str:
        """Hash of everything that is news if it changes: not when we looked, not house-keeping."""
        meaning = self.model_dump(
            mode="json", exclude={"observed_at", "source_changed_at", "notes"}
        )
        canonical = json.dumps(meaning, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def deadline(self, kind: DeadlineKind) -> Deadline | None:
        """Return the deadline that governs: the most binding place, then the most precise."""
        return governing([d for d in self.deadlines if d.kind is kind])

    @property
    def deadlines_to_act_on(self) -> tuple[Deadline, ...]:
        """The governing deadline of each kind, the first one first; hearing days left out."""
        governed = (self.deadline(k) for k in DeadlineKind if k is not DeadlineKind.HEARING_DAY)
        return tuple(sorted((d for d in governed if d), key=lambda d: d.at))

    def next_deadline(self, now: datetime) -> Deadline | None:
        """Return the first deadline to act on that has not passed, or the last when all have.

        A hearing may be too late to speak at and still take written input.
        """
        stated = self.deadlines_to_act_on
        ahead = (deadline for deadline in stated if deadline.at >= now)
        return next(ahead, stated[-1] if stated else None)

    @property
    def conflicting_deadlines(self) -> tuple[Deadline, ...]:
        """Deadlines that name another day than the one that governs their kind.

        A hearing may sit for several days; those do not contradict each other.
        """
        return tuple(
            d
            for d in self.deadlines
            if d.kind is not DeadlineKind.HEARING_DAY and not _same_day(d, self.deadline(d.kind))
        )


def governing(deadlines: Sequence[Deadline]) -> Deadline | None:
    if not deadlines:
        return None
    order = list(FoundIn)
    first = min(deadlines, key=lambda d: (order.index(d.found_in), d.at))
    same_day = [d for d in deadlines if _same_day(d, first)]
    return min(same_day, key=lambda d: (d.precision != "datetime", d.at))


def _same_day(one: Deadline, other: Deadline | None) -> bool:
    return other is not None and local_day(one.at) == local_day(other.at)
