"""The commands about sources and what they answer: fetch now, read one answer."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.domain.errors import ConfigError
from consultations.handlers.polling import PollReport


@click.command()
@click.argument("source", required=False)
@click.option("--once", is_flag=True, required=True, help="Hent én gang, nå.")
def poll(source: str | None, once: bool) -> None:  # noqa: ARG001 - asked for to be explicit
    """Hent fra kildene nå, og vis hva det ga."""
    tracker = bootstrap.tracker()
    if source and source not in tracker.sources:
        raise ConfigError(f"Ukjent kilde «{source}», ventet en av: {', '.join(tracker.sources)}")
    reports = [_poll(tracker, name) for name in ([source] if source else tracker.sources)]
    tracker.engine.drain()
    if any(report.problem for report in reports):
        sys.exit(1)


def _poll(tracker: Tracker, source: str) -> PollReport:
    with click.progressbar(length=1, label=tracker.sources[source].title, show_pos=True) as bar:

        def on_progress(done: int, total: int | None) -> None:
            bar.length = max(total or 0, done, 1)
            bar.update(done - bar.pos)

        report = tracker.poll(source, on_progress)
    counts = report.counts
    click.echo(
        f"{source}: hentet {counts.fetched}, nye {counts.new}, endret {counts.changed}, "
        f"uendret {counts.unchanged}, uleselige {counts.unreadable}"
    )
    if report.problem:
        click.echo(f"{source}: {report.problem}", err=True)
    return report


@click.command()
@click.argument("source")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", required=True, help="Adressen svaret ble hentet fra.")
def parse(source: str, file: Path, url: str) -> None:
    """Les ett lagret svar og skriv ut det som står der, som JSON."""
    readers = bootstrap.readers()
    if source not in readers:
        raise ConfigError(f"Ukjent kilde «{source}», ventet en av: {', '.join(readers)}")
    reader = readers[source]
    media_type = "text/html" if file.suffix in {".html", ".htm"} else "application/xml"
    fetched_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    for record in reader.split(url, media_type, file.read_bytes(), fetched_at):
        click.echo(reader.parse(record).model_dump_json(indent=2))
