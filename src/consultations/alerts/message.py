"""What a channel is told about a consultation, before any channel's own markup.

Texts in a message hold foreign words as they are: whoever shows a message makes them harmless.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consultations.alerts import reasons
from consultations.alerts.text import listed, plain, shortened
from consultations.domain.calendar import days_left_in_words
from consultations.domain.change import DEADLINE_NAMES, STATUS_NAMES
from consultations.domain.channels import Channel
from consultations.domain.correction_words import signed
from consultations.domain.decision import Decision
from consultations.domain.events import EventType
from consultations.domain.observation import (
    Deadline,
    DeadlineKind,
    FoundIn,
    Observation,
    Status,
)
from consultations.store.consultations import Dossier
from consultations.store.ledger import Claim, Due

HEADLINES = {
    EventType.OPENED: "Ny høring",
    EventType.DEADLINE_MOVED: "Ny frist",
    EventType.CANCELLED: "Avlyst",
    EventType.REOPENED: "Åpnet igjen",
    EventType.CORRECTED: "Ny fordeling",
    EventType.RESPONSE: "KS' svar",
    EventType.REMINDER: "Påminnelse",
    EventType.PLAN_MOVED: "Ny plan",
}

OUR_OWN = {EventType.RESPONSE, EventType.REMINDER, EventType.PLAN_MOVED}
"""News of KS' response: the words are whole sentences, and say what they are about."""

PLACES = {
    FoundIn.FIELD: "datofeltet",
    FoundIn.LEAD: "ingressen",
    FoundIn.LETTER: "høringsbrevet",
}

SENDERS_SHOWN = 5
QUOTE_LENGTH = 160

BUNDLED_TITLE = 120
BUNDLED_LENGTH = 260
BUNDLED_LINES = 2
BUNDLED_ADDRESS = 120
MOST_IN_A_BUNDLE = 8
"""So many consultations are told of in one message, with room for all of their news."""


@dataclass(frozen=True)
class Part:
    """One piece of a message. ``quiet`` parts are background and may be shown small.

    Without a ``label`` the lines speak for themselves. ``url`` is where the label leads.
    """

    label: str
    lines: tuple[str, ...]
    quiet: bool = False
    url: str | None = None

    @property
    def prefix(self) -> str:
        return f"{self.label}: " if self.label else ""


@dataclass(frozen=True)
class Message:
    """A message for any channel. ``url`` is the source's page, ``page_url`` our own.

    ``reply``: said in the thread of a message that already shows the title and the reasons.
    ``to_all``: a reply that those who do not follow the thread should see too.
    """

    headline: str
    title: str
    url: str | None
    parts: tuple[Part, ...]
    page_url: str | None = None
    reply: bool = False
    to_all: bool = False


def compose(
    dossier: Dossier,
    claim: Claim,
    now: datetime,
    sections: Mapping[str, str],
    channel: Channel,
    page_url: str | None,
    response: Sequence[str] = (),
) -> Message:
    """Say how the consultation stands now (UTC), for a channel's first or updated message.

    ``sections`` gives the Norwegian name of each section id, ``response`` how KS' response stands.
    """
    latest = dossier.history.latest
    decision = dossier.latest_decision
    parts = [
        Part("Avsender", (_sender(latest),)),
        Part("", tuple(_deadlines(latest, _standing(dossier), now))),
        Part("Status", tuple(_status(dossier, claim.due))),
        Part("Endret", _changes(claim.due)),
        Part("", _our_own(claim.due)),
        Part("KS' svar", tuple(response)),
        Part("Kilden skriver", tuple(_source_words(dossier, claim.due))),
    ]
    if decision is None:
        parts.append(Part("Seksjon", ("ikke fordelt ennå",)))
    else:
        why = reasons.Reasons(decision, channel, sections)
        parts += [
            Part(why.role_label, why.role()),
            Part("Bestemt av", _deciders(decision, claim.due)),
            Part("EU/EØS", why.eu()),
            Part("Hvorfor", why.quotes(), quiet=True),
            Part("Nest nærmest", why.runner_up(), quiet=True),
        ]
    return Message(
        headline=_headline(_standing(dossier), claim.due),
        title=latest.title,
        url=latest.url,
        parts=tuple(part for part in parts if part.lines),
        page_url=page_url,
    )


def compose_reply(dossier: Dossier, claim: Claim, now: datetime) -> Message:
    """Say in the thread what has changed, and the deadline as it is now."""
    latest = dossier.history.latest
    parts = (
        Part("Endret", _changes(claim.due)),
        Part("", _our_own(claim.due)),
        Part("Kilden skriver", tuple(_source_words(dossier, claim.due))),
        Part("", tuple(_deadlines(latest, _standing(dossier), now))),
    )
    return Message(
        headline=HEADLINES[_told(claim.due)[-1]],
        title=latest.title,
        url=latest.url,
        parts=tuple(part for part in parts if part.lines),
        reply=True,
        to_all=EventType.REMINDER in _told(claim.due),
    )


def compose_personal(
    dossier: Dossier, claim: Claim, now: datetime, page_url: str | None, response: Sequence[str]
) -> Message:
    """Tell one person what concerns them, why, and by when. It stands alone, without a thread."""
    latest, told = dossier.history.latest, _told(claim.due)
    is_reminder = EventType.REMINDER in told
    parts = (
        Part("", _our_own(claim.due)),
        Part("Endret", _changes(claim.due)),
        Part("", tuple(_deadlines(latest, _standing(dossier), now))),
        Part("KS' svar", tuple(response), quiet=True),
    )
    return Message(
        headline=HEADLINES[EventType.REMINDER if is_reminder else told[-1]],
        title=latest.title,
        url=latest.url,
        parts=tuple(part for part in parts if part.lines),
        page_url=page_url,
    )


def compose_bundle(
    told: Sequence[tuple[Dossier, Claim, str | None]], page_url: str | None
) -> Message:
    """Tell a channel of several consultations at once, each with its news and its page."""
    count = f"{len(told)} saker" if len(told) != 1 else "1 sak"
    facts = {due.fact for _, claim, _ in told for due in claim.due}
    if facts == {EventType.REMINDER}:
        headline, title = "Påminnelser", f"{count} venter på at noen gjør noe"
    else:
        headline, title = "Samlet nytt", f"Nytt om {count}"
    return Message(
        headline=headline,
        title=title,
        url=None,
        parts=tuple(_in_bundle(dossier, claim, page) for dossier, claim, page in told),
        page_url=page_url,
    )


def _in_bundle(dossier: Dossier, claim: Claim, page: str | None) -> Part:
    latest = dossier.history.latest
    news = dict.fromkeys(shortened(plain(due.words), BUNDLED_LENGTH) for due in claim.due)
    label = shortened(plain(latest.title), BUNDLED_TITLE)
    url = page or latest.url
    return Part(
        label,
        (_first(list(news), BUNDLED_LINES),),
        url=url if len(url) <= BUNDLED_ADDRESS else None,
    )


def _first(lines: list[str], limit: int) -> str:
    more = len(lines) - limit
    return " ".join(lines[:limit]) + (f" Og {more} til." if more > 0 else "")


def _standing(dossier: Dossier) -> Status:
    return dossier.history.versions[-1].standing


def _told(due: Sequence[Due]) -> list[EventType]:
    return [EventType(d.fact) for d in due]


def _headline(standing: Status, due: Sequence[Due]) -> str:
    told = _told(due)
    if standing is Status.CANCELLED:
        return HEADLINES[EventType.CANCELLED]
    if EventType.OPENED in told and EventType.CORRECTED not in told:
        return HEADLINES[EventType.OPENED]
    return HEADLINES[told[-1]]


def _changes(due: Sequence[Due]) -> tuple[str, ...]:
    hidden = {EventType.OPENED, *OUR_OWN}
    return tuple(dict.fromkeys(d.words for d in due if d.fact not in hidden))


def _our_own(due: Sequence[Due]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(d.words for d in due if d.fact in OUR_OWN))


def _deciders(decision: Decision, due: Sequence[Due]) -> tuple[str, ...]:
    """Name the people behind the decision, where what has just changed does not."""
    if EventType.CORRECTED in _told(due):
        return ()
    return tuple(signed(correction) for correction in decision.corrections)


def _status(dossier: Dossier, due: Sequence[Due]) -> Iterable[str]:
    """Name the status when it is not what a new consultation would have."""
    standing = _standing(dossier)
    as_new = standing is Status.OPEN and EventType.OPENED in _told(due)
    if standing is not Status.UNKNOWN and not as_new:
        yield STATUS_NAMES[standing]


def _source_words(dossier: Dossier, due: Sequence[Due]) -> Iterable[str]:
    """Quote what the source says of a turn: the reason, often."""
    words = dossier.history.latest.status_text
    has_turned = {EventType.CANCELLED, EventType.REOPENED}.intersection(_told(due))
    if words and (has_turned or _standing(dossier) is Status.CANCELLED):
        yield _quoted(words)


def _sender(latest: Observation) -> str:
    return listed(list(latest.senders), SENDERS_SHOWN) or "ikke oppgitt"


def _deadlines(latest: Observation, standing: Status, now: datetime) -> Iterable[str]:
    """Every governing deadline in words, then what the source says against itself."""
    if not latest.deadlines_to_act_on:
        yield "Fristen er ikke oppgitt."
    for kind in DeadlineKind:
        deadline = latest.deadline(kind)
        if deadline is not None:
            yield _deadline(deadline, standing, now)
    for other in latest.conflicting_deadlines:
        yield _conflict(other, latest.deadline(other.kind))


def _deadline(deadline: Deadline, standing: Status, now: datetime) -> str:
    name, words = DEADLINE_NAMES[deadline.kind], deadline.in_words
    if standing is Status.CANCELLED:
        return f"{name} var satt til {words}."
    place = ""
    if deadline.found_in is not FoundIn.FIELD:
        place = f" Står i {PLACES[deadline.found_in]}: {_quoted(deadline.quote)}."
    if deadline.at >= now:
        return f"{name} er {words} ({days_left_in_words(deadline.at, now)}).{place}"
    if deadline.kind is DeadlineKind.HEARING_DAY:
        return f"{name} var {words}.{place}"
    return f"{name} var {words} ({days_left_in_words(deadline.at, now)}).{place}"


def _conflict(other: Deadline, governing: Deadline | None) -> str:
    said = f"Motstrid: {PLACES[other.found_in]} sier {other.in_words} ({_quoted(other.quote)})."
    if governing is None or governing.found_in is other.found_in:
        return said
    return f"{said} Vi holder oss til {PLACES[governing.found_in]}."


def _quoted(words: str) -> str:
    return f"«{shortened(plain(words), QUOTE_LENGTH)}»"
