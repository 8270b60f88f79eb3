"""What the doctor looks at in the installation that the settings describe."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
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
    """Examine everything the settings name. Settings that cannot be read are the one finding.

    What rests on something red is left out: it could only say the same again, less clearly.
    """
    try:
        settings = read_settings()
        database = Database(settings.database_url)
    except ConfigError as problem:
        return [("innstillinger", red(str(problem)))]
    found = doctor.examine(_by_itself(settings, database))
    found += doctor.examine(_on_servers(settings, database, doctor.red_ones(found)))
    found += doctor.examine(_on_tables(settings, database, doctor.red_ones(found)))
    return found


def _by_itself(settings: Settings, database: Database) -> dict[str, Check]:
    checks: dict[str, Check] = {
        "innstillinger": partial(_configuration, settings),
        "databasen": partial(_database, database),
    }
    if settings.kafka_servers:
        checks |= {"Kafka": partial(_broker, settings)}
    return checks | {"Slack": partial(_slack, settings), "kontakt": partial(_contact, settings)}


def _on_servers(
    settings: Settings, database: Database, wrong: AbstractSet[str]
) -> dict[str, Check]:
    checks: dict[str, Check] = {}
    if "innstillinger" not in wrong:
        checks |= {"kanalene": partial(_channels, settings)}
    if "databasen" not in wrong:
        checks |= {"tabellene": partial(doctor.schema, database)}
    if settings.kafka_servers and "Kafka" not in wrong:
        checks |= {"emnene": partial(_topics, settings), "gruppene": partial(_groups, settings)}
    return checks


def _on_tables(settings: Settings, database: Database, wrong: AbstractSet[str]) -> dict[str, Check]:
    if wrong & {"databasen", "tabellene"}:
        return {}
    checks: dict[str, Check] = {
        "døde brev": partial(doctor.letters, database),
        "varslene": partial(doctor.alerts, database),
        "påminnelsene": partial(doctor.reminders, database, clock_of(settings)()),
    }
    if settings.kafka_servers:
        checks |= {"utboksen": partial(doctor.events, database)}
    else:
        checks |= {"stegene": partial(doctor.steps, database)}
    if "innstillinger" not in wrong:
        checks |= {"kildene": partial(_sources, settings, database)}
    return checks


def _broker(settings: Settings) -> Iterable[Finding]:
    kafka_engine(settings).topics.reach()
    yield good(f"svarer på {settings.kafka_servers}")


def _topics(settings: Settings) -> Iterable[Finding]:
    problems = kafka_engine(settings).topics.check()
    yield from map(red, problems) if problems else [good("er slik de skal")]


def _groups(settings: Settings) -> Iterable[Finding]:
    topics = kafka_engine(settings).topics
    return doctor.groups(topics.lag(), topics.members)


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
    has_token = bool(settings.slack_token or settings.slack_token_file)
    return doctor.channels(channels, is_needed=has_token)


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
