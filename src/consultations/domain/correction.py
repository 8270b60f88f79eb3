"""A person's word on where a matter belongs. It wins over every decision made on the matter."""

import hashlib
import json
from datetime import UTC
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from consultations.domain.observation import Frozen

LONGEST_NAME = 120
LONGEST_REASON = 2000


class Correction(Frozen):
    """What ``by`` said at ``at`` (UTC): another lead section, whether Brussels is told, or both.

    None leaves that side of the decision as it is. ``seen_at`` (UTC) is when the source was last
    seen by then: what was fetched later, or was still on its way, is news to who got it.
    """

    at: AwareDatetime
    seen_at: AwareDatetime
    by: str = Field(min_length=1, max_length=LONGEST_NAME)
    lead: str | None = None
    brussels: bool | None = None
    reason: str = Field(default="", max_length=LONGEST_REASON)

    @property
    def name(self) -> str:
        """Tell it from every other correction of the same matter."""
        said = json.dumps([self.by, self.lead, self.brussels, self.reason])
        digest = hashlib.sha256(said.encode()).hexdigest()
        return f"{self.at.astimezone(UTC).isoformat()}/{digest[:12]}"

    @model_validator(mode="after")
    def _corrects_something(self) -> Self:
        if self.lead is None and self.brussels is None:
            raise ValueError("en rettelse må si hvilken seksjon, eller om saken gjelder EU/EØS")
        return self
