"""What can be done with a response case as it stands. Pure: it knows nothing of deadlines' days."""

from consultations.domain.response.acts import (
    PHASES,
    STATE_WORDS,
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
    Verdict,
)
from consultations.domain.response.case import Case, standing


class NotAllowed(Exception):  # noqa: N818 - reads as the news it is
    """An act that the case does not allow. Says in Norwegian what is wrong, then what to do."""


LINE = tuple(state for state in State if state.rank >= State.ANSWERING.rank)
"""The states of a case that is to be answered, in the order of the work."""

_BY_HAND = (
    *PHASES, State.APPROVED, State.SENT, State.PUBLISHED, State.OUTCOME_KNOWN, State.CLOSED,
)  # fmt: skip
"""The states a case is brought to by saying so; the others follow from other acts."""


def check(case: Case, act: Act) -> None:
    """Raise ``NotAllowed`` unless ``act`` can be the next thing done with ``case``."""
    _refuse_if(
        act.number != case.version + 1,
        f"Handlingen har nummer {act.number}, og den neste er {case.version + 1}.",
    )
    _refuse_if(
        case.last_act_at is not None and act.at < case.last_act_at,
        "Handlingen er eldre enn den forrige. Sjekk klokka på maskinen.",
    )
    if not isinstance(act, Noted | Undone):
        _refuse_if(
            case.state is State.CLOSED,
            "Saken er avsluttet. Angre avslutningen først hvis den skal endres.",
        )
    _check_kind(case, act)


def next_states(case: Case) -> tuple[State, ...]:
    """Return the later states that the case can be brought to now, the nearest first.

    Those that are passed over on the way must be named: ``passed_over``. Empty until it is
    decided whether KS answers.
    """
    if case.state in {State.NOT_ANSWERING, State.FOLLOW}:
        return (State.CLOSED,)
    if case.state not in LINE:
        return ()
    later = [one for one in _BY_HAND if one.rank > case.state.rank]
    if State.SENT in later:
        later = later[: later.index(State.SENT) + 1]
    return tuple(one for one in later if one is not State.OUTCOME_KNOWN or not unjudged(case))


def earlier_states(case: Case) -> tuple[State, ...]:
    """Return the states that the work can be sent back to: until the answer is sent."""
    in_work = State.MEMBER_INPUT.rank <= case.state.rank < State.SENT.rank
    return tuple(one for one in PHASES if in_work and one.rank < case.state.rank)


def passed_over(case: Case, to: State) -> tuple[State, ...]:
    """Return the states between where the case is and ``to``: to be named when it goes there."""
    if case.state not in LINE or to not in LINE:
        return ()
    return tuple(one for one in LINE if case.state.rank < one.rank < to.rank)


def unjudged(case: Case) -> tuple[int, ...]:
    """Return the numbers of the demands that nobody has marked the outcome of."""
    return tuple(one.number for one in case.demands if one.verdict is None)


def last_standing(case: Case) -> Act | None:
    """Return the act that can be undone now: the latest that stands."""
    acts = standing(case.acts)
    return acts[-1] if acts else None


def _check_kind(case: Case, act: Act) -> None:
    match act:
        case Triaged():
            _check_triage(case, act)
        case Assigned():
            _check_assignment(case, act)
        case Advanced():
            _check_advance(case, act)
        case Extended():
            _check_extension(case, act)
        case ReceiptFiled():
            _check_receipt(case, act)
        case Demanded() | Judged():
            _check_demand(case, act)
        case Linked():
            _check_link(case, act)
        case Noted():
            _refuse_if(not act.note, "Merknaden er tom. Skriv hva du vil ha i loggen.")
        case Undone():
            _check_undoing(case, act)


def _check_triage(case: Case, act: Triaged) -> None:
    _refuse_if(
        act.choice is Choice.NOT_ANSWER and not act.note,
        "Å ikke svare er et valg som trenger en grunn. Skriv hvorfor KS ikke svarer.",
    )
    _refuse_if(
        act.choice is Choice.LATER and case.state not in {State.NEW, State.TRIAGED},
        "Det er alt avgjort om KS svarer. Velg et annet utfall, eller angre det forrige.",
    )
    _refuse_if(
        act.choice is not Choice.ANSWER and is_sent(case),
        "Svaret er alt sendt, så saken kan ikke settes til noe annet enn at KS svarer.",
    )


def _check_assignment(case: Case, act: Assigned) -> None:
    _refuse_if(
        case.state is State.NOT_ANSWERING,
        "KS svarer ikke i denne saken. Avgjør først at den skal besvares eller følges.",
    )
    _refuse_if(
        act.owner == act.deputy,
        "Saksansvarlig og stedfortreder er samme person. Velg to, eller la stedfortreder stå tom.",
    )


def _check_advance(case: Case, act: Advanced) -> None:
    _refuse_if(
        act.to is not State.SENT and bool(act.deadlines),
        "Frister hører bare til når svaret sendes.",
    )
    _refuse_if(
        act.to is not State.PUBLISHED and act.link is not None,
        "En lenke hører bare til når svaret publiseres.",
    )
    _check_address(act.link)
    if act.to is State.SENT and is_sent(case):
        _check_another_answer(case, act)
    elif act.to in earlier_states(case):
        _refuse_if(not act.note, "Å gå tilbake trenger en grunn. Skriv hvorfor.")
        _refuse_if(bool(act.skipped), "Ingenting hoppes over når saken går tilbake.")
    else:
        _check_way_forward(case, act)


def _check_way_forward(case: Case, act: Advanced) -> None:
    if act.to not in next_states(case):
        raise NotAllowed(_why_not(case, act.to))
    expected = passed_over(case, act.to)
    _refuse_if(
        set(act.skipped) != set(expected) or len(act.skipped) != len(expected),
        _which_are_skipped(expected),
    )


def _why_not(case: Case, to: State) -> str:
    if case.state in {State.NEW, State.TRIAGED}:
        return "Det er ikke avgjort om KS skal svare. Avgjør det først."
    if case.state not in LINE:
        return f"Saken står som «{STATE_WORDS[case.state]}». Avgjør først at KS skal svare."
    if to.rank > State.SENT.rank > case.state.rank:
        return "Svaret er ikke meldt sendt. Meld det først."
    return _REACHED_OTHERWISE.get(to) or (
        f"Saken står som «{STATE_WORDS[case.state]}» og kan ikke gå til «{STATE_WORDS[to]}». "
        "Angre det siste som ble gjort, hvis det var feil."
    )


_REACHED_OTHERWISE = {
    State.ASSIGNED: "Saken fordeles ved å gi den en saksansvarlig.",
    State.RECEIPT_FILED: "Legg inn kvitteringen i stedet; da kommer saken dit av seg selv.",
    State.OUTCOME_KNOWN: "Utfallet er kjent når hvert krav er vurdert. Vurder dem først.",
}


def _which_are_skipped(expected: tuple[State, ...]) -> str:
    if not expected:
        return "Ingenting hoppes over på veien dit. Ta bort stegene som er oppgitt."
    said = ", ".join(f"«{STATE_WORDS[one]}» ({one})" for one in expected)
    return f"Dette hoppes over på veien dit: {said}. Bekreft det, eller gå dit steg for steg."


def _check_another_answer(case: Case, act: Advanced) -> None:
    """Check an answer sent after the first: to a deadline that none was sent to."""
    _refuse_if(bool(act.skipped), "Ingenting hoppes over når et svar til sendes.")
    _refuse_if(
        not act.deadlines or bool(case.sent.keys() & {*act.deadlines}),
        "Svaret er alt meldt sendt. Velg en frist det ikke er svart på, hvis det gjelder en til.",
    )


def _check_extension(case: Case, act: Extended) -> None:
    _refuse_if(act.deadline in case.sent, "Svaret til denne fristen er alt sendt.")
    _refuse_if(
        case.state is State.NOT_ANSWERING,
        "KS svarer ikke i denne saken. Avgjør først at den skal besvares.",
    )
    _refuse_if(not act.agreed_with, "Skriv hvem utsettelsen er avtalt med.")


def _check_receipt(case: Case, act: ReceiptFiled) -> None:
    _refuse_if(not is_sent(case), "Svaret er ikke meldt sendt. Meld det først.")
    _refuse_if(
        not (case.sent.keys() >= {*act.deadlines} and (act.deadlines or not case.sent)),
        "Kvitteringen må gjelde frister som det er sendt svar til.",
    )
    _refuse_if(
        not (act.reference or act.sha256 or act.link),
        "Kvitteringen er tom. Oppgi en referanse, en fil eller en lenke.",
    )
    _refuse_if(act.sent_at > act.at, "Svaret kan ikke være sendt i framtiden. Sjekk tidspunktet.")
    _check_address(act.link)


def _check_demand(case: Case, act: Demanded | Judged) -> None:
    if isinstance(act, Demanded):
        _refuse_if(
            case.state not in LINE or case.state.rank >= State.OUTCOME_KNOWN.rank,
            "Krav kan listes fra det er avgjort at KS svarer og til utfallet er kjent.",
        )
        return
    _refuse_if(not is_sent(case), "Svaret er ikke meldt sendt, så utfallet kan ikke være kjent.")
    known = [one.number for one in case.demands]
    numbers = ", ".join(map(str, known)) or "ingen"
    _refuse_if(
        act.demand not in known,
        f"Det finnes ikke noe krav med nummer {act.demand}. Numrene er: {numbers}.",
    )
    _refuse_if(
        act.verdict is not Verdict.NOT_MENTIONED and not (act.quote and act.link),
        "Vurderingen trenger et sitat og en lenke til stedet, så andre kan se det samme.",
    )
    _check_address(act.link)


def _check_link(case: Case, act: Linked) -> None:
    _refuse_if(not act.to, "Oppgi nummeret til den andre høringen.")
    if act.relation is Relation.JOINT:
        _refuse_if(is_sent(case), "Svaret i denne saken er alt sendt.")
        _refuse_if(
            case.state not in LINE, "Avgjør først at KS skal svare, så kan svaret bli felles."
        )


def _check_undoing(case: Case, act: Undone) -> None:
    last = last_standing(case)
    _refuse_if(last is None, "Det er ingenting å angre i denne saken.")
    _refuse_if(
        last is not None and act.undoes != last.number,
        "Bare det siste som ble gjort, kan angres. Angre det først.",
    )


def is_sent(case: Case) -> bool:
    """Tell whether an answer has been sent, to any deadline. Also a case left alone is closed."""
    acts = standing(case.acts)
    return any(isinstance(act, Advanced) and act.to is State.SENT for act in acts)


def _check_address(link: str | None) -> None:
    _refuse_if(
        link is not None and not link.startswith(("https://", "http://")),
        "Lenken må begynne med https:// eller http://.",
    )


def _refuse_if(wrong: bool, words: str) -> None:
    if wrong:
        raise NotAllowed(words)
