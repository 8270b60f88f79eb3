"""The workers for Faust's own command line: ``faust -A consultations.workers:intake worker``.

Each is built when it is asked for. ``consultations worker intake`` does the same, and answers
probes besides.
"""

from functools import cache

import click

from consultations.bootstrap import processes, tracker_on_kafka
from consultations.domain.errors import BrokerUnavailable, ConfigError
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store.database import DatabaseUnavailable, reason_of
from streams.faust_settings import StepApp

STEPS = (INTAKE, ROUTING, TRACKING)


def __getattr__(name: str) -> StepApp:
    if name not in STEPS:
        raise AttributeError(f"ingen arbeider heter {name}, ventet en av: {', '.join(STEPS)}")
    try:
        return _app(name)
    except DatabaseUnavailable as problem:
        raise click.ClickException(f"Databasen svarer ikke ({reason_of(problem)}).") from problem
    except (BrokerUnavailable, ConfigError) as problem:
        raise click.ClickException(str(problem)) from problem


@cache
def _app(step: str) -> StepApp:
    app, _ = processes.worker(tracker_on_kafka(), step)
    return app
