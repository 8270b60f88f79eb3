"""Small builders for tests: say only what the test is about."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from consultations.domain.history import History, Sighting
from consultations.domain.observation import (
    Deadline,
    DeadlineKind,
    FoundIn,
    Kind,
    Observation,
    Status,
)
from consultations.domain.source_record import SourceRecord

DAY_ONE = datetime(2026, 7, 4, 8, 0, tzinfo=UTC)


def at(day: int) -> datetime:
    """The given number of days after the first."""
    return DAY_ONE + timedelta(days=day)


def deadline(
    day: date | str,
    kind: DeadlineKind = DeadlineKind.WRITTEN_ANSWER,
    found_in: FoundIn = FoundIn.FIELD,
) -> Deadline:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return Deadline.on(kind, day, found_in, f"Høringsfrist: {day:%d.%m.%Y}")


def observation(seen: int = 0, **given: Any) -> Observation:
    """An open ministry consultation, seen so many days after the first."""
    facts: dict[str, Any] = {
        "source": "regjeringen",
        "external_id": "3167072",
        "observed_at": at(seen),
        "kind": Kind.MINISTRY,
        "url": "https://www.regjeringen.no/no/dokumenter/x/id3167072/",
        "title": "Høring om endringer i barnevernsloven",
        "language": "nb",
        "senders": ("Barne- og familiedepartementet",),
        "published_on": date(2026, 7, 3),
        "status": Status.OPEN,
        "deadlines": (deadline("2026-08-14"),),
    }
    return Observation.model_validate({**facts, **given})


def history(*observations: Observation, backfill: bool = False) -> History:
    return History(Sighting.of(o, backfill=backfill) for o in observations)


def record(of: Observation, *, backfill: bool = False) -> SourceRecord:
    """A record whose body is the observation itself, for steps that read with `ReadBack`."""
    return SourceRecord(
        source=of.source,
        external_id=of.external_id,
        url=of.url,
        fetched_at=of.observed_at,
        media_type="application/json",
        body=of.model_dump_json().encode(),
        backfill=backfill,
    )


class ReadBack:
    """A reader of records whose body is the observation itself."""

    source = "regjeringen"

    def __init__(self, reading: int = 1) -> None:
        self.reading = reading

    def parse(self, record: SourceRecord) -> Observation:
        return Observation.model_validate_json(record.body)


def names(facts: Iterable[Any]) -> list[str]:
    return [fact.name for fact in facts]
