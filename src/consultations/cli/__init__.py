"""The command line. Thin: reads arguments, calls one thing, says how it went in Norwegian."""

from consultations.cli import alerts, letters, replay, running, sources
from consultations.cli.root import main
from consultations.cli.running import DEMO

for command in (
    alerts.alerts,
    letters.letters,
    replay.replay,
    running.demo,
    running.serve,
    sources.parse,
    sources.poll,
    sources.route,
):
    main.add_command(command)

__all__ = ["DEMO", "main"]
