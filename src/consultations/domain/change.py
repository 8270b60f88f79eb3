"""Compare two observations of one consultation and name what changed, in words for people."""

from collections.abc import Callable, Iterable

from consultations.domain.observation import DeadlineKind, Frozen, Observation, Status

DEADLINE_NAMES = {
    DeadlineKind.WRITTEN_ANSWER: "Fristen for å svare",
    DeadlineKind.REQUEST_TO_APPEAR: "Fristen for å be om å møte",
    DeadlineKind.HEARING_DAY: "Høringsdagen",
    DeadlineKind.EU_FEEDBACK: "Fristen for innspill til EU",
}

STATUS_NAMES = {
    Status.OPEN: "på høring",
    Status.UNDER_REVIEW: "under behandling",
    Status.CONCLUDED: "ferdigbehandlet",
    Status.CANCELLED: "avlyst",
    Status.UNKNOWN: "ukjent",
}

_Describe = Callable[[Observation, Observation], str]


class Change(Frozen):
    """One field that means something new, and how to say it."""

    field: str
    words: str


class DeadlineMove(Change):
    """A governing deadline that was set, moved or taken away."""

    kind: DeadlineKind
    before: str | None
    after: str | None


def changes_between(before: Observation, after: Observation) -> tuple[Change, ...]:
    """Name every meaning-bearing difference, the most important first."""
    moves = [move for kind in DeadlineKind if (move := _deadline_move(before, after, kind))]
    texts = [
        Change(field=field, words=describe(before, after))
        for field, describe in _DESCRIBED.items()
        if getattr(before, field) != getattr(after, field)
    ]
    if before.deadlines != after.deadlines and not moves:
        texts.append(Change(field="deadlines", words="Fristen er omtalt på en ny måte."))
    return (*moves, *texts)


def _deadline_move(
    before: Observation, after: Observation, kind: DeadlineKind
) -> DeadlineMove | None:
    old, new = before.deadline(kind), after.deadline(kind)
    if (old and old.at) == (new and new.at):
        return None
    return DeadlineMove(
        field="deadlines",
        kind=kind,
        before=old.at.isoformat() if old else None,
        after=new.at.isoformat() if new else None,
        words=_move_in_words(
            DEADLINE_NAMES[kind], old.in_words if old else None, new.in_words if new else None
        ),
    )


def _move_in_words(name: str, old: str | None, new: str | None) -> str:
    if old is None:
        return f"{name} er satt til {new}."
    if new is None:
        return f"{name} {old} er fjernet."
    return f"{name} er flyttet fra {old} til {new}."


def _status(before: Observation, after: Observation) -> str:
    return (
        f"Status er endret fra «{STATUS_NAMES[before.status]}» til «{STATUS_NAMES[after.status]}»."
    )


def _named(what: str, names: Callable[[Observation], Iterable[str]]) -> _Describe:
    """Describe a list by what came and what went."""

    def describe(before: Observation, after: Observation) -> str:
        old, new = list(names(before)), list(names(after))
        parts = [f"nytt: {n}" for n in new if n not in old]
        parts += [f"tatt bort: {n}" for n in old if n not in new]
        return f"{what} er endret ({'; '.join(parts) or 'ny rekkefølge'})."

    return describe


def _said(words: str) -> _Describe:
    return lambda _before, _after: words


_DESCRIBED: dict[str, _Describe] = {
    "status": _status,
    "title": lambda before, after: f"Tittelen er endret fra «{before.title}» til «{after.title}».",
    "lead": _said("Ingressen er endret."),
    "letter": _said("Høringsbrevet er endret."),
    "senders": _named("Avsender", lambda o: o.senders),
    "documents": _named("Dokumentene", lambda o: (d.title for d in o.documents)),
    "consultees": _named("Høringsinstansene", lambda o: o.consultees),
    "topics": _named("Temaene", lambda o: o.topics),
    "cases": _named("Sakene", lambda o: (c.title for c in o.cases)),
    "meetings": _said("Tid eller sted for høringen er endret."),
    "answers_published": lambda _, after: (
        "Høringssvarene er publisert."
        if after.answers_published
        else "Høringssvarene er ikke lenger publisert."
    ),
    "submit_url": _said("Adressen for å sende svar er endret."),
    "reference": _said("Referansen er endret."),
    "published_on": _said("Publiseringsdatoen er endret."),
    "status_text": _said("Teksten om status er endret."),
    "in_writing_only": _said("Høringen er endret mellom muntlig og skriftlig."),
    "kind": _said("Typen høring er endret."),
    "language": _said("Språket er endret."),
    "url": _said("Adressen til siden er endret."),
}
