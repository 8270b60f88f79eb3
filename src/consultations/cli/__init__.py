"""The command line. Thin: reads arguments, calls one thing, says how it went in Norwegian."""

from consultations.cli import (
    alerts,
    calendar,
    checks,
    digest,
    feeds,
    figures_csv,
    letters,
    replay,
    response,
    routing,
    running,
    servers,
    sources,
    topic_letters,
)
from consultations.cli.root import main
from consultations.cli.running import DEMO

letters.letters.add_command(topic_letters.recover_letters)
response.response.add_command(figures_csv.figures)

for command in (
    alerts.alerts,
    calendar.calendar,
    checks.doctor,
    checks.healthy,
    digest.digest,
    feeds.feeds,
    letters.letters,
    replay.replay,
    response.response,
    routing.route,
    running.demo,
    running.relay,
    running.scheduler,
    running.serve,
    running.web,
    running.worker,
    servers.migrate,
    servers.topics,
    sources.parse,
    sources.poll,
):
    main.add_command(command)

__all__ = ["DEMO", "main"]
