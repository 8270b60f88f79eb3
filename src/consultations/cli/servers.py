"""The commands that prepare and look after the servers: the database's schema and the topics."""

import sys

import click

from consultations import bootstrap
from streams.admin import TopicState


@click.command()
def migrate() -> None:
    """Gjør databasen klar for denne utgaven av programmet. Trygt å kjøre flere ganger."""
    database = bootstrap.database()
    database.migrate()
    database.close()
    click.echo("Databasen er klar.")


@click.group()
def topics() -> None:
    """Emnene på Kafka."""


@topics.command("create")
def create_topics() -> None:
    """Lag emnene som mangler. De som finnes, blir ikke endret."""
    for said in bootstrap.topics().create():
        click.echo(said)


@topics.command("check")
def check_topics() -> None:
    """Sjekk at emnene er slik de skal, og si hva som må rettes."""
    problems = bootstrap.topics().check()
    for problem in problems:
        click.echo(f"Feil: {problem}", err=True)
    if problems:
        sys.exit(1)
    click.echo("Emnene er slik de skal.")


@topics.command("describe")
def describe_topics() -> None:
    """Vis emnene, og hvor mye som venter på hver gruppe."""
    states = bootstrap.topics().describe()
    for state in states:
        click.echo(_described(state))
        for group, waiting in state.lag.items():
            click.echo(f"  {group}: {_messages(waiting)} venter")
    if not states:
        click.echo("Ingen emner. Kjør «consultations topics create».")


def _described(state: TopicState) -> str:
    kept = "alt beholdes" if state.retention is None else f"beholdes i {state.retention.days} dager"
    copies = "1 kopi" if state.replication == 1 else f"{state.replication} kopier"
    parts = "1 partisjon" if state.partitions == 1 else f"{state.partitions} partisjoner"
    return f"{state.name}: {parts}, {copies}, {kept}, {_messages(state.messages)}"


def _messages(count: int) -> str:
    return "1 melding" if count == 1 else f"{count} meldinger"
