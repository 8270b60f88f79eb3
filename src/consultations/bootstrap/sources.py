"""The sources' connectors: with the network behind them, recorded answers, or neither."""

from datetime import timedelta

from connectors.http import Answer, PoliteClient, Publisher
from connectors.recorded import RecordedAnswers
from connectors.registry import CONNECTORS
from consultations import __version__
from consultations.clock import Clock
from consultations.domain.connector import Connector
from consultations.domain.errors import ConfigError, FetchRefused
from consultations.domain.source import Source
from consultations.settings import Settings

SOURCE_TIMEOUT_SECONDS = 90.0
"""The Storting needs up to a minute for its largest answers."""

WITHOUT_CONTACT = (
    "CONSULTATIONS_CONTACT mangler. Sett den til en e-postadresse eller nettadresse "
    "som kildene kan nå dere på; vi henter ikke uten å si hvem vi er."
)


def readers() -> dict[str, Connector]:
    """Return every connector without a network behind it, for reading what is stored."""
    return {name: connector(_no_network) for name, connector in CONNECTORS.items()}


def connector(name: str, source: Source, settings: Settings, clock: Clock) -> Connector:
    """Return a source's connector. Raises ``ConfigError`` when we cannot say who we are."""
    return CONNECTORS[name](_client(source, settings, clock).get)


def _no_network(url: str) -> Answer:
    raise FetchRefused(f"{url} hentes ikke her.")


def _client(source: Source, settings: Settings, clock: Clock) -> PoliteClient:
    if settings.recorded_answers:
        return PoliteClient(
            Publisher(frozenset(source.hosts), timedelta()),
            user_agent=_user_agent("ingen@example.org"),
            clock=clock,
            transport=RecordedAnswers(settings.recorded_answers),
        )
    if not settings.contact:
        raise ConfigError(WITHOUT_CONTACT)
    return PoliteClient(
        Publisher(frozenset(source.hosts), timedelta(seconds=source.seconds_between_requests)),
        user_agent=_user_agent(settings.contact),
        clock=clock,
        timeout_seconds=SOURCE_TIMEOUT_SECONDS,
    )


def _user_agent(contact: str) -> str:
    return f"KS-konsultasjoner/{__version__} (kontakt: {contact})"
