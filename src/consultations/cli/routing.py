"""The commands about where matters belong: try the rules, explain a decision."""

import json
import sys

import click

from consultations import bootstrap
from consultations.cli.corrections import correct, corrections
from consultations.cli.difference import diff
from consultations.cli.explanation import Explained, as_document, in_words
from consultations.cli.teaching import evaluate, train
from consultations.domain.decision import RoutingText
from consultations.domain.errors import ConfigError, InvalidRecord, NotFound
from consultations.handlers.rehearsal import made_by
from consultations.routing import RuleSet, decide, read_line, route_lines, selftest
from consultations.store import consultations

_NOT_YET = "Teksten er ikke fordelt ennå. Slik ville reglene i dag gjort det:"
_OLD_RULES = (
    "Avgjort med andre regler, eller en annen modell, enn i dag; grensene under er dagens. "
    "«consultations route diff» viser hva som ville flyttet seg."
)

_LARGEST_MATTER = 20_000_000
"""Bytes of one matter on standard input."""


@click.group(invoke_without_command=True)
@click.option("--selftest", "test", is_flag=True, help="Prøv reglenes egne eksempler.")
@click.pass_context
def route(context: click.Context, test: bool) -> None:
    """Les saker som JSON-linjer og skriv ut hvor de hører hjemme.

    Uten underkommando leses linjene fra standard inn. Nøkler: id, title, sender, summary, body,
    topics og lang; bare title må være der.
    """
    if context.invoked_subcommand is not None:
        return
    rules = bootstrap.rules()
    if test:
        _try_examples(rules)
        return
    for line in route_lines(sys.stdin.buffer, rules):
        click.echo(line)


def _try_examples(rules: RuleSet) -> None:
    failures = selftest(rules)
    for failure in failures:
        click.echo(failure, err=True)
    if failures:
        raise ConfigError(f"{len(failures)} av reglenes eksempler stemmer ikke.")
    click.echo("Alle reglenes eksempler stemmer.")


@route.command()
@click.argument("consultation", metavar="ID|-")
@click.option("--json", "for_programs", is_flag=True, help="Skriv JSON for programmer.")
def explain(consultation: str, for_programs: bool) -> None:
    """Forklar én avgjørelse: hvilken seksjon, hvilke ord, og hva som manglet på nummer to.

    ID er den som står i adressen til siden, som regjeringen:3168525. Med - leses én sak fra
    standard inn: et JSON-objekt som til «route», eller bare tekst.
    """
    rules = bootstrap.rules()
    matter = _from_input(rules) if consultation == "-" else _from_store(consultation, rules)
    if for_programs:
        document = json.dumps(as_document(matter, rules), ensure_ascii=False, indent=2)
        click.echo(document.encode(errors="replace"))
        return
    for line in in_words(matter, rules):
        click.echo(line)


def _from_input(rules: RuleSet) -> Explained:
    content = sys.stdin.buffer.read(_LARGEST_MATTER + 1)
    if len(content) > _LARGEST_MATTER:
        raise InvalidRecord("Saken er på mer enn 20 MB. Gi den inn med kortere tekst.")
    try:
        given = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as problem:
        raise InvalidRecord(
            "Saken er ikke UTF-8. Lagre teksten som UTF-8, og prøv igjen."
        ) from problem
    if not given:
        raise InvalidRecord("Ingenting kom inn. Gi en sak på standard inn, eller en ID.")
    if not given.startswith("{"):
        title, _, rest = given.partition("\n")
        text = RoutingText(title=title.strip(), body=rest.strip())
        return Explained("", text, decide(text, rules))
    try:
        key, text = read_line(given)
    except (ValueError, RecursionError) as problem:
        raise InvalidRecord(
            "Saken kan ikke leses som JSON: ventet ett objekt med title, og gjerne sender, "
            "summary, body og lang. Ren tekst går også."
        ) from problem
    return Explained(str(key or ""), text, decide(text, rules))


def _from_store(key: str, rules: RuleSet) -> Explained:
    with bootstrap.tracker().database.reading() as session:
        dossier = consultations.find(session, [key]).get(key)
    if dossier is None:
        raise NotFound(
            f"Ingen høring har ID-en «{key}». Den står i adressen til høringens side, for "
            "eksempel regjeringen:3168525."
        )
    own = dossier.own_decision
    notes = [] if own and made_by(own, rules) else [_OLD_RULES if own else _NOT_YET]
    own = own or decide(dossier.text, rules)
    return Explained(key, dossier.text, own, dossier.corrections, tuple(notes))


for _command in (correct, corrections, diff, evaluate, train):
    route.add_command(_command)
