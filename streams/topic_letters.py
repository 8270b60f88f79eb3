"""Dead letters read back from their topic, for a table that has lost them."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from consultations.domain.errors import InvalidRecord
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store.dead_letters import POLL, DeadLetter, KeptLetter
from streams.event_relay import CUT_FROM
from streams.kafka_log import KafkaLog
from streams.topics import DEAD_LETTERS


class _Headers(BaseModel):
    """What the event relay writes beside the bytes of a letter."""

    step: Annotated[str, Field(pattern=f"^({POLL}|{INTAKE}|{ROUTING}|{TRACKING})$")]
    source: str = ""
    place: str
    reason: str
    media_type: str
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    times: Annotated[int, Field(ge=1)]
    first_at: AwareDatetime
    last_at: AwareDatetime


def read_back(log: KafkaLog) -> Iterator[KeptLetter | InvalidRecord]:
    """Yield every letter on the topic, or why a message there is none, the oldest first."""
    for batch in log.records(DEAD_LETTERS):
        for record in batch:
            try:
                yield _letter(record)
            except InvalidRecord as problem:
                yield problem


def _letter(record: Any) -> KeptLetter:
    place = f"{record.topic}/{record.partition} nr. {record.offset}"
    told = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    if CUT_FROM in told:
        raise InvalidRecord(
            f"{place}: brevet var for stort for emnet, så bare en del av innholdet står der. "
            f"Det kom fra {told.get('place', 'et ukjent sted')}."
        )
    try:
        said = _Headers.model_validate(told)
    except ValidationError as problem:
        name = problem.errors(include_url=False)[0]["loc"][0]
        raise InvalidRecord(
            f"{place} er ikke et brev fra sporeren ({name} stemmer ikke)."
        ) from None
    letter = DeadLetter(
        said.step, said.source or None, said.place, said.reason, said.media_type,
        record.value or b"",
    )  # fmt: skip
    return KeptLetter(letter, said.fingerprint, said.times, said.first_at, said.last_at)
