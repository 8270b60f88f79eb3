"""JSON lines in, JSON lines out: the interface of ``consultations route``."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from consultations.domain.decision import Decision, RoutingText
from consultations.routing.engine import decide
from consultations.routing.rules import RuleSet


class _Line(BaseModel):
    """One matter. Keys we do not know are let be: other programs write these lines."""

    model_config = ConfigDict(extra="ignore")

    id: str | int | None = None
    title: str
    sender: str | None = None
    summary: str | None = None
    body: str | None = None
    topics: str | list[str] | None = None
    lang: str | None = None

    def text(self) -> RoutingText:
        topics = "; ".join(self.topics) if isinstance(self.topics, list) else self.topics
        return RoutingText(
            title=self.title,
            sender=self.sender or "",
            summary=self.summary or "",
            body=self.body or "",
            topics=topics or "",
            lang=self.lang,
        )


def read_line(line: str | bytes) -> tuple[str | int | None, RoutingText]:
    """Read one matter: its id and its text. Raises ``ValueError`` when it cannot be read."""
    matter = _Line.model_validate(json.loads(line))
    return matter.id, matter.text()


def route_lines(lines: Iterable[str | bytes], rules: RuleSet) -> Iterator[str]:
    """Decide each line; a line that cannot be read gives a line that says why. Blank ones pass."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            answer = json.dumps(_answer(line, number, rules), ensure_ascii=False)
            yield answer.encode(errors="replace").decode()  # half an emoji cannot be written out


def _answer(line: str | bytes, number: int, rules: RuleSet) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _refused(None, number, f"ikke gyldig JSON ({error}); ventet ett objekt per linje")
    if not isinstance(content, dict):
        return _refused(None, number, "ventet et objekt med id, title, sender, summary og lang")
    try:
        matter = _Line.model_validate(content)
        return _as_json(matter.id, decide(matter.text(), rules))
    except ValidationError as error:
        keys = ", ".join(dict.fromkeys(str(one["loc"][0]) for one in error.errors()))
        given = content.get("id")
        known = given if isinstance(given, str | int) else None
        return _refused(known, number, f"mangler eller har feil verdi i: {keys}; ventet tekst")


def _refused(matter_id: str | int | None, number: int, reason: str) -> dict[str, Any]:
    return {"id": matter_id, "error": f"linje {number}: {reason}"}


def _as_json(matter_id: str | int | None, decision: Decision) -> dict[str, Any]:
    return {
        "id": matter_id,
        "primary_section": decision.lead,
        "secondary_sections": list(decision.seconds),
        "brussels": decision.brussels,
        "score": decision.score,
        "evidence": [one.model_dump() for one in (*decision.evidence, *decision.eu_evidence)],
        "abstained": decision.abstained,
        "runner_up": decision.runner_up and decision.runner_up.model_dump(),
        "eu_eea": decision.eu_eea,
        "criterion": decision.criterion,
        "eu_acts": [act.model_dump() for act in decision.eu_acts],
        "rules_hash": decision.rules_hash,
        "model_version": decision.model_version,
        "text_hash": decision.text_hash,
    }
