"""What KS decides about a source, as ``config/sources.yaml`` holds it."""

from pydantic import Field

from consultations.domain.observation import Frozen


class Source(Frozen):
    """A source's name for people, the hosts it may be fetched from, and how often.

    ``poll`` holds crontab lines in Oslo time.
    """

    title: str = Field(min_length=1)
    hosts: tuple[str, ...] = Field(min_length=1)
    seconds_between_requests: float = Field(ge=0.6)
    poll: tuple[str, ...] = Field(min_length=1)


class SourceMap(Frozen):
    sources: dict[str, Source]
