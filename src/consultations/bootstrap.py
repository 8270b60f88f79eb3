"""The composition root: reads the settings and joins every part into a tracker."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path

from starlette.applications import Starlette

from connectors.http import Answer, PoliteClient, Publisher
from connectors.recorded import RecordedAnswers
from connectors.registry import CONNECTORS
from consultations import __version__, config_file
from consultations.alerts.channel import Carrier
from consultations.alerts.console import ConsoleCarrier
from consultations.alerts.relay import Relay
from consultations.alerts.slack import SlackCarrier
from consultations.clock import Clock, clock_starting_at, system_clock
from consultations.domain.channels import ChannelMap
from consultations.domain.connector import Connector
from consultations.domain.errors import ConfigError, FetchRefused
from consultations.domain.source import Source, SourceMap
from consultations.handlers import polling
from consultations.handlers.intake import intake
from consultations.handlers.polling import PollReport, PollStopped, Progress
from consultations.handlers.routing import route
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.handlers.tracking import track
from consultations.process import run_together
from consultations.routing import RuleSet, load_rules
from consultations.scheduler import PollJob, run_polls
from consultations.scheduler import rhythm as rhythm_of
from consultations.settings import Settings, read_settings
from consultations.store import sources as source_store
from consultations.store.database import Database
from consultations.web import create_app
from streams.embedded import EmbeddedEngine
from streams.step import Step
from streams.topics import EVENTS, SOURCE_RECORDS

SOURCE_TIMEOUT_SECONDS = 90.0
"""The Storting needs up to a minute for its largest answers."""


class Tracker:
    """Every part joined once. Nothing is fetched, carried or sent until asked.

    Raises ``ConfigError`` when a setting or a configuration file is wrong.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock: Clock = (
            clock_starting_at(settings.clock_starts_at)
            if settings.clock_starts_at
            else system_clock
        )
        self.rules: RuleSet = _load_rules(settings.config_dir)
        self.section_names = {id_: s.name_no for id_, s in self.rules.sections.items()}
        self.sources = _load_sources(settings.config_dir)
        self.channels = _load_channels(settings.config_dir, self.rules)
        self.readers = readers()
        self.database = Database(settings.database_url)
        self.database.migrate()
        self.engine = EmbeddedEngine(self.database, self.steps(), self.clock)

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
                    news_age=self.settings.news_age,
                    clock=self.clock,
                ),
            ),
        ]

    @cached_property
    def connectors(self) -> dict[str, Connector]:
        """The sources with the network behind them, or the recorded answers in its place."""
        return {
            name: CONNECTORS[name](_client(source, self.settings, self.clock).get)
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
        )

    def _carrier(self) -> Carrier:
        token = self.settings.read_slack_token()
        if token is None:
            return ConsoleCarrier()
        return SlackCarrier(token, base_url=self.settings.slack_api_url)

    def poll(self, source: str, on_progress: Progress = lambda _done, _total: None) -> PollReport:
        """Poll one source now and put what is new on the bus."""
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

    def serve(
        self,
        announce: Callable[[str], None],
        *,
        notice: str | None = None,
        rhythm: Sequence[str] | None = None,
    ) -> None:
        """Run the whole service until interrupted: polls, steps, alerts and pages.

        ``announce`` is told the address once the pages can be opened. ``notice`` is a line
        that every page shows. ``rhythm`` (crontab lines) replaces that of every source.
        """
        stop = threading.Event()
        jobs = self._jobs(rhythm, stop)
        run_together(
            self._pages(notice),
            {
                "hentingen": partial(run_polls, jobs, self.clock()),
                "motoren": self.engine.run,
                "varslingen": self.relay.run,
            },
            stop=stop,
            port=self.settings.port,
            lock_file=_lock_file(self.settings.database_url),
            announce=announce,
        )

    def _pages(self, notice: str | None) -> Starlette:
        return create_app(
            self.database,
            clock=self.clock,
            sections=self.section_names,
            channels=self.channels,
            source_titles={name: source.title for name, source in self.sources.items()},
            notice=notice,
        )

    def _jobs(self, rhythm: Sequence[str] | None, stop: threading.Event) -> list[PollJob]:
        """Return a poll for each source, which ends soon after ``stop`` is set.

        One that was cut off counts as never started: the rest of it should not wait its turn.
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


def _until(stop: threading.Event) -> Progress:
    def on_progress(_done: int, _total: int | None) -> None:
        if stop.is_set():
            raise PollStopped

    return on_progress


def tracker(**given: object) -> Tracker:
    """Join everything, with settings from the environment; ``given`` ones win."""
    return Tracker(read_settings(**given))


def rules() -> RuleSet:
    """Load the routing rules alone."""
    return _load_rules(read_settings().config_dir)


def readers() -> dict[str, Connector]:
    """Return every connector without a network behind it, for reading what is stored."""
    return {name: connector(_no_network) for name, connector in CONNECTORS.items()}


def _no_network(url: str) -> Answer:
    raise FetchRefused(f"{url} hentes ikke her.")


def _load_rules(config_dir: Path) -> RuleSet:
    if not config_dir.is_dir():
        raise ConfigError(
            f"Finner ikke mappen {config_dir}. Start fra prosjektets mappe, eller sett "
            "CONSULTATIONS_CONFIG_DIR til mappen med sections.yaml og de andre filene."
        )
    return load_rules(config_dir)


def _load_sources(config_dir: Path) -> Mapping[str, Source]:
    path = config_dir / "sources.yaml"
    loaded = config_file.load(path, SourceMap).sources
    for name in loaded:
        if name not in CONNECTORS:
            known = ", ".join(CONNECTORS)
            raise ConfigError(f"{path}: kilden «{name}» er ukjent, ventet en av: {known}")
        try:
            rhythm_of(loaded[name].poll)
        except ValueError as problem:
            raise ConfigError(
                f"{path}: kilden «{name}»: poll skal være crontab-linjer som "
                f"«*/20 * * * *» ({problem})"
            ) from problem
    return loaded


def _load_channels(config_dir: Path, rules: RuleSet) -> ChannelMap:
    path = config_dir / "channels.yaml"
    channels = config_file.load(path, ChannelMap)
    missing = channels.without_channel(rules.sections)
    if missing:
        raise ConfigError(f"{path}: ingen kanal hører om seksjonene {', '.join(missing)}")
    return channels


def _lock_file(database_url: str) -> Path | None:
    """Return what one service at a time may hold; only SQLite needs it."""
    path = database_url.removeprefix("sqlite:///")
    return Path(f"{path}.lock") if path != database_url else None


def _client(source: Source, settings: Settings, clock: Clock) -> PoliteClient:
    if settings.recorded_answers:
        return PoliteClient(
            Publisher(frozenset(source.hosts), timedelta()),
            user_agent=_user_agent("ingen@example.org"),
            clock=clock,
            transport=RecordedAnswers(settings.recorded_answers),
        )
    if not settings.contact:
        raise ConfigError(
            "CONSULTATIONS_CONTACT mangler. Sett den til en e-postadresse eller nettadresse "
            "som kildene kan nå dere på; vi henter ikke uten å si hvem vi er."
        )
    return PoliteClient(
        Publisher(frozenset(source.hosts), timedelta(seconds=source.seconds_between_requests)),
        user_agent=_user_agent(settings.contact),
        clock=clock,
        timeout_seconds=SOURCE_TIMEOUT_SECONDS,
    )


def _user_agent(contact: str) -> str:
    return f"KS-konsultasjoner/{__version__} (kontakt: {contact})"
