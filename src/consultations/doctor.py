"""Examines an installation: a line for each thing, and what to do about what is red.

Every check has a fence and a time limit of its own, so that a broken thing hides no other.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from consultations.alerts.channel import Passing, Refused
from consultations.alerts.slack_token import holder
from consultations.domain.channels import ChannelMap
from consultations.domain.errors import BrokerUnavailable, ConfigError
from consultations.health import begin
from consultations.store import bus, dead_letters, ledger, outbox, sources
from consultations.store import reminders as waiting_reminders
from consultations.store.database import Database, DatabaseUnavailable, reason_of
from consultations.store.ledger import DeliveryState
from consultations.web.site import Site
from consultations.web.views.sources import source_cards

LIMIT_SECONDS = 20.0

NAMED = 3
"""So many channels are named; the rest stand in the file."""

REMINDERS_PATIENCE = timedelta(minutes=10)
"""What is due is looked at every minute; what has waited for longer, nobody looks at."""

log = logging.getLogger(__name__)


class Light(StrEnum):
    """How a thing is: as it should be, worth knowing, worth a look, or red."""

    GOOD = "ok"
    NOTE = "note"
    WARNING = "warning"
    RED = "red"


@dataclass(frozen=True)
class Finding:
    """What was found, in Norwegian; for what is red also what to do."""

    light: Light
    says: str


Check = Callable[[], Iterable[Finding]]

Examined = list[tuple[str, Finding]]
"""Findings with the name of what was looked at, in the order asked for."""


def examine(checks: Mapping[str, Check], limit_seconds: float = LIMIT_SECONDS) -> Examined:
    """Make all the checks at once, and wait for each no longer than the limit."""
    under_way = {name: begin(_made(check)) for name, check in checks.items()}
    wait(under_way.values(), limit_seconds)
    return [
        (name, finding)
        for name, answer in under_way.items()
        for finding in _found(name, answer, limit_seconds)
    ]


def red_ones(found: Examined) -> set[str]:
    """Return the names of what something red was found out about."""
    return {name for name, finding in found if finding.light is Light.RED}


def _made(check: Check) -> Callable[[], list[Finding]]:
    return lambda: list(check())


def _found(name: str, answer: Future[list[Finding]], limit_seconds: float) -> list[Finding]:
    if not answer.done():
        return [red(f"svarer ikke på {limit_seconds:g} sekunder. Se om maskinen er overbelastet")]
    try:
        return answer.result()
    except DatabaseUnavailable as problem:
        advice = "Sjekk CONSULTATIONS_DATABASE_URL, og at databasen går"
        return [red(f"databasen svarer ikke ({reason_of(problem)}). {advice}")]
    except (BrokerUnavailable, ConfigError) as problem:
        return [red(line) for line in str(problem).splitlines()]
    except Exception as bug:
        log.info("%s kunne ikke undersøkes", name, exc_info=bug)
        return [red(f"kunne ikke undersøkes ({type(bug).__name__}: {str(bug)[:300]})")]


def good(says: str) -> Finding:
    return Finding(Light.GOOD, says)


def note(says: str) -> Finding:
    return Finding(Light.NOTE, says)


def warning(says: str) -> Finding:
    return Finding(Light.WARNING, says)


def red(says: str) -> Finding:
    return Finding(Light.RED, says)


def schema(database: Database) -> Iterable[Finding]:
    """Check that the tables are those this program was made for."""
    database.check_schema()
    yield good("er de programmet skal ha")


def steps(database: Database) -> Iterable[Finding]:
    """Say how much waits for each step on the embedded engine."""
    with database.reading() as session:
        backlog = bus.backlog(session)
    yield good(", ".join(f"{step}: {count} venter" for step, count in backlog.items()) or "tomt")


def groups(waiting: Mapping[str, int], members: Callable[[str], int]) -> Iterable[Finding]:
    """Say how much waits for each consumer group, and whether anybody is there to take it."""
    for group, count in waiting.items():
        workers = members(group)
        if workers:
            yield good(f"{group}: {count} venter, {workers} i arbeid")
        else:
            yield warning(
                f"{group}: {count} venter, og ingen arbeider er i gang. "
                f"Start «consultations worker {group}»"
            )


def events(database: Database) -> Iterable[Finding]:
    """Say how many events wait to be published."""
    with database.reading() as session:
        count = outbox.backlog(session)
    yield good(f"{count} hendelser venter på å bli publisert")


def slack(token: str | None, base_url: str) -> Iterable[Finding]:
    """Ask Slack whose the token is."""
    if token is None:
        yield note("ingen nøkkel, så varslene skrives der tjenesten kjører")
        return
    try:
        yield good(f"nøkkelen er {holder(token, base_url=base_url)}")
    except Refused as refusal:
        yield red(str(refusal))
    except Passing as passing:
        yield warning(f"{passing} Nøkkelen er ikke prøvd")


def channels(channel_map: ChannelMap, *, is_needed: bool) -> Iterable[Finding]:
    """Name the channels that nothing can be posted to."""
    missing = [each.name for each in channel_map.channels.values() if each.slack_id is None]
    if not missing:
        yield good(f"alle {len(channel_map.channels)} har slack_id")
        return
    named = ", ".join(missing[:NAMED]) + (" og flere" if len(missing) > NAMED else "")
    says = f"{len(missing)} mangler slack_id i config/channels.yaml: {named}"
    yield warning(f"{says}. Skriv dem inn") if is_needed else note(says)


def source_states(site: Site) -> Iterable[Finding]:
    """Say how each source is doing, in the words of the pages."""
    lights = {"good": Light.GOOD, "warning": Light.WARNING, "danger": Light.RED}
    with site.database.reading() as session:
        rows = sources.all_sources(session)
    for card in source_cards(site, rows):
        reason = f": {card.error_text}" if card.error_text else ""
        advice = ". Se «When something is wrong» i docs/operations.md" if reason else ""
        yield Finding(lights[card.tone], f"{card.name}: {card.state}{reason}{advice}")


def letters(database: Database) -> Iterable[Finding]:
    """Count the open dead letters."""
    with database.reading() as session:
        count = dead_letters.count_open(session)
    yield warning(f"{count} åpne. Se «consultations dead-letters list»") if count else good("ingen")


def reminders(database: Database, now: datetime) -> Iterable[Finding]:
    """Say whether somebody looks at the responses in time to remind people of them."""
    with database.reading() as session:
        count = waiting_reminders.unlooked(session, now - REMINDERS_PATIENCE)
    if count:
        yield warning(
            f"{count} høringssvar skulle vært sett på. De tas når «consultations serve» eller "
            "«consultations scheduler» går; går den, se i loggen"
        )
    else:
        yield good("ingen venter på å bli sett på")


def alerts(database: Database) -> Iterable[Finding]:
    """Count the alerts, above all those that stand."""
    with database.reading() as session:
        tally, twice = ledger.tally(session), ledger.count_perhaps_twice(session)
    standing = tally.get(DeliveryState.REFUSED, 0)
    waiting = tally.get(DeliveryState.PENDING, 0) + tally.get(DeliveryState.SENDING, 0)
    if standing:
        yield red(f"{standing} står. Se «consultations alerts list» for hvorfor")
    if twice:
        yield note(f"{twice} kan være gitt to ganger, den ene i e-post: Slack svarte ikke i tide")
    yield good(f"{waiting} venter, {tally.get(DeliveryState.SENT, 0)} er sendt")
