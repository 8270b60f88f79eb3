"""The commands about the working calendar: what it says, and meetings read from a calendar file."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path

import click

from consultations import calendar_file, calendar_lines
from consultations.bootstrap import calendar as installed
from consultations.calendar_lines import Changes
from consultations.domain.calendar import format_day
from consultations.domain.errors import NotFound
from consultations.domain.response.work_calendar import WorkCalendar
from consultations.feeds.calendar_import import ReadCalendar, read_meetings

_YEARS_AHEAD = 3
"""Meetings are read from the beginning of this year to the end of this one and so many more."""

_MOST_LINES = 20
"""Lines of what could not be read; the rest are counted."""

_SATURDAY = 5


@click.group()
def calendar() -> None:
    """Virkedager, ferier og møter som planene regnes ut fra."""


@calendar.command()
@click.option("--body", help="Bare møtene i ett organ, for eksempel hovedstyret.")
def show(body: str | None) -> None:
    """Vis fridager, ferier og møter fra i dag og ut neste år."""
    written = installed.written().content
    if body:
        _refuse_unknown(body, written.bodies)
    first = installed.today()
    days = calendar_file.work_calendar(written)
    for line in _shown(days, body, first, date(first.year + 1, 12, 31)):
        click.echo(line)


@calendar.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--body", required=True, help="Organet som møtes, for eksempel hovedstyret.")
@click.option("--dry-run", is_flag=True, help="Vis bare hva som ville blitt endret.")
def import_(file: Path, body: str, dry_run: bool) -> None:
    """Les møtene i et organ fra en iCalendar-fil (.ics), og skriv dem i config/calendar.yaml.

    Møter utenfor tiden filen dekker, blir stående. Resten av calendar.yaml blir ikke rørt.
    """
    written = installed.written()
    _refuse_unknown(body, written.content.bodies)
    year = installed.today().year
    found = read_meetings(file.read_bytes(), date(year, 1, 1), date(year + _YEARS_AHEAD, 12, 31))
    known = [one.day for one in written.content.bodies[body].meetings]
    changes = Changes.between(known, found.days, complete=not found.problems)
    for line in (*_read(found), *_changed(changes, found)):
        click.echo(line)
    if dry_run or not (changes.new or changes.gone):
        click.echo("Ingenting er skrevet.")
        return
    text = calendar_lines.rewritten(written, written.path.read_text("utf-8-sig"), body, changes)
    wanted = ({*known} | {*changes.new}) - {*changes.gone}
    installed.install(written.path, text, body, wanted)
    click.echo(f"Skrevet i {written.path}. Planene legges på nytt ved neste start.")


def _refuse_unknown(body: str, bodies: Collection[str]) -> None:
    if body not in bodies:
        raise NotFound(
            f"Ukjent organ «{body[:80]}», ventet et av: {', '.join(bodies)}. Nye organer settes "
            "inn i config/calendar.yaml."
        )


def _shown(days: WorkCalendar, body: str | None, first: date, last: date) -> Iterator[str]:
    if body is None:
        free = (day for day in days.closed if day.weekday() < _SATURDAY)
        yield from _listed("Fridager utenom lørdager og søndager", free, first, last)
        yield from _listed("Halve dager", days.half, first, last)
        yield "Ferier:"
        for period in days.periods:
            if period.last >= first and period.first <= last:
                yield f"  {format_day(period.first)} – {format_day(period.last)} ({period.name})"
    for id_, one in days.bodies.items():
        if body in {None, id_}:
            meetings = (meeting.on for meeting in one.meetings)
            yield from _listed(f"{one.name} ({id_})", meetings, first, last)


def _listed(title: str, days: Iterable[date], first: date, last: date) -> Iterator[str]:
    yield f"{title}:"
    found = [day for day in sorted(days) if first <= day <= last]
    yield from (f"  {format_day(day)}" for day in found)
    if not found:
        yield "  ingen"


def _read(found: ReadCalendar) -> Iterator[str]:
    yield f"Lest {found.events} {'hendelse' if found.events == 1 else 'hendelser'}."
    if found.cancelled:
        yield f"  {found.cancelled} er avlyst og ikke tatt med."
    if found.outside:
        yield f"  {found.outside} har ingen dag i årene vi leser, og er ikke tatt med."
    for problem in found.problems[:_MOST_LINES]:
        yield f"  Kunne ikke leses: {problem}"
    more = len(found.problems) - _MOST_LINES
    if more > 0:
        yield f"  … og {more} til."
    if found.problems:
        yield "  Fordi noe ikke kunne leses, strykes ingen møter."


def _changed(changes: Changes, found: ReadCalendar) -> Iterator[str]:
    for day in changes.new:
        yield f"+ {format_day(day)}  {found.days[day]}".rstrip()
    for day in changes.gone:
        yield f"- {format_day(day)}  står ikke i filen"
    if changes.same:
        count = len(changes.same)
        yield f"{count} {'møte' if count == 1 else 'møter'} står der fra før."
