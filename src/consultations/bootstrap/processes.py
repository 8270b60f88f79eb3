"""The processes that the service is made of: which parts run side by side in each."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from consultations.bootstrap import questions
from consultations.bootstrap.clockwork import clockwork
from consultations.bootstrap.digests import digest_relay
from consultations.bootstrap.engines import KafkaEngine
from consultations.bootstrap.tracker import Tracker
from consultations.health import Health, Pulse, Question, about_database, health_app
from consultations.process import Site, Work, beside, run_together
from consultations.scheduler import Polls
from consultations.store.leader import Leadership
from streams.embedded import EmbeddedEngine
from streams.progress import Progress

if TYPE_CHECKING:
    from streams.faust_settings import StepApp


@dataclass(frozen=True)
class Announce:
    """Who is told the address of the pages, and of the health, once each can be opened."""

    pages: Callable[[str], None]
    health: Callable[[str], None]


def serve(
    tracker: Tracker,
    announce: Announce,
    *,
    notice: str | None = None,
    rhythm: Sequence[str] | None = None,
) -> None:
    """Run the whole service until interrupted: polls, steps, alerts and pages.

    ``notice`` is a line that every page shows. ``rhythm`` (crontab lines) replaces that of
    every source.
    """
    engine = tracker.engine
    assert isinstance(engine, EmbeddedEngine)
    leadership = Leadership(tracker.database)
    polls = _polls(tracker, leadership, rhythm)
    ticks = clockwork(tracker, leadership.held)
    watch, sites = _pages(tracker, announce, notice)
    run_together(
        {
            "hentingen": polls.run,
            "motoren": engine.run,
            "klokka": ticks.run,
            "varslingen": tracker.relay.run,
            **_weekly_mail(tracker),
            **watch,
        },
        sites,
        lock_file=_lock_file(tracker.settings.database_url),
    )


def show_pages(tracker: Tracker, announce: Announce) -> None:
    """Run the pages alone until interrupted, on either engine."""
    run_together(*_pages(tracker, announce))


def poll_in_rhythm(tracker: Tracker, announce: Announce) -> None:
    """Poll in each source's rhythm, and remind, until interrupted, while no other process does."""
    leadership = Leadership(tracker.database)
    polls = _polls(tracker, leadership)
    ticks = clockwork(tracker, leadership.held)
    asked = {"hentingen": polls.answer, "klokka": ticks.answer, **_servers(tracker)}
    watch, sites = _health(tracker, announce, asked)
    try:
        run_together({"hentingen": polls.run, "klokka": ticks.run, **watch}, sites)
    finally:
        leadership.release()


def relay(tracker: Tracker, announce: Announce) -> None:
    """Publish events, deliver alerts and send the weekly mail until interrupted."""
    events = Pulse(_kafka(tracker).event_relay(tracker.database, tracker.clock).run)
    alerts = Pulse(tracker.relay.run)
    asked: dict[str, Question] = {
        "publiseringen": events.answer,
        "varslingen": alerts.answer,
        "utboksen": questions.Outbox(tracker.database).answer,
        **_servers(tracker),
    }
    watch, sites = _health(tracker, announce, asked)
    run_together(
        {
            "publiseringen": events.run,
            "varslingen": alerts.run,
            **_weekly_mail(tracker),
            **watch,
        },
        sites,
    )


def work(tracker: Tracker, step: str, announce: Announce) -> NoReturn:
    """Run one step's worker until interrupted; ends the process."""
    from streams.worker import run_worker  # noqa: PLC0415 - Faust is heavy, only workers need it

    app, progress = worker(tracker, step)
    asked: dict[str, Question] = {
        "arbeideren": partial(questions.about_progress, progress, tracker.clock),
        **_servers(tracker),
    }
    watch, sites = _health(tracker, announce, asked)
    with beside(watch, sites, on_failure=_stop_ourselves):
        run_worker(app)


def worker(tracker: Tracker, step: str) -> tuple["StepApp", Progress]:
    """Return the Faust app that carries a step, and what it will tell of itself."""
    progress = Progress(tracker.clock)
    app = _kafka(tracker).worker(tracker.step(step), tracker.database, tracker.clock, progress)
    return app, progress


def _kafka(tracker: Tracker) -> KafkaEngine:
    assert isinstance(tracker.engine, KafkaEngine)
    return tracker.engine


def _polls(tracker: Tracker, leadership: Leadership, rhythm: Sequence[str] | None = None) -> Polls:
    _ = tracker.connectors  # refuses to start without a contact
    return Polls(partial(tracker.poll_jobs, rhythm), tracker.clock, leadership.held)


def _weekly_mail(tracker: Tracker) -> dict[str, Work]:
    """Return what sends the weekly mail, where there is a mail server."""
    sender = digest_relay(tracker)
    return {"ukesoversikten": sender.run} if sender else {}


def _servers(tracker: Tracker) -> dict[str, Question]:
    """Return what every process on Kafka rests on."""
    return {
        "databasen": partial(about_database, tracker.database),
        "Kafka": partial(questions.about_broker, _kafka(tracker)),
    }


def _pages(
    tracker: Tracker, announce: Announce, notice: str | None = None
) -> tuple[dict[str, Work], list[Site]]:
    """Return the pages, and the same beside them as ``_health``."""
    settings = tracker.settings
    pages = Site(
        tracker.pages(notice), settings.host, settings.port, "CONSULTATIONS_PORT", announce.pages
    )
    asked = {"databasen": partial(about_database, tracker.database)}
    watch, sites = _health(tracker, announce, asked)
    return watch, [pages, *sites]


def _health(
    tracker: Tracker, announce: Announce, asked: Mapping[str, Question]
) -> tuple[dict[str, Work], list[Site]]:
    """Return what logs how the process is, and what answers probes where a port is set for it."""
    host, port = tracker.settings.host, tracker.settings.health_port
    health = Health(asked)
    watch: dict[str, Work] = {"tilsynet": health.watch}
    if port is None:
        return watch, []
    return watch, [
        Site(health_app(health), host, port, "CONSULTATIONS_HEALTH_PORT", announce.health)
    ]


def _stop_ourselves() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _lock_file(database_url: str) -> Path | None:
    """Return what one service at a time may hold; only SQLite needs it."""
    path = database_url.removeprefix("sqlite:///")
    return Path(f"{path}.lock") if path != database_url else None
