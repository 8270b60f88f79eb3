"""The command that runs the log through the steps again, and says what came of it."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta

import click

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.cli.root import Failure
from consultations.domain.calendar import from_local
from consultations.domain.errors import ConfigError
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store import rebuilding
from consultations.store.checksums import Checksum, checksums, rules_used
from consultations.store.database import Database, DatabaseUnavailable, reason_of
from streams.kafka_log import KafkaLog
from streams.log import BusLog, Log
from streams.replay import Replay
from streams.step import Step, StepStopped

STEPS = (INTAKE, ROUTING, TRACKING)
DIGITS = 16
"""How much of a checksum is shown."""


@click.command()
@click.option("--from", "since", help="Dato eller tidspunkt å begynne ved; ellers fra starten.")
@click.option("--to", "until", help="Siste dato, eller tidspunktet å slutte før; ellers alt.")
@click.option(
    "--step", help="Bare ett steg: intake, routing eller tracking. Med --into til og med det."
)
@click.option("--into", metavar="DATABASE_URL", help="Bygg opp på nytt i denne, som må være tom.")
@click.option("--yes", is_flag=True, help="Ikke spør før loggen kjøres om igjen.")
def replay(
    since: str | None, until: str | None, step: str | None, into: str | None, *, yes: bool
) -> None:
    """Kjør loggen gjennom stegene på nytt, og vis en kontrollsum for hver tabell."""
    begin, end = _span(since, until)
    tracker = bootstrap.tracker()
    steps = _chosen(tracker.steps(), step, up_to=into is not None)
    with closing(tracker.database), opened_log(tracker) as log:
        if into is None:
            _replay_in_place(Replay(log, tracker.database, steps, tracker.clock, begin, end), yes)
            _say_old_rules(tracker, "De blir stående som de er.")
            _show(_taken(tracker.database))
            return
        with closing(rebuilding.open_empty(into)) as target:
            again = Replay(log, target, steps, tracker.clock, begin, end)
            _run(again, again.rebuild)
            is_whole = not (since or until or step or again.lost())
            _say_old_rules(
                tracker, "De gjenoppbygde følger reglene i dag, så fordelingen kan bli en annen."
            )
            is_equal = _show(_taken(target), _live(tracker))
    if is_whole and not is_equal:
        sys.exit(1)


@contextmanager
def opened_log(tracker: Tracker) -> Iterator[Log]:
    """Open the log of the engine that the settings choose."""
    if tracker.settings.kafka_servers is None:
        yield BusLog(tracker.database)
        return
    with closing(KafkaLog(tracker.settings.kafka_servers)) as log:
        yield log


def _span(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    begin = _moment("--from", since) if since else None
    end = _moment("--to", until, whole_day=True) if until else None
    if begin and end and begin >= end:
        raise ConfigError("--from må være før --to. Bytt dem om, eller utelat en av dem.")
    return begin, end


def _moment(option: str, text: str, *, whole_day: bool = False) -> datetime:
    """Read a date or an instant as UTC; of a date its beginning, or its end as a ``whole_day``."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = from_local(moment + timedelta(days=whole_day and _is_date(text)))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise ConfigError(
            f"«{text}» i {option} er verken en dato eller et tidspunkt. "
            "Skriv for eksempel 2026-10-16 eller 2026-10-16T09:00."
        ) from problem


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _chosen(steps: Sequence[Step], name: str | None, *, up_to: bool) -> Sequence[Step]:
    """Pick a step by name, and the ones before it where there is nothing yet to stand on."""
    if name is None:
        return steps
    if name not in STEPS:
        raise ConfigError(f"Ukjent steg «{name}», ventet en av: {', '.join(STEPS)}")
    last = STEPS.index(name)
    return steps[: last + 1] if up_to else steps[last : last + 1]


def _replay_in_place(again: Replay, yes: bool) -> None:
    """Replay into the database in use. An empty one has lost its state, and is built anew."""
    if not yes:
        _ask(again)
    is_lost = rebuilding.is_empty(again.database)
    _run(again, again.rebuild if is_lost else again.in_place)


def _ask(again: Replay) -> None:
    question = (
        f"Kjøre {_number(again.count())} meldinger gjennom stegene på nytt i databasen som er i "
        "bruk? Det som står der, blir stående. Ja eller nei"
    )
    try:
        answer = click.prompt(question, default="nei")
    except click.Abort as problem:
        raise Failure("Ingen svarte. Skriv --yes for å kjøre uten spørsmål.") from problem
    if answer.strip().lower() not in {"ja", "j"}:
        raise Failure("Ingenting er kjørt.")


def _run(again: Replay, work: Callable[[Callable[[int], None]], None]) -> None:
    if lost := again.lost():
        click.echo(
            f"Loggen er ikke hel: {_number(lost)} meldinger er tatt bort fra begynnelsen av den, "
            "så det som bygges opp, blir ikke helt. Se lagringstiden i Kafka.",
            err=True,
        )
    begun = time.monotonic()
    try:
        done = _with_progress(again.count(), work)
    except StepStopped as problem:
        raise Failure(f"{problem}. Finn årsaken i loggen fra programmet, og prøv igjen.") from None
    seconds = time.monotonic() - begun
    rate = f"{_number(round(done / seconds))} i sekundet" if seconds else ""
    click.echo(f"Kjørte {_number(done)} meldinger gjennom på {seconds:.1f} s ({rate}).")


def _with_progress(total: int, work: Callable[[Callable[[int], None]], None]) -> int:
    """Show how far the work has come, how fast it goes and the time left. Returns how many."""
    begun = time.monotonic()
    hidden = not sys.stdout.isatty()
    with click.progressbar(
        length=max(total, 1),
        label="Loggen",
        show_pos=True,
        hidden=hidden,
        item_show_func=lambda rate: rate,
    ) as bar:

        def on_progress(more: int) -> None:
            rate = (bar.pos + more) / max(time.monotonic() - begun, 0.001)
            bar.update(more, f"{_number(round(rate))}/s")

        work(on_progress)
        return bar.pos


def _taken(database: Database) -> list[Checksum]:
    with database.reading() as session:
        return checksums(session)


def _live(tracker: Tracker) -> list[Checksum] | None:
    try:
        return _taken(tracker.database)
    except DatabaseUnavailable as problem:
        click.echo(
            f"Databasen i bruk svarer ikke, så ingenting sammenlignes ({reason_of(problem)})."
        )
        return None


def _show(rows: Sequence[Checksum], live: Sequence[Checksum] | None = None) -> bool:
    """Print a line for each table. Returns False when any differs from the live one."""
    beside = {one.table: one for one in live or rows}
    click.echo(f"{'tabell':<22} {'rader':>12}  kontrollsum")
    for one in rows:
        verdict = ("lik" if one == beside[one.table] else "ulik") if live else ""
        line = f"{one.table:<22} {_number(one.rows):>12}  {one.digest[:DIGITS]}  {verdict}"
        click.echo(line.rstrip())
    is_equal = list(rows) == list(beside.values())
    if not is_equal:
        click.echo(
            "Noe er ulikt databasen i bruk. Det er ventet når bare en del av loggen er kjørt, når "
            "noe er kommet til siden loggen ble åpnet, når et steg henger etter, eller når regler "
            "eller lesing er endret. Ellers: stans tjenesten, og prøv igjen."
        )
    return is_equal


def _say_old_rules(tracker: Tracker, consequence: str) -> None:
    try:
        with tracker.database.reading() as session:
            used = rules_used(session)
    except DatabaseUnavailable:
        return
    older = sum(count for made_by, count in used.items() if made_by != tracker.rules.hash)
    if older:
        click.echo(
            f"{_number(older)} fordelinger i databasen i bruk er gjort etter andre regler enn "
            f"dagens. {consequence}"
        )


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")
