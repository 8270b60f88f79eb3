"""Words that speak for a section because labelled matters have taught us so.

A small voice beside the rules: a list of words with weights that a person can read, learned for
what the rules leave open (``training``). A word only ever speaks for a section, never against.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from consultations.domain.decision import Evidence, RoutingText
from consultations.domain.errors import ConfigError
from consultations.domain.observation import Frozen
from consultations.routing.matching import fold
from consultations.routing.schema import FieldName
from consultations.routing.section_life import SectionLife

MODEL_FILE = "model.json"
"""The model that is installed, in the configuration folder."""

LEARNED = "modell/"
"""Rule ids of learned words begin like this; the word itself follows."""

_WORD = re.compile(r"[^\W\d_][\w\u00ad\u0300-\u036f]*")
_NAME = re.compile(r"[^;\s][^;]{0,200}")
_SHORTEST, _LONGEST = 2, 40
_SENDER_MARK = "avsender: "
_TITLE, _SENDER, _SUMMARY = 1.0, 0.5, 0.7
"""How loudly a word speaks in each field."""

Points = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class Model(Frozen):
    """Learned words and what each is worth to a section, in points beside those of the rules.

    ``trained_on`` is the hash of the ``matters`` labelled matters, ``rules_hash`` names the rules
    that stood when it learned what they left open.
    """

    trained_on: str
    matters: int
    rules_hash: str
    words: Mapping[str, Mapping[str, Points]]

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.as_file().encode()).hexdigest()

    def as_file(self) -> str:
        """Write the model one word a line, so that two of them can be compared by eye."""
        words = ",\n".join(
            f"  {json.dumps(word, ensure_ascii=False)}: {json.dumps(sections, sort_keys=True)}"
            for word, sections in sorted(self.words.items())
        )
        told = self.model_dump(exclude={"words"})
        head = ",\n".join(f" {json.dumps(key)}: {json.dumps(told[key])}" for key in told)
        return f'{{\n{head},\n "words": {{\n{words}\n }}\n}}\n'

    def of_today(self, life: SectionLife) -> "Model":
        """Return the model with each section under the id it has now; retired ones fall silent."""
        words: dict[str, dict[str, float]] = {}
        for word, sections in self.words.items():
            for section, points in sections.items():
                now = life.current(section)
                if now in life.living:
                    known = words.setdefault(word, {})
                    known[now] = known.get(now, 0.0) + points
        return Model(**self.model_dump(exclude={"words"}), words=words)

    def weigh(self, text: RoutingText) -> Iterator[Evidence]:
        """Yield what the learned words in a text are worth to each section."""
        for word, (name, start, end, loudness) in words_of(text).items():
            for section, points in self.words.get(word, {}).items():
                weight = round(points * loudness, 4)
                quote = getattr(text, name)[start:end]
                yield Evidence(
                    field=name, start=start, end=end, quote=quote,
                    rule=LEARNED + word, section=section, weight=weight,
                )  # fmt: skip


Place = tuple[FieldName, int, int, float]
"""Where a word stands in a text (``text.<field>[start:end]``) and how loudly it speaks there."""


def words_of(text: RoutingText) -> dict[str, Place]:
    """Find the words a model may know, each where it speaks the loudest.

    The more words a text has, the less each of them says.
    """
    found: dict[str, Place] = {}
    fields: tuple[tuple[FieldName, str, float], ...] = (
        ("title", text.title, _TITLE),
        ("summary", text.summary, _SUMMARY),
    )
    for name, content, loudness in fields:
        for match in _WORD.finditer(content):
            if match.end() - match.start() <= _LONGEST:
                word = fold(match.group())
                if len(word) >= _SHORTEST:
                    found.setdefault(word, (name, match.start(), match.end(), loudness))
    norm = sum(loudness**2 for *_, loudness in found.values()) ** 0.5
    spoken: dict[str, Place] = {
        word: (name, start, end, loudness / norm)
        for word, (name, start, end, loudness) in found.items()
    }
    return {**spoken, **_senders(text.sender)}


def _senders(sender: str) -> dict[str, Place]:
    """Take each sender as one word: what is learned is who sends, not what they are called."""
    found: dict[str, Place] = {}
    for match in _NAME.finditer(sender):
        end = match.start() + len(match.group().rstrip())
        place: Place = ("sender", match.start(), end, _SENDER)
        found.setdefault(_SENDER_MARK + fold(sender[match.start() : end]), place)
    return found


def load_model(path: Path) -> Model | None:
    """Read a model, or None where there is none. Raises ``ConfigError`` if it is not one."""
    try:
        return Model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as problem:
        raise ConfigError(
            f"{path.name} er ingen modell vi kan lese ({type(problem).__name__}). "
            "Lag den på nytt med «consultations route train», eller fjern filen."
        ) from problem
