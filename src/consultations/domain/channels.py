"""Which channel hears about which sections. KS edits it in ``config/channels.yaml``."""

from typing import Self

from pydantic import Field, model_validator

from consultations.domain.decision import BRUSSELS_SECTION, NONE_SECTION, Decision
from consultations.domain.observation import Frozen


class Channel(Frozen):
    """A place people read. ``slack_id`` is needed before anything can be posted to Slack."""

    name: str = Field(min_length=1, max_length=80)
    slack_id: str | None = Field(default=None, pattern=r"^[CG][A-Z0-9]{6,}$")
    sections: tuple[str, ...] = ()


class ChannelMap(Frozen):
    """Every channel by id, and the one that takes what a person must decide."""

    channels: dict[str, Channel]
    triage: str

    @model_validator(mode="after")
    def _each_section_stands_once(self) -> Self:
        if self.triage not in self.channels:
            known = ", ".join(self.channels)
            raise ValueError(f"triage: «{self.triage}» er ingen kanal; ventet en av: {known}")
        listed = [s for channel in self.channels.values() for s in channel.sections]
        twice = {s for s in listed if listed.count(s) > 1}
        if twice:
            raise ValueError(f"seksjoner i flere kanaler: {', '.join(sorted(twice))}")
        return self

    def hearing(self, decision: Decision) -> tuple[str, ...]:
        """Return the channels that hear of a decision: lead first, then seconds, then Brussels.

        Where a person must choose the section, triage hears of it in the sections' place.
        """
        by_section = {s: id_ for id_, channel in self.channels.items() for s in channel.sections}
        sections = [] if decision.abstained else [decision.lead, *decision.seconds]
        if decision.brussels:
            sections.append(BRUSSELS_SECTION)
        hearing = [by_section[s] for s in sections if s in by_section and s != NONE_SECTION]
        return tuple(dict.fromkeys([self.triage, *hearing] if decision.abstained else hearing))
