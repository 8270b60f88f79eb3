"""How each source is doing, in words; and which ones we may be blind for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consultations.handlers.coverage import Sight, blindness, sight
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store.tables import SourceRow
from consultations.web import wording
from consultations.web.site import Site
from consultations.web.wording import When

_TONES = {
    Sight.NEVER: "warning",
    Sight.STOPPED: "danger",
    Sight.FAILING: "danger",
    Sight.SILENT: "warning",
    Sight.SEEN: "good",
}

STEP_NAMES = {INTAKE: "Mottak", ROUTING: "Fordeling", TRACKING: "Oppfølging"}


@dataclass(frozen=True)
class Count:
    words: str
    number: str


@dataclass(frozen=True)
class SourceCard:
    """One source. ``tone`` chooses the look of ``state``; the words carry the meaning."""

    id: str
    name: str
    state: str
    tone: str
    blind: str | None
    started: When | None
    success: When | None
    error: When | None
    error_text: str | None
    counts: tuple[Count, ...]


@dataclass(frozen=True)
class Waiting:
    """How many messages wait for a step."""

    step: str
    count: str


def waiting_for(backlog: Mapping[str, int]) -> tuple[Waiting, ...]:
    """Return what waits for each step, in the order a record meets them."""
    return tuple(
        Waiting(name, wording.number(backlog[step]))
        for step, name in STEP_NAMES.items()
        if step in backlog
    )


def source_cards(site: Site, rows: Sequence[SourceRow]) -> tuple[SourceCard, ...]:
    """Return every source that is set up or has been polled, by name."""
    by_id = {row.source: row for row in rows}
    ids = sorted({*site.source_titles, *by_id}, key=lambda id_: site.source(id_).lower())
    return tuple(_card(site, by_id.get(id_) or SourceRow(source=id_)) for id_ in ids)


def _card(site: Site, row: SourceRow) -> SourceCard:
    """Describe a source; one that was never polled has nothing but its id."""
    name = site.source(row.source)
    seen = sight(row, site.now)
    return SourceCard(
        id=row.source,
        name=name,
        state=seen.value,
        tone=_TONES[seen],
        blind=blindness(name, row, site.now, lambda at: wording.instant(at).text),
        started=_when(row.last_started_at),
        success=_when(row.last_success_at),
        error=_when(row.last_error_at),
        error_text=row.last_error,
        counts=_counts(row) if row.last_started_at else (),
    )


def _when(at: datetime | None) -> When | None:
    return wording.instant(at) if at else None


def _counts(row: SourceRow) -> tuple[Count, ...]:
    named = {
        "hentet": row.fetched,
        "nye": row.new,
        "endret": row.changed,
        "uendret": row.unchanged,
        "uleselige": row.unreadable,
    }
    return tuple(Count(words, wording.number(count)) for words, count in named.items())
