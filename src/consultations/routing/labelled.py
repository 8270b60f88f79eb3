"""Matters that people have said the right answer to: what routing is measured and taught by."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from consultations.config_file import expected
from consultations.domain.decision import RoutingText
from consultations.domain.errors import ConfigError
from consultations.routing.matching import fold
from consultations.routing.section_life import SectionLife

_WORD = re.compile(r"\w{4,}")
_ALIKE = 0.5
"""Titles that share this much of their words are one matter: never on both sides of a test."""

_COMMON = 200
"""A word in more titles than this does not make two of them alike."""


class LabelledMatter(BaseModel):
    """A matter and its right answer. Other keys (address, note …) are never read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    title: str
    sender: str | None = None
    summary: str | None = None
    body: str | None = None
    lang: str | None = None
    primary_section: str
    secondary_sections: tuple[str, ...] = ()
    brussels: bool = False

    def text(self) -> RoutingText:
        return RoutingText(
            title=self.title,
            sender=self.sender or "",
            summary=self.summary or "",
            body=self.body or "",
            lang=self.lang,
        )

    def of_today(self, life: SectionLife) -> "LabelledMatter | None":
        """Return the matter with the sections of today; None if its section is closed down."""
        lead = life.current(self.primary_section)
        seconds = dict.fromkeys(life.current(section) for section in self.secondary_sections)
        living = tuple(second for second in seconds if second in life.living and second != lead)
        if lead not in life.living:
            return None
        return self.model_copy(update={"primary_section": lead, "secondary_sections": living})


def read_labelled(path: Path, life: SectionLife) -> tuple[LabelledMatter, ...]:
    """Read JSON lines, each section under the id it has now. Those of closed sections are left out.

    Raises ``ConfigError`` with file and line for what cannot be used.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"{path} kan ikke leses ({problem}); ventet en fil med én JSON-linje per sak"
        ) from problem
    found: dict[str, LabelledMatter] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        matter = _read(path, number, line)
        unknown = {matter.primary_section, *matter.secondary_sections} - life.names.keys()
        if unknown:
            wrong = f"ukjent seksjon «{min(unknown)}», ventet en av: {', '.join(life.living)}"
            raise ConfigError(f"{path.name} linje {number}: {wrong}")
        if matter.id in found:
            raise ConfigError(f"{path.name} linje {number}: id «{matter.id}» er brukt før")
        found[matter.id] = matter
    if not found:
        raise ConfigError(f"{path.name}: ingen saker; ventet én JSON-linje per sak")
    return tuple(today for matter in found.values() if (today := matter.of_today(life)))


def _read(path: Path, number: int, line: str) -> LabelledMatter:
    try:
        return LabelledMatter.model_validate_json(line)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "linjen"
        wrong = "mangler" if first["type"] == "missing" else _wrong(first)
        raise ConfigError(f"{path.name} linje {number}: «{place}» {wrong}") from problem


def _wrong(error: Any) -> str:
    if error["type"] == "json_invalid":
        return "er ikke gyldig JSON; ventet ett objekt på én linje"
    return f"er feil, ventet {expected(error) or 'noe annet'}"


def data_hash(matters: Iterable[LabelledMatter]) -> str:
    """Name what was learned from: the same matters with the same answers, in any order."""
    lines = sorted(matter.model_dump_json() for matter in matters)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def parts(matters: Sequence[LabelledMatter], count: int) -> list[int]:
    """Deal the matters into ``count`` parts; those that are alike go to the same one.

    A group goes where the hash of its first matter says, so a new matter that is like none before
    moves nobody.
    """
    dealt = [
        int.from_bytes(hashlib.sha256(matter.id.encode()).digest()[:8]) % count
        for matter in matters
    ]
    return [dealt[first] for first in _groups(matters)]


def _groups(matters: Sequence[LabelledMatter]) -> list[int]:
    """Give each matter the place of the first one it is alike, through any chain of likeness."""
    words = [set(_WORD.findall(fold(matter.title))) for matter in matters]
    first = list(range(len(matters)))
    seen: dict[str, list[int]] = defaultdict(list)
    for place, own in enumerate(words):
        shared = Counter(p for word in own if len(seen[word]) <= _COMMON for p in seen[word])
        for other, _ in sorted(shared.items()):
            if len(own & words[other]) >= _ALIKE * len(own | words[other]):
                _join(first, place, other)
        for word in own:
            seen[word].append(place)
    return [_root(first, place) for place in range(len(matters))]


def _root(first: list[int], place: int) -> int:
    while first[place] != place:
        place = first[place]
    return place


def _join(first: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(first, one), _root(first, other)))
    first[high] = low
