"""What the doctor looks at in the installation that the settings describe."""

from collections.abc import Iterable
from functools import partial

from consultations import doctor
from consultations.bootstrap.configuration import read_channels, read_rules, read_sources
from consultations.bootstrap.engines import kafka_engine
from consultations.bootstrap.sources import WITHOUT_CONTACT
from consultations.bootstrap.tracker import clock_of
from consultations.doctor import Check, Examined, Finding, good, note, red
from consultations.domain.channels import ChannelMap
from consultations.domain.errors import ConfigError
from consultations.settings import Settings, read_settings
from consultations.store.database import Database
from consultations.web.site import Site


def examine() -> Examined:
    """Examine everything the settings name. Settings that cannot be read are the one finding."""
    try:
        settings = read_settings()
        database = Database(settings.database_url)
    except ConfigError as problem:
        return [("innstillinger", red(str(problem)))]
    found = doctor.examine(
        {
            "innstillinger": partial(_configuration, settings),
            "databasen": partial(_database, database),
        }
    )
    found += doctor.examine(_rest(settings, database))
    return found


def _rest(settings: Settings, database: Database) -> dict[str, Check]:
    """Return what rests on the database being there, and everything that does not."""
    return {
        "tabellene": partial(doctor.schema, database),
        **(_kafka(settings, database) if settings.kafka_servers else _embedded(database)),
        "Slack": partial(_slack, settings),
        "kanalene": partial(_channels, settings),
        "kontakt": partial(_contact, settings),
        "kildene": partial(_sources, settings, database),
        "døde brev": partial(doctor.letters, database),
        "varslene": partial(doctor.alerts, database),
    }


def _embedded(database: Database) -> dict[str, Check]:
    return {"stegene": partial(doctor.steps, database)}


def _kafka(settings: Settings, database: Database) -> dict[str, Check]:
    engine = kafka_engine(settings)

    def broker() -> Iterable[Finding]:
        engine.topics.reach()
        yield good(f"svarer på {settings.kafka_servers}")

    def topics() -> Iterable[Finding]:
        problems = engine.topics.check()
        yield from map(red, problems) if problems else [good("er slik de skal")]

    def groups() -> Iterable[Finding]:
        waiting = {g: n for topic in engine.topics.describe() for g, n in topic.lag.items()}
        yield from doctor.groups(waiting, engine.topics.members)

    return {
        "Kafka": broker,
        "emnene": topics,
        "gruppene": groups,
        "utboksen": partial(doctor.events, database),
    }


def _configuration(settings: Settings) -> Iterable[Finding]:
    rules = read_rules(settings.config_dir)
    sources, channels = read_sources(settings.config_dir), read_channels(settings.config_dir, rules)
    yield good(
        f"{len(sources)} kilder, {len(rules.sections)} seksjoner og "
        f"{len(channels.channels)} kanaler i {settings.config_dir}/"
    )


def _database(database: Database) -> Iterable[Finding]:
    """Reach the database. One in a file is made and brought up to date, as at every start."""
    if not database.is_server:
        database.migrate()
    with database.reading() as session:
        session.connection()
    yield good("svarer, PostgreSQL" if database.is_server else "svarer, SQLite")


def _slack(settings: Settings) -> Iterable[Finding]:
    return doctor.slack(settings.read_slack_token(), settings.slack_api_url)


def _channels(settings: Settings) -> Iterable[Finding]:
    channels = read_channels(settings.config_dir, read_rules(settings.config_dir))
    return doctor.channels(channels, is_needed=settings.read_slack_token() is not None)


def _contact(settings: Settings) -> Iterable[Finding]:
    if settings.recorded_answers:
        yield note(f"ingenting hentes: svarene i {settings.recorded_answers} brukes i stedet")
    elif settings.contact:
        yield good(f"kildene får vite at vi nås på {settings.contact}")
    else:
        yield red(WITHOUT_CONTACT)


def _sources(settings: Settings, database: Database) -> Iterable[Finding]:
    titles = {name: each.title for name, each in read_sources(settings.config_dir).items()}
    nowhere = ChannelMap.model_construct(channels={}, triage="")
    return doctor.source_states(Site(database, clock_of(settings), {}, nowhere, titles, None))
