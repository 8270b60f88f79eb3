"""The composition root: reads the settings and joins every part. Nobody else reads them."""

from pathlib import Path

from consultations.bootstrap.configuration import read_rules
from consultations.bootstrap.engines import kafka_engine
from consultations.bootstrap.sources import readers
from consultations.bootstrap.tracker import Tracker
from consultations.domain.errors import ConfigError
from consultations.process import web_address
from consultations.routing import RuleSet
from consultations.settings import Settings, read_settings
from consultations.store.database import Database
from streams.admin import TopicAdmin

_SEVERAL_PROCESSES = (
    "CONSULTATIONS_KAFKA_SERVERS er satt, og da er tjenesten flere prosesser. Start «consultations "
    "scheduler», «consultations worker intake», «consultations worker routing», «consultations "
    "worker tracking», «consultations relay» og «consultations web» hver for seg, eller fjern "
    "CONSULTATIONS_KAFKA_SERVERS for å kjøre alt her."
)
_ONE_PROCESS = (
    "Denne kommandoen hører til Kafka, og CONSULTATIONS_KAFKA_SERVERS er ikke satt. Sett den, og "
    "CONSULTATIONS_DATABASE_URL til en PostgreSQL-database. Uten Kafka gjør «consultations serve» "
    "alt i én prosess."
)


def tracker(**given: object) -> Tracker:
    """Join everything, with settings from the environment; ``given`` ones win."""
    return Tracker(read_settings(**given))


def tracker_on_one_machine(**given: object) -> Tracker:
    """Do as ``tracker``. Raises ``ConfigError`` when the settings ask for Kafka."""
    settings = read_settings(**given)
    if settings.kafka_servers:
        raise ConfigError(_SEVERAL_PROCESSES)
    return Tracker(settings)


def tracker_on_kafka() -> Tracker:
    """Do as ``tracker``. Raises ``ConfigError`` unless the settings ask for Kafka."""
    return Tracker(_settings_for_kafka())


def topics() -> TopicAdmin:
    """Return what looks after the topics. Raises ``ConfigError`` where there are none."""
    return kafka_engine(_settings_for_kafka()).topics


def database() -> Database:
    """Return the database alone, whatever state its schema is in."""
    return Database(read_settings().database_url)


def rules(config_dir: Path | None = None) -> RuleSet:
    """Load the routing rules alone, those in use or those in another folder."""
    return read_rules(config_dir or read_settings().config_dir)


def health_address() -> str:
    """Return where a process started with these settings answers probes, seen from its machine."""
    settings = read_settings()
    port = settings.port if settings.health_port is None else settings.health_port
    return web_address(settings.host, port)


def _settings_for_kafka() -> Settings:
    settings = read_settings()
    if not settings.kafka_servers:
        raise ConfigError(_ONE_PROCESS)
    return settings


__all__ = [
    "Tracker",
    "database",
    "health_address",
    "readers",
    "rules",
    "topics",
    "tracker",
    "tracker_on_kafka",
    "tracker_on_one_machine",
]
