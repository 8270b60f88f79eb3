"""The commands that run until they are stopped."""

from datetime import UTC, datetime
from pathlib import Path

import click

from consultations import bootstrap
from consultations.domain.calendar import format_day, local_day
from consultations.process import LOOPBACK

DEMO = {
    "database_url": "sqlite:///var/demo.db",
    "recorded_answers": Path("demo/answers"),
    "clock_starts_at": datetime(2026, 7, 4, 8, 42, tzinfo=UTC),
}
"""The demo stands on the day the listing of regjeringen.no was recorded."""

INVENTED = (
    "To nyheter er oppdiktet: fristen for lakseoppdrett som flyttes, og høringen som avlyses."
)


@click.command()
def serve() -> None:
    """Kjør hele tjenesten på denne maskinen."""
    bootstrap.tracker().serve(announce=lambda url: click.echo(f"Åpne {url}"))


@click.command()
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
