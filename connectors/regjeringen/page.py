"""Reads the page of one høring into an Observation."""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from connectors.norwegian_dates import dates_in
from connectors.regjeringen.deadlines import (
    deadlines_in_field,
    deadlines_in_text,
    without_repetitions,
)
from connectors.regjeringen.identity import absolute, is_number, page_address
from connectors.regjeringen.letter import lines_of, reference_in, without_signatories
from connectors.regjeringen.markup import ANSWERS, CONSULTEES, LETTER, PAPERS, Markup
from connectors.strict import text_of
from consultations.domain.calendar import local_day
from consultations.domain.errors import InvalidRecord
from consultations.domain.observation import (
    Deadline,
    Document,
    FoundIn,
    Kind,
    Observation,
    Status,
)
from consultations.domain.source_record import SourceRecord

Language = Literal["nb", "nn", "en", "se"]

LANGUAGES: dict[str, Language] = {"nb": "nb", "no": "nb", "nn": "nn", "en": "en", "se": "se"}
STATUSES = {
    "på høring": Status.OPEN,
    "på høyring": Status.OPEN,
    "under behandling": Status.UNDER_REVIEW,
    "ferdigbehandlet": Status.CONCLUDED,
    "ferdigbehandla": Status.CONCLUDED,
}
DEADLINE_LABELS = {"høringsfrist", "høyringsfrist"}
KNOWN_LABELS = {"status", *DEADLINE_LABELS}
# Titles that only say what kind of page this is; the page's meta tags may say more.
BARE_TITLES = {"høring", "høyring", "høringsbrev", "høyringsbrev", "høringsnotat", "høyringsnotat"}

# «Kulturdepartementet, Barne- og …»: what stands between two whole names, not inside one.
_BETWEEN_MINISTRIES = re.compile(r"(?<=departementet)(?:\s*[,;|]|\s+(?:og|and))\s+(?=[A-ZÆØÅ])")
_BULLET = re.compile(r"^[•·–*-]\s+")


def parse_page(record: SourceRecord) -> Observation:
    """Read one stored page. Raises ``InvalidRecord`` when it is not the whole page of a høring."""
    page = Markup(record.body)
    _require_number(page, record.external_id)
    page.note_the_unknown()
    lead = page.text("article-ingress") or page.meta("description")
    letter = _letter(page)
    published_on = _published_on(page)
    status, status_text = _status(page)
    return Observation(
        source=record.source,
        external_id=record.external_id,
        observed_at=record.fetched_at,
        kind=Kind.MINISTRY,
        url=page_address(record.external_id, page.meta("DC.Identifier.URL"), record.url),
        title=_title(page),
        language=_language(page),
        lead=lead,
        senders=_senders(page),
        published_on=published_on,
        status=status,
        status_text=status_text,
        deadlines=_deadlines(page, lead, letter, published_on),
        reference=reference_in(page.text("horing-ref") or ""),
        letter=letter,
        documents=_documents(page),
        consultees=_consultees(page),
        topics=_topics(page),
        submit_url=_submit_url(page),
        answers_published=ANSWERS in page.sections,
        source_changed_at=_changed_at(page),
        notes=tuple(dict.fromkeys(page.notes)),
    )


def _require_number(page: Markup, external_id: str) -> None:
    if not is_number(external_id):
        raise InvalidRecord(f"{external_id!r} er ikke et nummer fra regjeringen.no.")
    if page.number not in {None, external_id}:
        raise InvalidRecord(f"Siden sier den har nummer {page.number}, ikke {external_id}.")


def _title(page: Markup) -> str:
    on_page = [text_of(heading) for heading in page.main.iter("h1")]
    titles = [title for title in (*on_page, page.meta("DC.Title"), page.meta("og:title")) if title]
    if not titles:
        raise InvalidRecord("Siden mangler tittel: verken h1, DC.Title eller og:title sier noe.")
    return next((title for title in titles if title.casefold() not in BARE_TITLES), titles[0])


def _language(page: Markup) -> Language | None:
    stated = page.root.get("lang") or page.meta("DC.Language") or ""
    language = LANGUAGES.get(stated.lower().partition("-")[0])
    if language is None:
        page.notes.append(f"Ukjent språk: «{stated[:20]}».")
    return language


def _senders(page: Markup) -> tuple[str, ...]:
    owners = [text_of(owner).strip("| ") for owner in page.by_class.get("owner", [])]
    stated = [owner for owner in owners if owner] or page.metas.get("DC.Creator") or []
    stated = stated or page.metas.get("author", [])
    names = (name.strip(" ,;|") for text in stated for name in _BETWEEN_MINISTRIES.split(text))
    return tuple(dict.fromkeys(name for name in names if name))


def _published_on(page: Markup) -> date | None:
    shown = dates_in(page.text("date") or "")
    stated = page.meta("DC.Date") or ""
    try:
        in_meta = date.fromisoformat(stated[:10]) if stated else None
    except ValueError:
        in_meta = None
        page.notes.append(f"Uleselig DC.Date: «{stated[:40]}».")
    if shown and in_meta and shown[0].day != in_meta:
        page.notes.append(f"Siden viser datoen {shown[0].day}, men DC.Date er {in_meta}.")
    return shown[0].day if shown else in_meta


def _status(page: Markup) -> tuple[Status, str | None]:
    text = next((value for label, value in page.fields if label.casefold() == "status"), "")
    status = STATUSES.get(text.casefold(), Status.UNKNOWN)
    if status is Status.UNKNOWN:
        page.notes.append(
            f"Ukjent status: «{text[:80]}»." if text else "Siden oppgir ingen status."
        )
    return status, text or None


def _deadlines(
    page: Markup, lead: str | None, letter: str | None, published_on: date | None
) -> tuple[Deadline, ...]:
    # «Ny høringsfrist …» is sometimes put above the letter, outside every part we know.
    in_letter = "\n".join([*page.freestanding, letter or ""])
    in_text = [
        *deadlines_in_text(lead or "", FoundIn.LEAD, published_on),
        *deadlines_in_text(in_letter, FoundIn.LETTER, published_on),
    ]
    for deadline in _before(published_on, in_text):
        page.notes.append(f"Frist før publisering, regnes ikke med: «{deadline.quote[:120]}».")
        in_text.remove(deadline)
    return without_repetitions([*_deadline_fields(page, published_on), *in_text])


def _deadline_fields(page: Markup, published_on: date | None) -> list[Deadline]:
    deadlines = []
    for label, value in page.fields:
        if label.casefold() in DEADLINE_LABELS:
            found = deadlines_in_field(label, value)
            if value and len(found) != 1:
                page.notes.append(f"Uventet høringsfrist: «{value[:80]}».")
            deadlines += found[:1]
        elif label.casefold() not in KNOWN_LABELS:
            page.notes.append(f"Ukjent felt: «{label[:40]}: {value[:80]}».")
    for deadline in _before(published_on, deadlines):
        page.notes.append(f"Fristen er før publisering: «{deadline.quote[:120]}».")
    return deadlines


def _before(published_on: date | None, deadlines: list[Deadline]) -> list[Deadline]:
    return [d for d in deadlines if published_on and local_day(d.at) < published_on]


def _letter(page: Markup) -> str | None:
    box = page.sections.get(LETTER)
    reference = page.by_class.get("horing-ref", ())
    lines = page.freestanding if box is None else lines_of(box, reference)
    return "\n".join(without_signatories(lines)) or None


def _documents(page: Markup) -> tuple[Document, ...]:
    """Read the papers, and those of the site's own files that the letter links to."""
    papers = page.sections.get(PAPERS)
    letter = page.sections.get(LETTER)
    links = [] if papers is None else list(papers.iter("a"))
    if letter is not None:
        links += [a for a in letter.iter("a") if "/contentassets/" in a.get("href", "")]
    documents: dict[str, Document] = {}
    for link in links:
        href = link.get("href", "")
        url = absolute(href)
        if url is None:
            page.notes.append(f"Lenke som ikke er en nettadresse: «{href[:80]}».")
        else:
            title = text_of(link) or link.get("title", "") or url.rpartition("/")[2]
            documents.setdefault(url, Document(title=title, url=url))
    return tuple(documents.values())


def _consultees(page: Markup) -> tuple[str, ...]:
    box = page.sections.get(CONSULTEES)
    lines = () if box is None else lines_of(box)
    return tuple(dict.fromkeys(_BULLET.sub("", line) for line in lines))


def _topics(page: Markup) -> tuple[str, ...]:
    on_page = [
        text_of(li) for topics in page.by_class.get("topiclist", []) for li in topics.iter("li")
    ]
    return tuple(dict.fromkeys(t for t in (on_page or page.metas.get("DC.Subject", [])) if t))


def _submit_url(page: Markup) -> str | None:
    links = [
        a.get("href", "") for box in page.by_class.get("horing-cta", []) for a in box.iter("a")
    ]
    addresses = [url for url in map(absolute, links) if url]
    if len(addresses) != len(links) or len(addresses) > 1:
        page.notes.append(f"Uventede lenker for å svare: {', '.join(links)[:120]}.")
    return addresses[0] if addresses else None


def _changed_at(page: Markup) -> datetime | None:
    stated = page.meta("last-modified")
    if stated is None:
        return None
    try:
        changed = parsedate_to_datetime(stated)
        return (changed if changed.tzinfo else changed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        page.notes.append(f"Uleselig last-modified: «{stated[:40]}».")
        return None
