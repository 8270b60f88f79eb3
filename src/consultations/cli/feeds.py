"""The commands that make, list and withdraw the secret addresses of calendars and feeds."""

import json

import click

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.domain.calendar import format_instant
from consultations.domain.correction import LONGEST_NAME
from consultations.domain.decision import NONE_SECTION
from consultations.domain.errors import InvalidRecord, NotFound
from consultations.domain.foreign_text import plain
from consultations.store import secret_addresses
from consultations.store.secret_addresses import Purpose, SecretAddress

_PURPOSES = {
    Purpose.CALENDAR_SECTION: "kalender for seksjonen",
    Purpose.CALENDAR_BRUSSELS: "kalender for Brussel-kontoret",
    Purpose.CALENDAR_OWNER: "kalender for",
    Purpose.FEED_SECTION: "nyhetsstrøm for seksjonen",
    Purpose.UNSUBSCRIBE: "avmelding for leseren",
}
_NO_PAGE_URL = (
    "CONSULTATIONS_PAGE_URL er ikke satt. Sett adressen folk når nettsidene på, foran denne."
)


@click.group()
def feeds() -> None:
    """Hemmelige adresser til kalendere og nyhetsstrømmer.

    Den som kjenner adressen, kan lese det som står der, til den trekkes tilbake.
    """


@feeds.command()
@click.option("--section", metavar="ID", help="Kalender med fristene til en seksjon.")
@click.option("--brussels", is_flag=True, help="Kalender med fristene i EU- og EØS-saker.")
@click.option("--owner", metavar="ID", help="Kalender med frister og steg for en person.")
@click.option("--atom", is_flag=True, help="Med --section: nyhetsstrøm (Atom) i stedet.")
@click.option("--by", required=True, metavar="NAVN", help="Navnet på den som lager adressen.")
def create(section: str | None, brussels: bool, owner: str | None, atom: bool, by: str) -> None:
    """Lag en ny adresse."""
    if sum(map(bool, (section, brussels, owner))) != 1:
        raise InvalidRecord("Velg én av --section, --brussels og --owner.")
    if atom and not section:
        raise InvalidRecord("Nyhetsstrøm finnes bare for seksjoner. Bruk --atom med --section.")
    name = plain(by)
    if not name or len(name) > LONGEST_NAME:
        raise InvalidRecord(f"--by skal være et navn på høyst {LONGEST_NAME} tegn.")
    tracker = bootstrap.tracker()
    purpose, target = _wanted(tracker, section, owner, atom=atom)
    with tracker.database.transaction() as session:
        made = secret_addresses.make(session, purpose, target, name, tracker.clock())
    page_url = tracker.settings.page_url
    if not page_url:
        click.echo(_NO_PAGE_URL, err=True)
    click.echo(made.full(page_url))


def _wanted(
    tracker: Tracker, section: str | None, owner: str | None, *, atom: bool
) -> tuple[Purpose, str]:
    if section:
        life = tracker.rules.life
        living = [one for one in life.living if one != NONE_SECTION]
        if life.current(section) not in living:
            expected = ", ".join(living)
            raise NotFound(f"Ukjent seksjon «{plain(section)[:80]}», ventet en av: {expected}.")
        purpose = Purpose.FEED_SECTION if atom else Purpose.CALENDAR_SECTION
        return purpose, life.current(section)
    if owner:
        people = tracker.office.people.people
        if owner not in people:
            expected = ", ".join(people) or "ingen; skriv dem inn i config/people.yaml"
            raise NotFound(f"Ukjent person «{plain(owner)[:80]}», ventet en av: {expected}.")
        return Purpose.CALENDAR_OWNER, owner
    return Purpose.CALENDAR_BRUSSELS, ""


@feeds.command("list")
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON-linjer.")
def list_addresses(as_json: bool) -> None:
    """Vis alle adressene, de nyeste først. Avmeldingene i ukesoversikten er ikke med."""
    tracker = bootstrap.tracker()
    with tracker.database.reading() as session:
        found = secret_addresses.listed(session)
    found = [one for one in found if one.purpose is not Purpose.UNSUBSCRIBE]
    page_url = tracker.settings.page_url
    for one in found:
        click.echo(_as_json(one, page_url) if as_json else _in_words(one, page_url))
    if not found and not as_json:
        click.echo("Ingen adresser. Lag en med «consultations feeds create».")


def _as_json(one: SecretAddress, page_url: str | None) -> str:
    revoked = one.revoked_at.isoformat() if one.revoked_at else None
    said = {
        "purpose": one.purpose, "target": one.target, "address": one.full(page_url),
        "made_at": one.made_at.isoformat(), "made_by": one.made_by, "revoked_at": revoked,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False)


def _in_words(one: SecretAddress, page_url: str | None) -> str:
    made = f"laget {format_instant(one.made_at)} av {plain(one.made_by)}"
    gone = f", trukket tilbake {format_instant(one.revoked_at)}" if one.revoked_at else ""
    return f"{one.full(page_url)}\n    {_what(one)}, {made}{gone}"


def _what(one: SecretAddress) -> str:
    return f"{_PURPOSES[one.purpose]} {one.target}".strip()


@feeds.command()
@click.argument("address", metavar="ADRESSE")
def revoke(address: str) -> None:
    """Trekk tilbake en adresse. Hele adressen, eller begynnelsen av det hemmelige i den."""
    token = address.rstrip("/").rpartition("/")[2].removesuffix(".ics").removesuffix(".atom")
    tracker = bootstrap.tracker()
    with tracker.database.transaction() as session:
        gone = secret_addresses.revoke(session, token, tracker.clock())
    click.echo(f"Trukket tilbake: {_what(gone)}. Adressen virker ikke lenger.")
