"""The commands about the weekly mail: what it will say, and how the last ones went."""

from datetime import datetime
from pathlib import Path

import click

from consultations import bootstrap
from consultations.bootstrap import digests as bootstrap_digests
from consultations.digest import picture
from consultations.digest.composing import Composer, Letter
from consultations.domain.calendar import format_instant
from consultations.domain.errors import NotFound
from consultations.domain.readers import Sending
from consultations.store import digests
from consultations.store.database import Session
from consultations.store.digests import DigestLine, DigestState

STATE_WORDS = {
    DigestState.PENDING: "venter",
    DigestState.SENDING: "sendes",
    DigestState.SENT: "sendt",
    DigestState.REFUSED: "avvist",
    DigestState.SILENT: "ingenting å sende",
    DigestState.DROPPED: "ikke sendt",
}
FOLDER = Path("var/ukesoversikt")
PICTURES = {"light": "", "dark": "-mork"}


@click.group()
def digest() -> None:
    """Ukesoversikten på e-post."""


@digest.command()
@click.option("--reader", help="Bare denne leseren, med id-en fra config/readers.yaml.")
@click.option("--week", help="Uken den sendes, skrevet 2026-W28; uten: den neste som sendes.")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER,
    show_default=True, help="Mappen den legges i.",
)  # fmt: skip
def preview(reader: str | None, week: str | None, folder: Path) -> None:
    """Skriv ukesoversikten til filer, slik den ser ut nå. Ingenting sendes.

    Tekst, HTML og hele e-posten (.eml), og bilder i lyst og mørkt der det finnes en nettleser.
    """
    tracker = bootstrap.tracker()
    composer = bootstrap_digests.composer(tracker)
    chosen, now = _readers(composer, reader), tracker.clock()
    readers = composer.readers
    sending = readers.of_week(week) if week else readers.next_sending(now)
    with tracker.database.reading() as session:
        letters = {id_: _letter(composer, session, sending, id_, now) for id_ in chosen}
    folder.mkdir(parents=True, exist_ok=True)
    program = picture.browser()
    for id_, letter in letters.items():
        _write(folder / f"{sending.week}-{id_}", id_, letter, program)
    if program is None:
        click.echo(
            f"Ingen bilder: fant ingen nettleser ({', '.join(picture.BROWSERS)}). "
            "Åpne .html-filene i nettleseren i stedet."
        )


@digest.command()
@click.option("--week", help="Uken den ble sendt, skrevet 2026-W28; uten: den siste.")
def status(week: str | None) -> None:
    """Vis hvordan det gikk med ukesoversikten: hvem som har fått den, og hvem som ikke har."""
    tracker = bootstrap.tracker()
    if week:
        week = bootstrap_digests.composer(tracker).readers.of_week(week).week
    with tracker.database.reading() as session:
        lines = digests.lines(session, week)
    if not lines:
        click.echo(f"Ingen ukesoversikt er laget{f' for {week}' if week else ' ennå'}.")
        return
    counted = (f"{STATE_WORDS[state]} {count}" for state, count in digests.tally(lines).items())
    click.echo(f"{lines[0].week}: {', '.join(counted)}")
    for line in lines:
        click.echo(_in_words(line))


def _readers(composer: Composer, reader: str | None) -> list[str]:
    known = list(composer.readers.readers)
    if reader is None:
        return known
    if reader not in known:
        raise NotFound(f"Ukjent leser «{reader}», ventet en av: {', '.join(known)}")
    return [reader]


def _letter(
    composer: Composer, session: Session, sending: Sending, id_: str, now: datetime
) -> Letter | None:
    """Write the mail as the sending would: from where the last one before it ended."""
    covered = digests.covered(session, before=sending.at).get(id_)
    week = composer.gather(session, sending, covered, min(now, sending.at))
    return composer.letter(sending, id_, week, None)


def _write(path: Path, id_: str, letter: Letter | None, program: str | None) -> None:
    if letter is None:
        click.echo(f"{id_}: ingenting å sende, og leseren vil da ikke ha noe.")
        return
    parts = {"txt": letter.text.encode(), "html": letter.html.encode(), "eml": letter.mail}
    written = [path.with_name(f"{path.name}.{ending}") for ending in parts]
    for file, content in zip(written, parts.values(), strict=True):
        file.write_bytes(content)
    if program:
        written += _pictures(program, letter.html, path)
    click.echo(f"{id_}: {', '.join(map(str, written))} ({len(letter.mail) / 1000:.0f} kB)")


def _pictures(program: str, html: str, path: Path) -> list[Path]:
    wanted = {
        scheme: path.with_name(f"{path.name}{ending}.png") for scheme, ending in PICTURES.items()
    }
    taken = [
        png for scheme, png in wanted.items() if picture.take(program, html, png, scheme=scheme)
    ]
    if len(taken) < len(wanted):
        click.echo(f"{program} laget ikke alle bildene. Åpne .html-filen selv.", err=True)
    return taken


def _in_words(line: DigestLine) -> str:
    said = f"{line.reader}: {STATE_WORDS[line.state]}"
    if line.sent_at:
        said += f" {format_instant(line.sent_at)}"
    if line.attempts > 1:
        said += f", {line.attempts} forsøk"
    if line.uncertain:
        said += ", kan være kommet fram to ganger"
    return f"{said}. {line.reason}" if line.reason else said
