"""The commands about alerts: how they stand, and trying again."""

import click

from consultations import bootstrap
from consultations.store import ledger

ALERT_STATES = {"pending": "venter", "sending": "sendes", "sent": "sendt", "refused": "står"}


@click.group()
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


@alerts.command("retry")
def retry_alerts() -> None:
    """Prøv på nytt å sende varslene som står, når årsaken er rettet."""
    tracker = bootstrap.tracker()
    with tracker.database.transaction() as session:
        count = ledger.try_refused_again(session, tracker.clock())
    click.echo(f"{count} varsler er lagt i kø igjen.")
