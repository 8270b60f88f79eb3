"""What the three steps have in common: read a message, or make a dead letter of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from consultations.config_file import expected
from consultations.domain.errors import InvalidRecord
from consultations.domain.events import Event
from consultations.store import dead_letters
from consultations.store.bus import Message
from consultations.store.database import Session
from consultations.store.dead_letters import DeadLetter

Model = TypeVar("Model", bound=BaseModel)

INTAKE, ROUTING, TRACKING = "intake", "routing", "tracking"


@dataclass(frozen=True)
class StepResult:
    """How many messages a step took, and how many of them became dead letters."""

    handled: int
    dead: int = 0


def decode(model: type[Model], value: bytes) -> Model:
    """Read a message. Raises ``InvalidRecord`` that names the first thing wrong."""
    if not value:
        raise InvalidRecord("meldingen er tom")
    try:
        return model.model_validate_json(value)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "meldingen"
        raise InvalidRecord(f"{place} {_wrong_with(first)}") from problem


def _wrong_with(error: ErrorDetails) -> str:
    said = {"missing": "mangler", "extra_forbidden": "er ukjent", "json_invalid": "er ikke JSON"}
    wanted = expected(error)
    wrong = f"er feil, ventet {wanted}" if wanted else f"er feil ({error['msg']})"
    return said.get(error["type"], wrong)


def check_key(message: Message, key: str) -> None:
    """Raise ``InvalidRecord`` unless a message came under the key of what it is about.

    The key decides who handles it: under another one, two could do so at once.
    """
    if message.key != key:
        raise InvalidRecord(f"nøkkelen er «{message.key[:200]}», ventet «{key}»")


def bury(
    session: Session, step: str, message: Message, reason: str, now: datetime,
    source: str | None = None,
) -> None:  # fmt: skip
    """Make a dead letter of a message that a step cannot handle."""
    letter = DeadLetter(step, source, message.place, reason, "application/json", message.value)
    dead_letters.keep(session, letter, now)


def events_in(
    session: Session, step: str, batch: Sequence[Message], now: datetime
) -> Iterator[tuple[Message, Event]]:
    """Yield the events in a batch; what cannot be read becomes a dead letter."""
    for message in batch:
        try:
            event = decode(Event, message.value)
            check_key(message, event.consultation)
        except InvalidRecord as problem:
            bury(session, step, message, str(problem), now)
        else:
            yield message, event
