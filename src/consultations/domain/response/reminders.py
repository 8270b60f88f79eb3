"""How people are reminded: ``reminders`` in ``config/response-plans.yaml``."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from consultations.domain.observation import Frozen

_MOST_DAYS = 250
"""Working days in a year: more than that is a slip of the finger."""


class Role(StrEnum):
    """Why somebody is told of a matter that waits."""

    OWNER = "owner"
    DEPUTY = "deputy"
    HEAD = "head"
    """Whoever heads the section that holds the pen."""
    CHANNEL = "channel"
    """The section's channel."""


Roles = Annotated[tuple[Role, ...], Field(min_length=1)]


class Rung(Frozen):
    """A reminder ``before`` working days before the due day; 0 is the morning of that day.

    ``tells`` are told where nobody has acted since the rung before; where somebody has, only the
    owner is.
    """

    before: int = Field(ge=0, le=_MOST_DAYS)
    tells: Roles = (Role.OWNER,)


def _in_order(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    days = [rung.before for rung in rungs]
    if days != sorted({*days}, reverse=True):
        raise ValueError("skriv hvert antall dager én gang, det største først, som 21, 7 og 0")
    return rungs


class Unclaimed(Frozen):
    """Who is told of a matter without owner: at its first rung, and from its second."""

    first: Roles = (Role.CHANNEL,)
    then: Roles = (Role.CHANNEL, Role.HEAD)


_ALL = (Role.OWNER, Role.DEPUTY, Role.HEAD)


class Reminders(Frozen):
    """The ladder. ``triage_within`` is working days from a matter arrives until it is triaged.

    ``step_missed`` are told the morning after a step should have been done, ``deadline_missed``
    when a deadline has passed with nothing sent.
    """

    triage_within: int = Field(default=5, ge=0, le=_MOST_DAYS)
    ladder: Annotated[tuple[Rung, ...], Field(min_length=1), AfterValidator(_in_order)] = (
        Rung(before=21),
        Rung(before=14),
        Rung(before=7),
        Rung(before=3, tells=(Role.OWNER, Role.DEPUTY)),
        Rung(before=1, tells=_ALL),
        Rung(before=0, tells=_ALL),
    )
    without_owner: Unclaimed = Unclaimed()
    step_missed: Roles = (Role.OWNER,)
    deadline_missed: Roles = _ALL
