"""The commands with which a person moves a matter, and sees who has moved which."""

import json

import click

from consultations import bootstrap
from consultations.alerts.text import plain
from consultations.domain.calendar import format_instant
from consultations.domain.correction import Correction
from consultations.domain.decision import NONE_SECTION, Decision
from consultations.domain.errors import InvalidRecord
from consultations.handlers import correction as corrections_made
from consultations.handlers.correction import Wish
from consultations.store import corrections as kept
from consultations.store.corrections import Made

_YES_OR_NO = {"ja": True, "nei": False}


@click.command()
@click.argument("consultation", metavar="ID")
@click.option("--section", metavar="ID", help="Seksjonen som skal holde pennen.")
@click.option("--not-for-ks", is_flag=True, help="Saken er ikke for KS.")
@click.option("--eu", type=click.Choice(list(_YES_OR_NO)), help="Er det en EU/EØS-sak for KS?")
@click.option("--by", required=True, metavar="NAVN", help="Navnet på den som retter.")
@click.option("--reason", default="", metavar="TEKST", help="Hvorfor.")
def correct(
    consultation: str, section: str | None, not_for_ks: bool, eu: str | None, by: str, reason: str
) -> None:
    """Flytt en sak til en annen seksjon, eller rett EU/EØS-merket. Går foran sporeren."""
    if section and not_for_ks:
        raise InvalidRecord("Velg enten --section eller --not-for-ks, ikke begge.")
    lead = NONE_SECTION if not_for_ks else section
    wish = Wish(by, lead, _YES_OR_NO[eu] if eu else None, reason)
    tracker = bootstrap.tracker()
    names = {id_: section.name_no for id_, section in tracker.rules.sections.items()}
    with tracker.database.transaction() as session:
        done = corrections_made.correct(session, consultation, wish, names, tracker.clock)
    click.echo("Rettelsen er lagret." if done.is_new else "Det samme var sagt før.")
    if done.dossier.decision:
        click.echo(_as_it_stands(done.dossier.decision, names.get(done.dossier.decision.lead)))
    tracker.engine.drain()


def _as_it_stands(decision: Decision, name: str | None) -> str:
    brussels = "hører" if decision.brussels else "hører ikke"
    if decision.abstained:
        return f"Seksjonen er fortsatt ikke valgt. Brussel-kontoret {brussels} om saken."
    return f"Holder pennen: {name or decision.lead}. Brussel-kontoret {brussels} om saken."


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON-linjer.")
def corrections(as_json: bool) -> None:
    """Vis alt folk har rettet, det nyeste først."""
    with bootstrap.tracker().database.reading() as session:
        found = list(kept.made(session))
    for one in found:
        click.echo(_as_json(one) if as_json else _in_words(one))
    if not found and not as_json:
        click.echo("Ingen har rettet noe.")


def _as_json(one: Made) -> str:
    said = one.correction.model_dump(mode="json")
    return json.dumps({"id": one.consultation, "title": one.title, **said}, ensure_ascii=False)


def _in_words(one: Made) -> str:
    said = one.correction
    reason = f" ({plain(said.reason)})" if said.reason else ""
    first = f"{format_instant(said.at)}  {plain(said.by)}: {plain(_what(said))}{reason}"
    return f"{first}\n    {one.consultation} {plain(one.title)}"


def _what(said: Correction) -> str:
    sides = [f"seksjon {said.lead}"] if said.lead is not None else []
    if said.brussels is not None:
        sides.append(f"EU/EØS {'ja' if said.brussels else 'nei'}")
    return ", ".join(sides)
