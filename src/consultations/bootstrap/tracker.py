"""The parts that every process is made of, joined once."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property, partial
from urllib.parse import urlsplit

from starlette.applications import Starlette

from consultations.alerts.channel import Carrier
from consultations.alerts.console import ConsoleCarrier
from consultations.alerts.mail_carrier import MailCarrier
from consultations.alerts.relay import Relay
from consultations.alerts.slack import SlackCarrier
from consultations.bootstrap.configuration import (
    read_channels,
    read_office,
    read_rules,
    read_sources,
)
from consultations.bootstrap.engines import choose_engine
from consultations.bootstrap.sources import connector, readers
from consultations.clock import Clock, clock_starting_at, system_clock
from consultations.domain.connector import Connector
from consultations.handlers import polling
from consultations.handlers.intake import intake
from consultations.handlers.polling import PollReport, PollStopped, Progress
from consultations.handlers.routing import route
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.handlers.tracking import track
from consultations.mail import Mailbox, Mailer
from consultations.process import LOOPBACK
from consultations.routing import RuleSet
from consultations.scheduler import PollJob
from consultations.settings import Settings
from consultations.store import sources as source_store
from consultations.store.database import Database
from consultations.web import create_app
from streams.step import Step
from streams.topics import EVENTS, SOURCE_RECORDS

LOOPBACK_HOSTS = {LOOPBACK, "::1", "localhost"}


class Tracker:
    """Every part joined once. Nothing is fetched, carried or sent until asked.

    Raises ``ConfigError`` when a setting or a configuration file is wrong.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = clock_of(settings)
        self.rules: RuleSet = read_rules(settings.config_dir)
        self.section_names = self.rules.life.names
        self.sources = read_sources(settings.config_dir)
        self.channels = read_channels(settings.config_dir, self.rules)
        self.office = read_office(settings.config_dir, self.rules)
        self.readers = readers()
        self.database = Database(settings.database_url)
        if self.database.is_server:
            self.database.check_schema()
        else:
            self.database.migrate()
        self.engine = choose_engine(settings, self.database, self.steps(), self.clock)

    def steps(self) -> list[Step]:
        """Return the three consumer groups, each bound to what it needs."""
        return [
            Step(
                INTAKE,
                SOURCE_RECORDS,
                partial(
                    intake,
                    readers=self.readers,
                    news_age=self.settings.news_age,
                    clock=self.clock,
                ),
            ),
            Step(ROUTING, EVENTS, partial(route, rules=self.rules, clock=self.clock)),
            Step(
                TRACKING,
                EVENTS,
                partial(
                    track,
                    channels=self.channels,
                    sections=self.section_names,
                    office=self.office,
                    news_age=self.settings.news_age,
                    clock=self.clock,
                ),
            ),
        ]

    def step(self, name: str) -> Step:
        """Return one of the consumer groups by name."""
        return next(step for step in self.steps() if step.name == name)

    @cached_property
    def connectors(self) -> dict[str, Connector]:
        """The sources with the network behind them, or the recorded answers in its place."""
        return {
            name: connector(name, source, self.settings, self.clock)
            for name, source in self.sources.items()
        }

    @cached_property
    def relay(self) -> Relay:
        return Relay(
            self.database,
            self._carrier(),
            self.channels,
            self.section_names,
            clock=self.clock,
            page_url=self.settings.page_url,
            people=self.office.people,
            mail=self._mail_carrier(),
            patience=timedelta(minutes=self.settings.slack_patience_minutes),
        )

    @cached_property
    def mailer(self) -> Mailer | None:
        """The way to the mail server; None where none is set."""
        settings = self.settings
        if settings.smtp_host is None:
            return None
        return Mailer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_security,
            settings.smtp_user,
            settings.read_smtp_password(),
        )

    def _mail_carrier(self) -> Carrier | None:
        if self.mailer is None:
            return None
        return MailCarrier(self.mailer, Mailbox.read(self.settings.mail_from or ""), self.clock)

    def _carrier(self) -> Carrier:
        token = self.settings.read_slack_token()
        if token is None:
            return ConsoleCarrier()
        return SlackCarrier(token, base_url=self.settings.slack_api_url)

    def poll(self, source: str, on_progress: Progress = lambda _done, _total: None) -> PollReport:
        """Poll one source now and put what is new on its topic."""
        return polling.poll(
            self.database,
            self.connectors[source],
            self.engine.publish,
            clock=self.clock,
            on_progress=on_progress,
        )

    def resend(self, step: str, key: str, value: bytes) -> None:
        """Put a message back on the topic that a step reads."""
        self.engine.resend(SOURCE_RECORDS if step == INTAKE else EVENTS, key, value)

    def pages(self, notice: str | None = None) -> Starlette:
        """Return the pages. ``notice`` is a line that every one of them shows."""
        return create_app(
            self.database,
            clock=self.clock,
            sections=self.section_names,
            channels=self.channels,
            source_titles={name: source.title for name, source in self.sources.items()},
            notice=notice,
            life=self.rules.life,
            may_write=self._is_on_one_machine(),
            office=self.office,
            page_url=self.settings.page_url,
            news_age=self.settings.news_age,
        )

    def _is_on_one_machine(self) -> bool:
        """Tell whether only those on this machine reach the pages: nobody signs in to them yet."""
        reached_at = urlsplit(self.settings.page_url or f"http://{LOOPBACK}").hostname
        hosts = {self.settings.host, reached_at}
        return hosts <= LOOPBACK_HOSTS and self.settings.kafka_servers is None

    def poll_jobs(self, rhythm: Sequence[str] | None, stop: threading.Event) -> list[PollJob]:
        """Return a poll for each source, which ends soon after ``stop`` is set.

        ``rhythm`` (crontab lines) replaces that of every source. A poll that was cut off counts
        as never started: the rest of it should not wait its turn.
        """
        with self.database.reading() as session:
            started = {
                row.source: row.last_started_at
                for row in source_store.all_sources(session)
                if source_store.has_ended(row)
            }
        poll = partial(self.poll, on_progress=_until(stop))
        return [
            PollJob(name, rhythm or self.sources[name].poll, partial(poll, name), started.get(name))
            for name in self.connectors
        ]


def clock_of(settings: Settings) -> Clock:
    """Return the clock that the settings ask for."""
    starts_at = settings.clock_starts_at
    return clock_starting_at(starts_at) if starts_at else system_clock


def _until(stop: threading.Event) -> Progress:
    def on_progress(_done: int, _total: int | None) -> None:
        if stop.is_set():
            raise PollStopped

    return on_progress
