"""The commands that run until they are stopped."""

from datetime import UTC, datetime
from pathlib import Path

import click

from consultations import bootstrap
from consultations.bootstrap import processes
from consultations.bootstrap.processes import Announce
from consultations.domain.calendar import format_day, local_day
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.process import LOOPBACK

DEMO = {
    "database_url": "sqlite:///var/demo.db",
    "kafka_servers": None,
    "recorded_answers": Path("demo/answers"),
    "clock_starts_at": datetime(2026, 7, 4, 8, 42, tzinfo=UTC),
}
"""The demo stands on the day the listing of regjeringen.no was recorded."""

INVENTED = (
    "To nyheter er oppdiktet: fristen for lakseoppdrett som flyttes, og høringen som avlyses."
)

STOPPED_WITH = "Stopp med Ctrl-C."

ANNOUNCE = Announce(
    pages=lambda url: click.echo(f"Åpne {url}"), health=lambda url: click.echo(f"Helse: {url}")
)


@click.command()
def serve() -> None:
    """Kjør hele tjenesten på denne maskinen."""
    processes.serve(bootstrap.tracker_on_one_machine(), ANNOUNCE)


@click.command()
@click.option("--port", default=8010, help="Porten nettsidene lytter på; 0 for en ledig.")
def demo(port: int) -> None:
    """Kjør tjenesten på lagrede svar fra kildene, med klokka stilt tilbake."""
    page_url = f"http://{LOOPBACK}:{port}" if port else None
    tracker = bootstrap.tracker_on_one_machine(**DEMO, port=port, page_url=page_url)
    today = format_day(local_day(tracker.clock()))
    where = "til Slack" if tracker.settings.read_slack_token() else "her"
    click.echo(f"Demo på lagrede svar. Klokka er stilt til {today}. Varslene kommer {where}.")
    click.echo(INVENTED)
    processes.serve(
        tracker,
        Announce(lambda url: click.echo(f"Åpne {url} (stopp med Ctrl-C)\n"), ANNOUNCE.health),
        notice=f"Demo på lagrede svar fra kildene. Klokka er stilt til {today}. {INVENTED}",
        rhythm=["* * * * *"],
    )


@click.command()
@click.argument("step", type=click.Choice([INTAKE, ROUTING, TRACKING]))
def worker(step: str) -> None:
    """Kjør arbeideren for ett steg på Kafka."""
    tracker = bootstrap.tracker_on_kafka()
    click.echo(f"Arbeideren for {step} starter. {STOPPED_WITH}")
    processes.work(tracker, step, ANNOUNCE)


@click.command()
def scheduler() -> None:
    """Hent fra kildene i deres rytme, og legg det nye på Kafka. Kjører det flere, henter én."""
    tracker = bootstrap.tracker_on_kafka()
    click.echo(f"Hentingen starter. {STOPPED_WITH}")
    processes.poll_in_rhythm(tracker, ANNOUNCE)


@click.command()
def relay() -> None:
    """Publiser hendelser på Kafka, og send varslene."""
    tracker = bootstrap.tracker_on_kafka()
    where = "til Slack" if tracker.settings.read_slack_token() else "her"
    click.echo(f"Publiseringen og varslingen starter. Varslene kommer {where}. {STOPPED_WITH}")
    processes.relay(tracker, ANNOUNCE)


@click.command()
def web() -> None:
    """Vis nettsidene, og bare dem."""
    processes.show_pages(bootstrap.tracker(), ANNOUNCE)
