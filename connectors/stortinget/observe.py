"""Turns one stored record, a hearing with its cases, into an ``Observation``."""

from connectors.stortinget.case import read_case
from connectors.stortinget.envelope import unwrap
from connectors.stortinget.hearing import NamedCase, read_hearing
from consultations.domain.errors import InvalidRecord
from consultations.domain.observation import Document, Kind, Observation, StortingCase
from consultations.domain.source_record import SourceRecord


def observe(record: SourceRecord) -> Observation:
    """Read a record. Raises ``InvalidRecord``; what is merely unknown becomes a note."""
    horing, detailed = unwrap(record.body)
    hearing = read_hearing(horing)
    if hearing.id != record.external_id:
        raise InvalidRecord(f"Post {record.external_id} inneholder høring {hearing.id}.")
    looked_up = [read_case(element) for element in detailed]
    by_id = {case.id: case for case, _ in looked_up}
    cases = _unique([_joined(named, by_id.get(named.id)) for named in hearing.cases])
    documents, odd_addresses = _documents(hearing.cases)
    notes = [*hearing.notes, *(n for _, found in looked_up for n in found), *odd_addresses]
    return Observation(
        source=record.source,
        external_id=hearing.id,
        observed_at=record.fetched_at,
        kind=Kind.COMMITTEE_HEARING,
        url=record.url,
        title=title_of(cases, hearing.committee),
        senders=(hearing.committee,) if hearing.committee else (),
        published_on=hearing.published_on,
        status=hearing.status,
        status_text=hearing.status_text,
        deadlines=hearing.deadlines,
        meetings=hearing.meetings,
        in_writing_only=hearing.in_writing_only,
        reference="; ".join(dict.fromkeys(c.reference for c in cases if c.reference)) or None,
        documents=documents,
        topics=tuple(dict.fromkeys(topic for case in cases for topic in case.topics)),
        cases=cases,
        notes=tuple(dict.fromkeys(notes)),
    )


def title_of(cases: tuple[StortingCase, ...], committee: str | None) -> str:
    """Name the cases, or else the committee: a hearing has no title of its own."""
    titles = dict.fromkeys(case.short_title or case.title for case in cases)
    if titles:
        return "; ".join(titles)
    where = committee or "Stortinget"
    return f"Høring i {where[0].lower() + where[1:] if committee else where}"


def _joined(named: NamedCase, case: StortingCase | None) -> StortingCase:
    """Take what the hearing says of its case, filled in from the case itself.

    The hearing's own words go first, so that a case fetched later does not change the title.
    """
    title = named.title or (case.title if case else None)
    short = named.short_title or (case.short_title if case else None)
    return StortingCase(
        id=named.id,
        title=title or short or named.reference or named.label,
        short_title=short,
        reference=named.reference or (case.reference if case else None),
        topics=case.topics if case else (),
    )


def _unique(cases: list[StortingCase]) -> tuple[StortingCase, ...]:
    return tuple({case.id or case.title: case for case in cases}.values())


def _documents(cases: tuple[NamedCase, ...]) -> tuple[tuple[Document, ...], list[str]]:
    documents, notes = [], []
    for case in cases:
        if case.publication and case.publication.startswith(("https://", "http://")):
            name = case.reference or case.short_title or case.label
            documents.append(Document(title=name, url=case.publication))
        elif case.publication:
            notes.append(f"Ukjent verdi: sak_publikasjon er «{case.publication[:60]}»")
    return tuple(dict.fromkeys(documents)), notes
