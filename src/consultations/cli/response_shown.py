"""How a response is shown in a window: one line of a list, the whole case, or JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime

from consultations.cli.layout import labelled, quoted, wrapped
from consultations.domain.calendar import end_of_day, format_day, format_instant, local_day
from consultations.domain.change import DEADLINE_NAMES
from consultations.domain.foreign_text import plain
from consultations.domain.observation import Deadline, Observation
from consultations.domain.response.acts import STATE_WORDS, VERDICT_WORDS
from consultations.domain.response.case import Case, Demand
from consultations.domain.response.plan import Plan
from consultations.domain.response.plan_words import STEP_WORDS
from consultations.handlers.response import told_in_order
from consultations.store.response_lists import ListedResponse

Names = Mapping[str, str]
"""What sections, persons and bodies are called, by id."""


def as_line(one: ListedResponse, names: Names) -> str:
    """Return two lines: what it is, and how it stands."""
    parts = [STATE_WORDS[one.state], _name(one.lead, names, "uten seksjon")]
    parts.append(_name(one.owner, names, "uten saksansvarlig"))
    if one.next_step and one.next_due:
        parts.append(f"{STEP_WORDS[one.next_step].lower()} senest {format_day(one.next_due)}")
    if one.meeting and one.meeting_on:
        parts.append(f"{_name(one.meeting, names, '')} {format_day(one.meeting_on)}")
    parts.append(_deadline(one.deadline_at))
    return f"{one.key}  {quoted(one.title)}\n    {' · '.join(parts)}"


def listed_as_json(one: ListedResponse) -> str:
    return json.dumps(asdict(one), ensure_ascii=False, default=_written)


def case_as_json(key: str, seen: Observation, case: Case, plan: Plan | None, names: Names) -> str:
    """Return one JSON object with the case, its deadlines, its plan, and its log in words."""
    shown = {
        "id": key,
        "title": seen.title,
        "state": case.state,
        "version": case.version,
        "choice": case.choice,
        "reason": case.reason,
        "headings": case.headings,
        "goals": case.goals,
        "lead": case.lead,
        "owner": case.owner,
        "deputy": case.deputy,
        "contributing": case.contributing,
        "brussels": case.brussels,
        "skipped": sorted(case.skipped, key=lambda state: state.rank),
        "joint_with": case.joint_with,
        "second_round_of": case.second_round_of,
        "published_at": case.published_at,
        "deadlines": [_deadline_facts(one, case) for one in case.deadlines(seen)],
        "plan": plan.model_dump(mode="json") if plan else None,
        "demands": [asdict(one) for one in case.demands],
        "acts": [one.model_dump(mode="json") for one in case.acts],
        "log": list(told_in_order(case, names)),
    }
    return json.dumps(shown, ensure_ascii=False, default=_written)


def case_in_lines(
    key: str, seen: Observation, case: Case, plan: Plan | None, names: Names
) -> Iterator[str]:
    """Yield everything about a case, with a margin."""
    yield from wrapped(f"{key}  {plain(seen.title)}")
    yield from labelled("Tilstand", STATE_WORDS[case.state])
    yield from _people(case, names)
    for deadline in case.deadlines(seen):
        yield from labelled("Frist", _deadline_in_words(deadline, case))
    if not case.deadlines(seen):
        yield from labelled("Frist", "ikke oppgitt")
    for other, label in ((case.joint_with, "Felles med"), (case.second_round_of, "Ny runde av")):
        if other:
            yield from labelled(label, other)
    yield from _plan(case, plan)
    for demand in case.demands:
        yield from labelled(f"Krav {demand.number}", _demand(demand))
    for number, words in enumerate(told_in_order(case, names), 1):
        yield from wrapped(words, f"{number:>3}. ", "     ")


def _people(case: Case, names: Names) -> Iterator[str]:
    yield from labelled("Saksansvarlig", _name(case.owner, names, "ingen"))
    if case.deputy:
        yield from labelled("Stedfortreder", _name(case.deputy, names, ""))
    if case.contributing:
        yield from labelled("Bidrar", ", ".join(_name(one, names, "") for one in case.contributing))


def _plan(case: Case, plan: Plan | None) -> Iterator[str]:
    for step in plan.steps if plan else ():
        done = "  gjort" if step.is_done(case) else ""
        yield from labelled("Plan", f"{format_day(step.due)}  {STEP_WORDS[step.step]}{done}")


def _demand(demand: Demand) -> str:
    if demand.verdict is None:
        return f"{demand.text} (ikke vurdert)"
    words = [f"{demand.text} ({VERDICT_WORDS[demand.verdict]})"]
    words += [f"«{demand.quote}»"] if demand.quote else []
    return " ".join([*words, demand.link or ""]).strip()


def _deadline_in_words(deadline: Deadline, case: Case) -> str:
    words = f"{DEADLINE_NAMES[deadline.kind]} er {deadline.in_words}"
    agreed = " (avtalt utsettelse)" if deadline.kind in case.agreed else ""
    return f"{words}{agreed}: {_status(deadline, case)}"


def _status(deadline: Deadline, case: Case) -> str:
    if receipt := case.receipts.get(deadline.kind):
        return f"sendt {format_instant(receipt.sent_at)}, kvittering arkivert"
    if sent := case.sent.get(deadline.kind):
        return f"meldt sendt {format_instant(sent.at)}, uten kvittering"
    return "ikke sendt"


def _deadline_facts(deadline: Deadline, case: Case) -> dict[str, object]:
    sent, receipt = case.sent.get(deadline.kind), case.receipts.get(deadline.kind)
    return {
        "kind": deadline.kind,
        "at": deadline.at,
        "agreed": deadline.kind in case.agreed,
        "sent": sent.at if sent else None,
        "receipt": receipt.reference if receipt else None,
    }


def _deadline(at: datetime | None) -> str:
    if at is None:
        return "ingen frist oppgitt"
    by_day = at == end_of_day(local_day(at))
    return f"fristen er {format_day(local_day(at)) if by_day else format_instant(at)}"


def _name(id_: str | None, names: Names, none: str) -> str:
    return plain(names.get(id_, id_)) if id_ else none


def _written(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no agreed way to be written")
