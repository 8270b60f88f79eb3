"""The events that travel on ``events.v1``: what happened to a consultation."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, model_validator

from consultations.domain.correction import Correction
from consultations.domain.observation import Frozen


class EventType(StrEnum):
    OPENED = "opened"
    AMENDED = "amended"
    DEADLINE_MOVED = "deadline_moved"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    REOPENED = "reopened"
    ROUTED = "routed"
    CORRECTED = "corrected"


class Event(Frozen):
    """Something that happened to a consultation at ``occurred_at`` (UTC, when we saw it).

    ``id`` is derived from what happened, so the same fact found twice is one event.
    """

    schema_version: Literal[1] = 1
    id: str
    type: EventType
    consultation: str
    occurred_at: AwareDatetime
    words: tuple[str, ...] = ()
    correction: Correction | None = None
    """What a person said, on a ``corrected`` event only."""

    @classmethod
    def of_correction(cls, consultation: str, correction: Correction) -> "Event":
        return cls(
            id=f"{consultation}/{correction.name}/{EventType.CORRECTED}",
            type=EventType.CORRECTED,
            consultation=consultation,
            occurred_at=correction.at,
            correction=correction,
        )

    @model_validator(mode="after")
    def _says_what_was_corrected(self) -> Self:
        if (self.type is EventType.CORRECTED) != (self.correction is not None):
            raise ValueError("en rettelse hører til hendelsen «corrected», og bare til den")
        return self
