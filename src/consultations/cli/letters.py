"""The commands about dead letters: list, show, send again, discard."""

import json
import sys
from collections.abc import Iterable

import click

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.domain.calendar import format_instant
from consultations.domain.errors import InvalidRecord, NotFound
from consultations.handlers import dead_letters
from consultations.store.dead_letters import LetterState, listed
from consultations.store.tables import DeadLetterRow


@click.group("dead-letters")
def letters() -> None:
    """Det som ikke kunne leses eller håndteres."""


@letters.command("list")
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


@letters.command("show")
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


@letters.command("replay")
@click.argument("letter_ids", type=int, nargs=-1, required=True)
def replay_letters(letter_ids: tuple[int, ...]) -> None:
    """Send døde brev gjennom på nytt."""
    send_again(bootstrap.tracker(), letter_ids)


def send_again(tracker: Tracker, letter_ids: Iterable[int]) -> None:
    """Send letters through again and say how each went. Exits with 1 when any could not be."""
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


@letters.command("discard")
@click.argument("letter_ids", type=int, nargs=-1, required=True)
def discard_letters(letter_ids: tuple[int, ...]) -> None:
    """Kast døde brev. De blir stående i listen over kastede."""
    tracker = bootstrap.tracker()
    for letter_id in letter_ids:
        dead_letters.discard(tracker.database, letter_id)
        click.echo(f"Brev nr. {letter_id} er kastet.")
