"""The events that travel on ``events.v1``: what happened to a consultation."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, model_validator

from consultations.domain.correction import Correction
from consultations.domain.observation import Frozen
from consultations.domain.response.acts import Act


class EventType(StrEnum):
    """The kinds of news. The last two follow from the clock, and are told but never published."""

    OPENED = "opened"
    AMENDED = "amended"
    DEADLINE_MOVED = "deadline_moved"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    REOPENED = "reopened"
    ROUTED = "routed"
    CORRECTED = "corrected"
    RESPONSE = "response"
    REMINDER = "reminder"
    PLAN_MOVED = "plan_moved"


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
    act: Act | None = None
    """What a person did with KS' response, on a ``response`` event only."""

    @classmethod
    def of_correction(cls, consultation: str, correction: Correction) -> "Event":
        return cls(
            id=f"{consultation}/{correction.name}/{EventType.CORRECTED}",
            type=EventType.CORRECTED,
            consultation=consultation,
            occurred_at=correction.at,
            correction=correction,
        )

    @classmethod
    def of_act(cls, consultation: str, act: Act) -> "Event":
        return cls(
            id=f"{consultation}/{EventType.RESPONSE}/{act.number}",
            type=EventType.RESPONSE,
            consultation=consultation,
            occurred_at=act.at,
            act=act,
        )

    @model_validator(mode="after")
    def _can_be_on_a_topic(self) -> Self:
        if self.type in {EventType.REMINDER, EventType.PLAN_MOVED}:
            raise ValueError("påminnelser og planer følger av klokka, og er ingen hendelser")
        return self

    @model_validator(mode="after")
    def _says_what_was_corrected(self) -> Self:
        if (self.type is EventType.CORRECTED) != (self.correction is not None):
            raise ValueError("en rettelse hører til hendelsen «corrected», og bare til den")
        if (self.type is EventType.RESPONSE) != (self.act is not None):
            raise ValueError("en handling hører til hendelsen «response», og bare til den")
        return self
