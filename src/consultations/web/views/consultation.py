"""One consultation: facts, deadlines, text with marks, recipients, alerts and versions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from consultations.domain.change import STATUS_NAMES
from consultations.domain.consultees import is_ks
from consultations.domain.decision import Decision
from consultations.domain.history import History, Version
from consultations.domain.observation import Document, Kind, Observation, Status
from consultations.store.consultations import Dossier
from consultations.store.tables import DeliveryRow
from consultations.web import wording
from consultations.web.highlight import Passage, passages
from consultations.web.site import Site
from consultations.web.views.alerts import AlertLine, alert_lines
from consultations.web.views.deadlines import (
    DeadlineView,
    KeyDeadline,
    deadline_views,
    key_deadlines,
)
from consultations.web.views.routing import FIELD_NAMES, RoutingView, routing_view
from consultations.web.wording import When

KIND_NAMES = {
    Kind.MINISTRY: "Høring fra departement",
    Kind.AGENCY: "Høring fra direktorat eller etat",
    Kind.COMMITTEE_HEARING: "Høring i stortingskomité",
    Kind.EU_INITIATIVE: "EU-initiativ",
}
_INVITES = {Kind.MINISTRY, Kind.AGENCY}
"""The kinds whose sources list whom they invite, and publish the answers."""
_ALWAYS_SHOWN = ("summary", "body")
"""The other fields stand elsewhere on the page too; they are repeated only to show marks."""


@dataclass(frozen=True)
class Link:
    """A name with an address, if it has one that may be followed. ``where`` is its host."""

    words: str
    address: str | None
    where: str


@dataclass(frozen=True)
class CaseView:
    title: str
    reference: str | None


@dataclass(frozen=True)
class MeetingView:
    when: When
    place: str | None


@dataclass(frozen=True)
class TextView:
    """A field of the text that routing rests on, cut so that evidence can be marked."""

    name: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Consultee:
    name: str
    is_ks: bool


@dataclass(frozen=True)
class Consultees:
    names: tuple[Consultee, ...]
    counted: str
    about_ks: str
    ks_named: bool


@dataclass(frozen=True)
class VersionView:
    first: When
    words: tuple[str, ...]


@dataclass(frozen=True)
class ConsultationView:
    key: str
    source: str
    title: str
    lang: str | None
    kind: str
    status: str
    tone: str
    cancelled: bool
    status_in_full: str
    senders: tuple[str, ...]
    published: When | None
    changed_at_source: When | None
    key_deadlines: tuple[KeyDeadline, ...]
    deadlines: tuple[DeadlineView, ...]
    reference: str | None
    topics: tuple[str, ...]
    manner: str | None
    invites: bool
    answers_published: bool
    page: Link
    other_pages: tuple[Link, ...]
    submit: Link | None
    documents: tuple[Link, ...]
    cases: tuple[CaseView, ...]
    meetings: tuple[MeetingView, ...]
    routing: RoutingView | None
    decided_before: bool
    texts: tuple[TextView, ...]
    marks_section: bool
    marks_eu: bool
    marks_both: bool
    consultees: Consultees
    alerts: tuple[AlertLine, ...]
    versions: tuple[VersionView, ...]
    notes: tuple[str, ...]


def consultation_view(
    site: Site, dossier: Dossier, deliveries: Sequence[DeliveryRow]
) -> ConsultationView:
    history, now = dossier.history, site.now
    latest = history.latest
    standing = history.versions[-1].standing
    texts = _texts(dossier)
    marked = [passage for text in texts for passage in text.passages]
    return ConsultationView(
        key=dossier.key,
        source=site.source(latest.source),
        title=wording.one_line(latest.title) or dossier.key,
        lang=wording.foreign(latest.language),
        kind=KIND_NAMES[latest.kind],
        status=wording.sentence(STATUS_NAMES[standing]),
        tone=wording.STATUS_TONES.get(standing, "plain"),
        cancelled=standing is Status.CANCELLED,
        status_in_full=_in_full(wording.sentence(STATUS_NAMES[standing]), latest.status_text),
        senders=latest.senders,
        published=wording.day(latest.published_on) if latest.published_on else None,
        changed_at_source=_instant(latest.source_changed_at),
        key_deadlines=key_deadlines(history, now),
        deadlines=deadline_views(history, now),
        reference=latest.reference,
        topics=latest.topics,
        manner=_manner(latest),
        invites=latest.kind in _INVITES,
        answers_published=latest.answers_published,
        page=_link(wording.one_line(latest.title), latest.url),
        other_pages=tuple(_link(url, url) for url in history.urls if url != latest.url),
        submit=_link("Send svar", latest.submit_url) if latest.submit_url else None,
        documents=tuple(_document(d) for d in latest.documents),
        cases=_cases(latest),
        meetings=tuple(MeetingView(wording.sitting(m.at), m.place) for m in latest.meetings),
        routing=routing_view(site, dossier),
        decided_before=bool(dossier.decisions),
        texts=texts,
        marks_section=any(p.section and not p.eu for p in marked),
        marks_eu=any(p.eu and not p.section for p in marked),
        marks_both=any(p.eu and p.section for p in marked),
        consultees=_consultees(latest.consultees),
        alerts=alert_lines(site, deliveries),
        versions=_versions(history),
        notes=latest.notes,
    )


def _instant(at: datetime | None) -> When | None:
    return wording.instant(at) if at else None


def _in_full(ours: str, status_text: str | None) -> str:
    """Say the status and what the source adds to it, without saying it twice."""
    theirs = wording.one_line(status_text or "")
    if theirs.casefold().startswith(ours.casefold()):
        return theirs
    return f"{ours} – {theirs}" if theirs else ours


def _manner(latest: Observation) -> str | None:
    if latest.in_writing_only is None:
        return None
    return "Bare skriftlig" if latest.in_writing_only else "Muntlig"


def _link(words: str, url: str) -> Link:
    address = wording.web_address(url)
    where = urlsplit(address).hostname if address else None
    return Link(words, address, where or "")


def _document(document: Document) -> Link:
    link = _link(wording.one_line(document.title) or "Uten navn", document.url)
    if not link.address:
        return Link(link.words, None, "adressen kan ikke følges")
    path = urlsplit(link.address).path.lower()
    return Link(link.words, link.address, f"PDF, {link.where}" if path.endswith(".pdf")
                else link.where)  # fmt: skip


def _cases(latest: Observation) -> tuple[CaseView, ...]:
    return tuple(CaseView(wording.one_line(c.title), c.reference) for c in latest.cases)


def _texts(dossier: Dossier) -> tuple[TextView, ...]:
    fields = [(f, getattr(dossier.text, f)) for f in FIELD_NAMES]
    cut = [(f, _cut(f, text, dossier.decision)) for f, text in fields if text]
    return tuple(
        TextView(FIELD_NAMES[field], pieces)
        for field, pieces in cut
        if field in _ALWAYS_SHOWN or any(p.marked for p in pieces)
    )


def _cut(field: str, text: str, decision: Decision | None) -> tuple[Passage, ...]:
    if decision is None:
        return passages(text)
    return passages(
        text,
        [e for e in decision.evidence if e.field == field],
        [e for e in decision.eu_evidence if e.field == field],
    )


def _consultees(names: Iterable[str]) -> Consultees:
    found = tuple(Consultee(name, is_ks(name)) for name in names)
    named = any(c.is_ks for c in found)
    if named:
        about = "KS er på listen."
    elif found:
        about = "KS er ikke på listen. Alle kan likevel svare."
    else:
        about = "Kilden oppgir ingen høringsinstanser. Alle kan likevel svare."
    return Consultees(found, wording.number(len(found)), about, named)


def _versions(history: History) -> tuple[VersionView, ...]:
    return tuple(_version(version) for version in reversed(history.versions))


def _version(version: Version) -> VersionView:
    words = tuple(change.words for change in version.changes)
    return VersionView(
        first=wording.instant(version.first_seen_at),
        words=words or ("Først sett.",),
    )
