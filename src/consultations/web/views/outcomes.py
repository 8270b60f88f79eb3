"""What KS answered and asked for, and what came of it: numbers, each with a small bar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consultations.domain.response.acts import Verdict
from consultations.store.outcomes import NOWHERE, By, Counts, Figure
from consultations.web import wording
from consultations.web.site import Site

MOST_ROWS = 50
"""Rows of one table; what is left out has the fewest matters, and is in the CSV file."""

_HEADINGS = {
    By.HEADING: ("KS' prioriteringer", "Overskrift"),
    By.GOAL: ("KS' mål for perioden", "Mål"),
    By.MINISTRY: ("Avsendere", "Avsender"),
    By.SECTION: ("Seksjoner i KS", "Seksjon"),
}
_NOWHERE = {
    By.HEADING: "Ikke knyttet til noen overskrift",
    By.GOAL: "Ikke knyttet til noe mål",
    By.MINISTRY: "Avsender ikke oppgitt",
    By.SECTION: "Ingen seksjon",
}
_BAR_WIDTH = 100


@dataclass(frozen=True)
class Segment:
    """A part of a bar, in hundredths of it from the left. ``kind`` is a verdict."""

    kind: str
    start: float
    width: float


@dataclass(frozen=True)
class OutcomeLine:
    """One row: counts in words, and the bar that repeats how the demands were met."""

    name: str
    counts: Counts
    share: str
    bar: tuple[Segment, ...]


@dataclass(frozen=True)
class OutcomeTable:
    """``first`` heads the column of names."""

    heading: str
    first: str
    lines: tuple[OutcomeLine, ...]
    left_out: str | None


@dataclass(frozen=True)
class YearLink:
    words: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class Outcomes:
    years: tuple[YearLink, ...]
    by_year: OutcomeTable
    tables: tuple[OutcomeTable, ...]
    any: bool


def years_of(figures: Iterable[Figure]) -> tuple[int, ...]:
    """Return the years there are figures for, the newest first."""
    found = {one.year for one in figures if one.year is not None}
    return tuple(sorted(found, reverse=True))


def outcomes(site: Site, figures: Sequence[Figure], year: int | None) -> Outcomes:
    """Return the tables of one year, or of all years, with the years beside each other on top."""
    every = [one for one in figures if one.by is By.ALL]
    years = [_line(str(one.year or "Alle år"), one.counts) for one in every]
    return Outcomes(
        years=tuple(_year_links(years_of(figures), year)),
        by_year=OutcomeTable("År for år", "År", tuple(years), None),
        tables=tuple(_table(site, figures, by, year) for by in _HEADINGS),
        any=bool(every),
    )


def _year_links(years: Iterable[int], chosen: int | None) -> Iterable[YearLink]:
    yield YearLink("Alle år", "/gjennomslag", chosen is None)
    for year in years:
        yield YearLink(str(year), f"/gjennomslag?ar={year}", year == chosen)


def _table(site: Site, figures: Sequence[Figure], by: By, year: int | None) -> OutcomeTable:
    found = [one for one in figures if one.by is by and one.year == year]
    ranked = sorted(found, key=lambda one: (one.id == NOWHERE, -one.counts.consultations))
    left_out = len(ranked) - MOST_ROWS
    heading, first = _HEADINGS[by]
    return OutcomeTable(
        heading=f"{heading}, {year}" if year else f"{heading}, alle år",
        first=first,
        lines=tuple(_line(_name(site, one), one.counts) for one in ranked[:MOST_ROWS]),
        left_out=f"{wording.number(left_out)} til med færre saker står i CSV-filen."
        if left_out > 0
        else None,
    )


def _name(site: Site, figure: Figure) -> str:
    if figure.id == NOWHERE:
        return _NOWHERE[figure.by]
    return wording.one_line(site.names.get(figure.id, figure.id))


def _line(name: str, counts: Counts) -> OutcomeLine:
    return OutcomeLine(name, counts, counts.share_in_words, tuple(_bar(counts)))


def _bar(counts: Counts) -> Iterable[Segment]:
    """Cut a bar in proportion to the verdicts; no bar where nothing is judged."""
    parts = {
        Verdict.FOLLOWED: counts.followed,
        Verdict.PARTLY: counts.partly,
        Verdict.NOT_FOLLOWED: counts.not_followed,
        Verdict.NOT_MENTIONED: counts.not_mentioned,
    }
    start = 0.0
    for verdict, count in parts.items():
        width = _BAR_WIDTH * count / counts.judged if counts.judged else 0
        if width:
            yield Segment(verdict, round(start, 2), round(width, 2))
        start += width
