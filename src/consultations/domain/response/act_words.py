"""How people are told what somebody did with a response: for the log, Slack and mail. No markup."""

from collections.abc import Iterable, Iterator, Mapping

from consultations.domain.calendar import format_day, format_instant, local_day
from consultations.domain.observation import DeadlineKind
from consultations.domain.response.acts import (
    PHASES,
    STATE_WORDS,
    VERDICT_WORDS,
    Act,
    Advanced,
    Assigned,
    Choice,
    Demanded,
    Extended,
    Judged,
    Linked,
    Noted,
    ReceiptFiled,
    Relation,
    State,
    Triaged,
    Undone,
)
from consultations.domain.response.case import Case

_CHOICE_WORDS = {
    Choice.ANSWER: "KS skal svare",
    Choice.FOLLOW: "KS svarer ikke, men følger saken",
    Choice.NOT_ANSWER: "KS svarer ikke",
    Choice.LATER: "Saken er sett på, men ikke avgjort",
}

DEADLINE_WORDS = {
    DeadlineKind.WRITTEN_ANSWER: "skriftlig svar",
    DeadlineKind.REQUEST_TO_APPEAR: "ønske om å møte",
    DeadlineKind.HEARING_DAY: "høringsdagen",
    DeadlineKind.EU_FEEDBACK: "innspill til EU",
}
"""What is sent by each kind of deadline."""

_LONGEST_DEMAND = 80


def in_words(act: Act, case_before: Case, names: Mapping[str, str]) -> str:
    """Say who did what and when: «KS skal svare (Kari Eksempel 3. november 2026): fordi.».

    ``names`` gives the Norwegian name of each section, person and heading by id; one that is not
    there is shown by its id.
    """
    signed = f"{deed(act, case_before, names)} ({act.by} {format_day(local_day(act.at))})"
    words = f"{signed}: {act.note}" if act.note else signed
    return words if words.endswith((".", "!", "?")) else f"{words}."


def deed(act: Act, case_before: Case, names: Mapping[str, str]) -> str:
    """Say what was done, for where it stands beside who, when and why: «KS skal svare»."""
    return "; ".join(_what(act, case_before, names))


def _what(act: Act, before: Case, names: Mapping[str, str]) -> Iterator[str]:
    match act:
        case Triaged():
            yield from _triaged(act, names)
        case Assigned():
            yield from _assigned(act, names)
        case Advanced():
            yield from _advanced(act, before)
        case ReceiptFiled():
            yield from _receipt(act)
        case Judged():
            yield from _judged(act, before)
        case Undone():
            yield _undone(act, before, names)
        case _:
            yield _short(act)


def _short(act: Extended | Demanded | Linked | Noted) -> str:
    match act:
        case Extended():
            until = format_day(act.until)
            what = DEADLINE_WORDS[act.deadline]
            return f"Utsatt frist for {what} til {until}, avtalt med {act.agreed_with}"
        case Demanded():
            return f"Krav {act.number}: {act.text}"
        case Linked(relation=Relation.JOINT):
            return f"Besvares sammen med {act.to}"
        case Linked():
            return f"Ny runde av {act.to}"
        case Noted():
            return "Merknad"


def _triaged(act: Triaged, names: Mapping[str, str]) -> Iterator[str]:
    yield _CHOICE_WORDS[act.choice]
    if act.headings:
        yield f"gjelder {_listed(act.headings, names)}"
    if act.goals:
        yield f"mål: {_listed(act.goals, names)}"
    yield from _placed(act, names)


def _assigned(act: Assigned, names: Mapping[str, str]) -> Iterator[str]:
    yield f"Saksansvarlig er {_name(act.owner, names)}"
    if act.deputy:
        yield f"stedfortreder er {_name(act.deputy, names)}"
    if act.contributing:
        yield f"bidrar: {_listed(act.contributing, names)}"
    yield from _placed(act, names)


def _placed(act: Triaged | Assigned, names: Mapping[str, str]) -> Iterator[str]:
    if act.lead:
        yield f"{_name(act.lead, names)} holder pennen"
    if act.brussels is not None:
        yield f"Brussel-kontoret er {'' if act.brussels else 'ikke '}med"


def _advanced(act: Advanced, before: Case) -> Iterator[str]:
    if act.to is State.SENT:
        whats = " og ".join(DEADLINE_WORDS[kind] for kind in act.deadlines)
        yield f"Sendt: {whats}" if whats else "Svaret er sendt"
    elif act.to in PHASES and act.to.rank < before.state.rank:
        yield f"Tilbake til {STATE_WORDS[act.to]}"
    else:
        yield STATE_WORDS[act.to].capitalize()
    if act.skipped:
        yield f"hoppet over {_states(act.skipped)}"
    if act.link:
        yield act.link


def _receipt(act: ReceiptFiled) -> Iterator[str]:
    yield f"Kvittering arkivert, sendt {format_instant(act.sent_at)}"
    if act.reference:
        yield f"referanse {act.reference}"
    if act.sha256:
        yield f"fil med sha256 {act.sha256}"
    if act.link:
        yield act.link


def _judged(act: Judged, before: Case) -> Iterator[str]:
    text = next((one.text for one in before.demands if one.number == act.demand), "")
    shown = text if len(text) <= _LONGEST_DEMAND else f"{text[: _LONGEST_DEMAND - 1].rstrip()}…"
    yield f"Krav {act.demand} ({shown}) er {VERDICT_WORDS[act.verdict]}"
    if act.quote:
        yield f"«{act.quote}»"
    if act.link:
        yield act.link


def _undone(act: Undone, before: Case, names: Mapping[str, str]) -> str:
    """Say what was taken back, in the words it was told with, without who told it."""
    undone = next((one for one in before.acts if one.number == act.undoes), None)
    if undone is None:
        return "Angret"
    then = Case.of(one for one in before.acts if one.number < undone.number)
    return f"Angret: {'; '.join(_what(undone, then, names))}"


def _states(states: Iterable[State]) -> str:
    return _in_a_row([STATE_WORDS[one] for one in states])


def _listed(ids: Iterable[str], names: Mapping[str, str]) -> str:
    return _in_a_row([_name(id_, names) for id_ in ids])


def _in_a_row(words: list[str]) -> str:
    return " og ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def _name(id_: str, names: Mapping[str, str]) -> str:
    return names.get(id_, id_)
