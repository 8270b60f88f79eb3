"""What people do with KS' response: checked against the case, and kept with its event, at once.

Nothing here or anywhere else sends an answer to whoever asked: a person does, and says so here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consultations.clock import Clock
from consultations.domain.calendar import end_of_day, format_day, local_day
from consultations.domain.channels import ChannelMap
from consultations.domain.errors import NotFound
from consultations.domain.events import Event
from consultations.domain.foreign_text import plain
from consultations.domain.observation import DeadlineKind
from consultations.domain.response.act_words import DEADLINE_WORDS, in_words
from consultations.domain.response.acts import Act, Advanced, ReceiptFiled, Relation, State, Undone
from consultations.domain.response.case import Case
from consultations.domain.response.office import Office
from consultations.domain.response.rules import LINE, NotAllowed, check, is_sent, last_standing
from consultations.handlers import planning
from consultations.handlers.response_joint import mirrored
from consultations.handlers.response_news import names_of
from consultations.handlers.response_wishes import (
    Advance,
    Assign,
    Conflict,
    Demand,
    Extend,
    FileReceipt,
    Judge,
    Link,
    Note,
    Refused,
    Triage,
    Undo,
    What,
    Wish,
    as_act,
    check_known,
)
from consultations.handlers.telling import timed
from consultations.store import consultations, ledger, outbox, responses
from consultations.store.consultations import Dossier
from consultations.store.database import Session


@dataclass(frozen=True)
class Seen:
    """A consultation with its case, held so that nobody else changes it."""

    dossier: Dossier
    case: Case


def act(
    session: Session,
    key: str,
    wish: Wish,
    office: Office,
    channels: ChannelMap,
    sections: Mapping[str, str],
    clock: Clock,
) -> Case:
    """Do what a person asks for, and return the case as it then stands. All in one transaction.

    The act is kept and its event queued, also for the cases whose answer this one is; the plan is
    laid anew where it must, and lists show it at once. ``sections`` gives the Norwegian name of
    each section id. Raises ``Refused``; ``Conflict`` when others came first; or ``NotFound``.
    """
    now = clock()
    seen, joined = _held(session, key, wish.what)
    _check_version(seen.case, wish, names_of(office, sections))
    check_known(wish, office, sections)
    fitted = replace(wish, what=_fitted(session, seen, wish.what, now))
    done = as_act(fitted, seen.case.version + 1, _after(seen.case, now))
    try:
        check(seen.case, done)
    except NotAllowed as problem:
        raise Refused(str(problem)) from problem
    _check_not_elsewhere(seen.case, done)
    also = mirrored(key, seen.case, done, {k: (s.dossier, s.case) for k, s in joined.items()})
    _keep(session, {key: done, **also})
    changed = [seen.dossier, *(one.dossier for one in joined.values())]
    moved = planning.keep_up(session, changed, office, now)
    owed = planning.moved_facts(moved, channels)
    ledger.owe(session, timed(owed, channels, office.calendar, now), now)
    return responses.case(session, seen.dossier.id)


def undo(
    session: Session,
    key: str,
    wish: Wish,
    office: Office,
    channels: ChannelMap,
    sections: Mapping[str, str],
    clock: Clock,
) -> Case:
    """Take back the latest act that stands. As ``act``; what ``wish`` is about does not matter."""
    return act(session, key, replace(wish, what=Undo()), office, channels, sections, clock)


def _held(session: Session, key: str, what: What) -> tuple[Seen, dict[str, Seen]]:
    """Hold a consultation, those joined to it and the one it is to be tied to."""
    other = {plain(what.to)} if isinstance(what, Link) else set()
    consultations.hold(session, {key, *other, *responses.joined_to(session, key)})
    joined = responses.joined_to(session, key)
    dossiers = consultations.find(session, {key, *joined})
    if key not in dossiers:
        raise NotFound(
            f"Det finnes ingen høring med nummeret «{key[:200]}». Nummeret står på høringens side, "
            "for eksempel regjeringen:3167072."
        )
    cases = responses.cases(session, [one.id for one in dossiers.values()])
    seen = {id_: Seen(one, cases[one.id]) for id_, one in dossiers.items()}
    return seen.pop(key), seen


def _check_version(case: Case, wish: Wish, names: Mapping[str, str]) -> None:
    """Raise ``Conflict`` when others have acted since the version that the person saw."""
    if wish.expects is None or wish.expects == case.version:
        return
    since = tuple(one for one in case.acts if one.number > wish.expects)
    told = " ".join(told_in_order(case, names, len(case.acts) - len(since)))
    raise Conflict(
        "Saken er endret siden du åpnet den, så dette ble ikke lagret. "
        f"{told or 'Versjonen finnes ikke.'} Se over saken, og prøv igjen.",
        since,
    )


def told_in_order(case: Case, names: Mapping[str, str], after: int = 0) -> Iterator[str]:
    """Yield every act in words, the first one first, leaving out so many at the beginning."""
    for number, one in enumerate(case.acts[after:], after):
        yield in_words(one, Case.of(case.acts[:number]), names)


def _after(case: Case, now: datetime) -> datetime:
    """Return now, or just after the last act where the clock of another was ahead of ours."""
    last = case.last_act_at
    return now if last is None else max(now, last + timedelta(microseconds=1))


def _fitted(session: Session, seen: Seen, what: What, now: datetime) -> What:
    """Return the wish with what it leaves to the case filled in. Raises ``Refused``."""
    match what:
        case Advance(to=State.SENT):
            return replace(what, deadlines=_answered(seen, what.deadlines))
        case Advance(deadlines=None):
            return replace(what, deadlines=())
        case Extend():
            return _extension(seen, what, now)
        case FileReceipt():
            return _receipt(seen.case, what, now)
        case Undo(undoes=None):
            last = last_standing(seen.case)
            return Undo(last.number if last else 1)
    if isinstance(what, Link):
        _check_other(session, seen, what)
    return what


def _answered(seen: Seen, chosen: Sequence[DeadlineKind] | None) -> tuple[DeadlineKind, ...]:
    """Return the deadlines that are answered: those chosen, or the only one there is left."""
    stated = [one.kind for one in seen.case.deadlines(seen.dossier.history.latest)]
    left = [kind for kind in stated if kind not in seen.case.sent]
    if chosen:
        _check_stated(chosen, stated)
        return tuple(dict.fromkeys(chosen))
    if len(left) > 1:
        raise Refused(
            f"Saken har flere frister: {_kinds(left)}.", "Velg hvilke svaret gjelder.", "deadlines"
        )
    return tuple(left)


def _extension(seen: Seen, what: Extend, now: datetime) -> Extend:
    stated = {one.kind: one for one in seen.dossier.history.latest.deadlines_to_act_on}
    kinds = [what.deadline] if what.deadline else [k for k in stated if k not in seen.case.sent]
    _check_stated(kinds, [*stated])
    if len(kinds) != 1:
        problem = (
            f"Saken har flere frister: {_kinds(kinds)}." if kinds else "Saken har ingen frist."
        )
        raise Refused(problem, "Velg hvilken som er utsatt." if kinds else "", "deadline")
    the_source = local_day(stated[kinds[0]].at)
    if what.until <= the_source or end_of_day(what.until) < now:
        raise Refused(
            f"Den nye fristen er ikke senere enn den gamle, {format_day(the_source)}, eller har "
            "alt gått ut.",
            "Oppgi den siste dagen som er avtalt.",
            "until",
        )
    return replace(what, deadline=kinds[0])


def _receipt(case: Case, what: FileReceipt, now: datetime) -> FileReceipt:
    """Take it to be for what has no receipt yet, sent when somebody said it was."""
    without = tuple(kind for kind in case.sent if kind not in case.receipts)
    kinds = without or tuple(case.sent) if what.deadlines is None else what.deadlines
    is_sending = (one for one in case.acts if isinstance(one, Advanced) and one.to is State.SENT)
    said = [case.sent[kind].at for kind in kinds if kind in case.sent] or [
        one.at for one in is_sending
    ]
    return replace(what, deadlines=kinds, sent_at=what.sent_at or max(said, default=now))


def _check_stated(chosen: Iterable[DeadlineKind], stated: Sequence[DeadlineKind]) -> None:
    if unknown := [kind for kind in chosen if kind not in stated]:
        raise Refused(
            f"Saken har ingen frist for {_kinds(unknown)}.",
            f"Velg blant: {_kinds(stated)}." if stated else "Den har ingen frister.",
            "deadlines",
        )


def _kinds(kinds: Iterable[DeadlineKind]) -> str:
    return ", ".join(f"{DEADLINE_WORDS[kind]} ({kind})" for kind in kinds)


def _check_other(session: Session, seen: Seen, what: Link) -> None:
    """Raise ``Refused`` unless the other consultation is there and can be tied to."""
    other = plain(what.to)
    if other == seen.dossier.key:
        raise Refused("Saken kan ikke knyttes til seg selv.", "Oppgi en annen høring.", "to")
    ids = consultations.known(session, {other})
    if other not in ids:
        raise Refused(
            f"Det finnes ingen høring med nummeret «{other[:80]}».",
            "Nummeret står på høringens side, for eksempel regjeringen:3167072.",
            "to",
        )
    if what.relation is Relation.JOINT:
        _check_can_be_joined(session, seen, other, responses.case(session, ids[other]))


def _check_can_be_joined(session: Session, seen: Seen, key: str, other: Case) -> None:
    if other.joint_with:
        raise Refused(
            f"Svaret i {key} er felles med {other.joint_with}.",
            f"Knytt saken til {other.joint_with} i stedet.",
            "to",
        )
    if other.state not in LINE or is_sent(other):
        raise Refused(
            f"Det arbeides ikke med noe svar i {key}.",
            "Avgjør først at KS svarer der, eller knytt den andre veien.",
            "to",
        )
    if joined := responses.joined_to(session, seen.dossier.key):
        raise Refused(
            f"Svaret her er felles med {', '.join(joined)}, som er knyttet hit.",
            f"Knytt {key} hit i stedet.",
            "to",
        )


def _check_not_elsewhere(case: Case, done: Act) -> None:
    """Raise ``Refused`` when the act belongs in the case that the answer is worked on in."""
    subject = last_standing(case) if isinstance(done, Undone) else done
    is_answering = isinstance(subject, ReceiptFiled) or (
        isinstance(subject, Advanced) and subject.to.rank <= State.SENT.rank
    )
    if case.joint_with and is_answering:
        raise Refused(
            f"Svaret er felles med {case.joint_with} og arbeides med der.",
            "Gjør det i den saken, så følger denne etter.",
        )


def _keep(session: Session, done: Mapping[str, Act]) -> None:
    events = [Event.of_act(key, one) for key, one in done.items()]
    responses.keep_acts(session, events)
    outbox.write(session, events)


__all__ = [
    "Advance", "Assign", "Conflict", "Demand", "Extend", "FileReceipt", "Judge", "Link", "Note",
    "Refused", "Triage", "Wish", "act", "told_in_order", "undo",
]  # fmt: skip
