"""What a connector hands over: one raw piece of a source's answer, with where it came from."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class SourceRecord(BaseModel):
    """The smallest self-contained raw piece: one HTML page, one XML element, one JSON object.

    ``fetched_at`` is when we fetched it (UTC). ``backfill`` is true for what the very first
    run of a source registered: known history, not news. JSON carries ``body`` as base64.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )

    schema_version: Literal[1] = 1
    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    external_id: str = Field(max_length=200, pattern=r"^[^\x00]+$")
    url: str = Field(max_length=2000)
    fetched_at: AwareDatetime
    media_type: str
    body: bytes
    backfill: bool = False

    @property
    def key(self) -> str:
        """Identity of the consultation and key on the topic: ``source:external_id``."""
        return f"{self.source}:{self.external_id}"
