"""The command line. Thin: reads arguments, calls one thing, says how it went in Norwegian."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.domain.calendar import format_day, format_instant, local_day
from consultations.domain.errors import (
    ConfigError,
    FetchRefused,
    InvalidRecord,
    NotFound,
    SourceChanged,
)
from consultations.handlers import dead_letters
from consultations.handlers.polling import PollReport
from consultations.process import LOOPBACK
from consultations.routing import route_lines, selftest
from consultations.store import ledger
from consultations.store.database import DatabaseUnavailable
from consultations.store.dead_letters import LetterState, listed
from consultations.store.tables import DeadLetterRow

DEMO = {
    "database_url": "sqlite:///var/demo.db",
    "recorded_answers": Path("demo/answers"),
    "clock_starts_at": datetime(2026, 7, 4, 8, 42, tzinfo=UTC),
}
"""The demo stands on the day the listing of regjeringen.no was recorded."""

INVENTED = (
    "To nyheter er oppdiktet: fristen for lakseoppdrett som flyttes, og høringen som avlyses."
)


class Failure(click.ClickException):
    """An error a person can act on, without a traceback."""

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        click.echo(f"Feil: {self.message}", err=True)


class Misuse(Failure):
    """A command that was typed in a way it cannot be."""

    exit_code = click.UsageError.exit_code


def _misuse(wrong: click.UsageError) -> Misuse:
    command = wrong.ctx.command_path if wrong.ctx else "consultations"
    return Misuse(f"{_what_is_wrong(wrong)} Skriv «{command} --help» for å se hva den tar.")


def _what_is_wrong(wrong: click.UsageError) -> str:
    match wrong:
        case click.MissingParameter(param=click.Parameter() as missing):
            return f"{_typed(missing)} mangler."
        case click.NoSuchOption():
            return f"Valget {wrong.option_name} finnes ikke."
        case click.BadParameter(param=click.Parameter() as given):
            return f"{_typed(given)} kan ikke brukes ({wrong.message.rstrip('.')})."
        case _:
            return f"Kommandoen ble ikke forstått ({wrong.message.rstrip('.')})."


def _typed(parameter: click.Parameter) -> str:
    """Return a parameter's name the way ``--help`` shows it."""
    is_option = isinstance(parameter, click.Option)
    return parameter.opts[0] if is_option else parameter.human_readable_name


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as wrong:
        raise _misuse(wrong) from wrong
    except DatabaseUnavailable as problem:
        raise Failure(
            f"Databasen svarer ikke ({problem.orig}). Sjekk CONSULTATIONS_DATABASE_URL, at mappen "
            "kan skrives i og har plass, og at ikke noe annet holder databasen. Prøv så igjen."
        ) from problem
    except (ConfigError, InvalidRecord, SourceChanged, FetchRefused, NotFound) as problem:
        raise Failure(str(problem)) from problem


class _Commands(click.Group):
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _told_plainly():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> object:
        with _told_plainly():
            return super().invoke(ctx)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Vis mer av det som skjer.")
def main(verbose: bool) -> None:
    """Høringer for KS: henter, fordeler, varsler."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


@main.command()
def serve() -> None:
    """Kjør hele tjenesten på denne maskinen."""
    bootstrap.tracker().serve(announce=lambda url: click.echo(f"Åpne {url}"))


@main.command()
@click.option("--port", default=8010, help="Porten nettsidene lytter på; 0 for en ledig.")
def demo(port: int) -> None:
    """Kjør tjenesten på lagrede svar fra kildene, med klokka stilt tilbake."""
    page_url = f"http://{LOOPBACK}:{port}" if port else None
    tracker = bootstrap.tracker(**DEMO, port=port, page_url=page_url)
    today = format_day(local_day(tracker.clock()))
    where = "til Slack" if tracker.settings.read_slack_token() else "her"
    click.echo(f"Demo på lagrede svar. Klokka er stilt til {today}. Varslene kommer {where}.")
    click.echo(INVENTED)
    tracker.serve(
        announce=lambda url: click.echo(f"Åpne {url} (stopp med Ctrl-C)\n"),
        notice=f"Demo på lagrede svar fra kildene. Klokka er stilt til {today}. {INVENTED}",
        rhythm=["* * * * *"],
    )


@main.command()
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


@main.command()
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


@main.command()
@click.option("--selftest", "test", is_flag=True, help="Prøv reglenes egne eksempler.")
def route(test: bool) -> None:
    """Les saker som JSON-linjer og skriv ut hvor de hører hjemme."""
    rules = bootstrap.rules()
    if not test:
        for line in route_lines(sys.stdin.buffer, rules):
            click.echo(line)
        return
    failures = selftest(rules)
    for failure in failures:
        click.echo(failure, err=True)
    if failures:
        raise ConfigError(f"{len(failures)} av reglenes eksempler stemmer ikke.")
    click.echo("Alle reglenes eksempler stemmer.")


@main.group("dead-letters")
def dead_letters_group() -> None:
    """Det som ikke kunne leses eller håndteres."""


@dead_letters_group.command("list")
@click.option(
    "--all", "everything", is_flag=True, help="Ta med dem som er sendt på nytt eller kastet."
)
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON-linjer.")
def list_letters(everything: bool, as_json: bool) -> None:
    """Vis de døde brevene."""
    tracker = bootstrap.tracker()
    with tracker.database.reading() as session:
        letters = listed(session, None if everything else LetterState.OPEN)
    for letter in letters:
        if as_json:
            click.echo(json.dumps(_letter_facts(letter), ensure_ascii=False))
        else:
            click.echo(f"{letter.id:>5}  {letter.step:<8}  {letter.place}: {letter.reason}")
    if not letters and not as_json:
        click.echo("Ingen døde brev.")


@dead_letters_group.command("show")
@click.argument("letter_id", type=int)
@click.option("--raw", is_flag=True, help="Skriv bare innholdet, byte for byte.")
def show_letter(letter_id: int, raw: bool) -> None:
    """Vis ett dødt brev med grunn og innhold."""
    letter = dead_letters.get(bootstrap.tracker().database, letter_id)
    if raw:
        click.get_binary_stream("stdout").write(letter.body)
        return
    for name, value in _letter_facts(letter).items():
        click.echo(f"{name}: {value}")
    click.echo(letter.body[:4000].decode("utf-8", errors="replace"))


def _letter_facts(letter: DeadLetterRow) -> dict[str, object]:
    return {
        "nummer": letter.id,
        "steg": letter.step,
        "kilde": letter.source,
        "sted": letter.place,
        "grunn": letter.reason,
        "ganger": letter.times,
        "først": format_instant(letter.first_at),
        "sist": format_instant(letter.last_at),
        "tilstand": letter.state,
        "byte": len(letter.body),
    }


@dead_letters_group.command("replay")
@click.argument("letter_ids", type=int, nargs=-1, required=True)
def replay_letters(letter_ids: tuple[int, ...]) -> None:
    """Send døde brev gjennom på nytt."""
    tracker = bootstrap.tracker()
    failed = False
    for letter_id in letter_ids:
        try:
            dead_letters.replay(
                tracker.database, letter_id, tracker.readers, tracker.engine.publish, tracker.resend
            )
        except (InvalidRecord, NotFound) as problem:
            failed = True
            click.echo(f"Feil: Brev nr. {letter_id} ble ikke sendt på nytt. {problem}", err=True)
        else:
            click.echo(f"Brev nr. {letter_id} er sendt på nytt.")
    tracker.engine.drain()
    if failed:
        sys.exit(1)


@dead_letters_group.command("discard")
@click.argument("letter_ids", type=int, nargs=-1, required=True)
def discard_letters(letter_ids: tuple[int, ...]) -> None:
    """Kast døde brev. De blir stående i listen over kastede."""
    tracker = bootstrap.tracker()
    for letter_id in letter_ids:
        dead_letters.discard(tracker.database, letter_id)
        click.echo(f"Brev nr. {letter_id} er kastet.")


@main.group()
def alerts() -> None:
    """Varsler som er sendt, venter eller står."""


@alerts.command("list")
def list_alerts() -> None:
    """Vis hvor mange varsler som er sendt og venter, og hvorfor noen står."""
    tracker = bootstrap.tracker()
    with tracker.database.reading() as session:
        tally, refused = ledger.tally(session), ledger.refused(session)
    for state, count in sorted(tally.items()):
        click.echo(f"{ALERT_STATES.get(state, state)}: {count}")
    for row in refused:
        click.echo(f"{row.key}: {row.reason}")
    if not tally:
        click.echo("Ingen varsler.")


ALERT_STATES = {"pending": "venter", "sending": "sendes", "sent": "sendt", "refused": "står"}


@alerts.command("retry")
def retry_alerts() -> None:
    """Prøv på nytt å sende varslene som står, når årsaken er rettet."""
    tracker = bootstrap.tracker()
    with tracker.database.transaction() as session:
        count = ledger.try_refused_again(session, tracker.clock())
    click.echo(f"{count} varsler er lagt i kø igjen.")
