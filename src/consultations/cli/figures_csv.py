"""The command that shows how it went with our responses, and writes it for a spreadsheet."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import click

from consultations import bootstrap
from consultations.domain.errors import InvalidRecord
from consultations.feeds import figures as tables
from consultations.store import outcomes
from consultations.store.outcomes import Counts, Figure


@click.command()
@click.option(
    "--csv", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FIL",
    help="Skriv tabellen til en fil som regneark åpner.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON-linjer.")
def figures(file: Path | None, as_json: bool) -> None:
    """Vis svar, krav og gjennomslag per overskrift, mål, avsender, seksjon og år."""
    if file and as_json:
        raise InvalidRecord("Velg enten --csv eller --json, ikke begge.")
    tracker = bootstrap.tracker()
    names = {**tracker.section_names, **tracker.office.priorities.names}
    with tracker.database.reading() as session:
        found = outcomes.figures(session, tracker.rules.life.current)
    if file:
        _write(file, tables.as_csv(found, names))
        click.echo(f"Skrev {len(found)} linjer i {file}.")
    elif as_json and found:
        click.echo(tables.as_json(found, names))
    elif not as_json:
        for line in _in_lines(found, names):
            click.echo(line)


def _write(file: Path, table: bytes) -> None:
    try:
        file.write_bytes(table)
    except OSError as problem:
        raise InvalidRecord(
            f"Kan ikke skrive {file} ({problem.strerror}). Velg en annen fil."
        ) from problem


def _in_lines(found: Sequence[Figure], names: dict[str, str]) -> Iterator[str]:
    if not found:
        yield "Ingen saker har krevd en avgjørelse ennå."
    for by, of_kind in groupby(found, key=lambda figure: figure.by):
        yield f"Per {tables.BY_WORDS[by]}" if by is not outcomes.By.ALL else "I alt"
        for figure in of_kind:
            year = figure.year or "alle år"
            yield f"  {tables.name_of(figure, names)}, {year}: {_said(figure.counts)}"


def _said(one: Counts) -> str:
    late = f", {one.sent_late} sendt etter fristen" if one.sent_late else ""
    return (
        f"{one.consultations} saker, {one.answered} besvart{late}, {one.not_answered} ikke "
        f"besvart; {one.demands} krav, fulgt helt eller delvis: {one.share_in_words}"
    )
