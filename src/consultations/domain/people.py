"""Who in KS works with responses. KS edits it in ``config/people.yaml``."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from consultations.domain.observation import Frozen

PersonId = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]

PERSON_CHANNEL = "person:"
"""What the delivery ledger calls the channel to one person: ``person:kari-eksempel``."""


class Person(Frozen):
    """``sections`` and ``head_of`` are section ids. Without ``slack_id`` Slack cannot reach them.

    A person without ``email`` is not reached when Slack is away either.
    """

    name: str = Field(min_length=1, max_length=80)
    email: str | None = Field(default=None, pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$")
    slack_id: str | None = Field(default=None, pattern=r"^[UW][A-Z0-9]{6,}$")
    sections: tuple[str, ...] = ()
    head_of: tuple[str, ...] = ()


class People(Frozen):
    """Everyone by id."""

    people: Mapping[PersonId, Person] = Field(default_factory=dict)

    def head_of(self, section: str | None) -> str | None:
        """Return who heads a section, the first listed; None where nobody is said to."""
        return next((id_ for id_, one in self.people.items() if section in one.head_of), None)

    def name(self, person: str) -> str:
        """Return the name of a person; one who is no longer listed is shown by id."""
        known = self.people.get(person)
        return known.name if known else person
