"""The commands with which people work on KS' response. None of them sends anything to anyone."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.cli.response_shown import as_line, case_as_json, case_in_lines, listed_as_json
from consultations.domain.calendar import from_local, local_day
from consultations.domain.errors import NotFound
from consultations.domain.observation import DeadlineKind
from consultations.domain.response.acts import STATE_WORDS, Choice, Relation, State, Verdict
from consultations.domain.response.rules import earlier_states, next_states
from consultations.handlers import response as responding
from consultations.handlers.response import (
    Advance,
    Assign,
    Demand,
    Extend,
    FileReceipt,
    Judge,
    Link,
    Note,
    Refused,
    Triage,
    Wish,
)
from consultations.handlers.response_news import names_of
from consultations.handlers.response_wishes import Undo, What
from consultations.store import consultations, response_lists, responses

Command = TypeVar("Command", bound=Callable[..., Any])

_YES_OR_NO = {"ja": True, "nei": False}
_AT_A_TIME = 1024 * 1024
_KINDS = [kind.value for kind in DeadlineKind if kind is not DeadlineKind.HEARING_DAY]


@click.group("response")
def response() -> None:
    """KS' eget svar: fra saken vurderes til utfallet er kjent.

    Sporeren sender aldri noe til et departement. Et menneske sender, og arkiverer kvitteringen her.
    """


@response.command("list")
@click.option("--section", metavar="ID", help="Det som venter på en seksjon, ufordelt først.")
@click.option("--person", metavar="ID", help="Det en person har, fra config/people.yaml.")
@click.option("--meetings", is_flag=True, help="Det som skal til et møte, møte for møte.")
@click.option("--late", is_flag=True, help="Det som er forsinket.")
@click.option("--page", type=click.IntRange(min=1), default=1, help="Hvilken side.")
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON-linjer.")
def list_responses(
    section: str | None, person: str | None, meetings: bool, late: bool, page: int, as_json: bool
) -> None:
    """Vis saker. Uten valg: det ingen har tatt, og som det fortsatt er tid til."""
    if sum(map(bool, (section, person, meetings, late))) > 1:
        raise Refused("Velg bare én av --section, --person, --meetings og --late.")
    tracker = bootstrap.tracker()
    _check_listed(section, tracker.section_names, "seksjon")
    _check_listed(person, tracker.office.people.people, "person")
    now, names = tracker.clock(), _names(tracker)
    with tracker.database.reading() as session:
        if section:
            found = response_lists.of_section(session, tracker.rules.life.ids(section), now, page)
        elif person:
            found = response_lists.mine(session, person, now, page)
        elif meetings:
            found = response_lists.to_meetings(session, local_day(now), page)
        elif late:
            found = response_lists.late(session, now, page)
        else:
            found = response_lists.unclaimed(session, now, page)
    for one in found:
        click.echo(listed_as_json(one) if as_json else as_line(one, names))
    if not found and not as_json:
        click.echo("Ingen saker.")


@response.command()
@click.argument("consultation", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON.")
def show(consultation: str, as_json: bool) -> None:
    """Vis én sak: tilstand, folk, frister, plan, krav og logg."""
    _show(bootstrap.tracker(), consultation, as_json=as_json)


def _show(tracker: Tracker, key: str, *, as_json: bool) -> None:
    with tracker.database.reading() as session:
        dossier = consultations.find(session, {key}).get(key)
        if dossier is None:
            raise NotFound(f"Det finnes ingen høring med nummeret «{key[:200]}».")
        case = responses.case(session, dossier.id)
        laid = responses.plans(session, [dossier.id]).get(dossier.id, ())
    plan = laid[-1].plan if laid else None
    seen, names = dossier.history.latest, _names(tracker)
    if as_json:
        click.echo(case_as_json(key, seen, case, plan, names))
        return
    for line in case_in_lines(key, seen, case, plan, names):
        click.echo(line)


def _does(command: Command) -> Command:
    """Give a command what all that change a case take, and do what it returns."""

    @response.command(command.__name__.replace("_", "-"))
    @click.argument("consultation", metavar="ID")
    @click.option("--by", required=True, metavar="NAVN", help="Hvem som gjør det: navn, eller id.")
    @click.option("--note", default="", metavar="TEKST", help="Merknad eller grunn, for loggen.")
    @click.option(
        "--expects", type=int, metavar="NR", help="Gjør det bare hvis saken har denne versjonen."
    )
    @click.option("--json", "as_json", is_flag=True, help="Skriv saken som JSON etterpå.")
    @wraps(command)
    def run(
        consultation: str, by: str, note: str, expects: int | None, as_json: bool, **given: Any
    ) -> None:
        _do(consultation, Wish(by, command(**given), note, expects), as_json=as_json)

    return run  # type: ignore[return-value]


def _do(key: str, wish: Wish, *, as_json: bool) -> None:
    tracker = bootstrap.tracker()
    living = {id_: section.name_no for id_, section in tracker.rules.sections.items()}
    wish = replace(wish, by=tracker.office.people.name(wish.by))
    with tracker.database.transaction() as session:
        case = responding.act(
            session, key, wish, tracker.office, tracker.channels, living, tracker.clock
        )
    tracker.engine.drain()
    if as_json:
        _show(tracker, key, as_json=True)
        return
    click.echo(f"Lagret. Saken står nå som «{STATE_WORDS[case.state]}» (versjon {case.version}).")
    onward = ", ".join(next_states(case))
    if onward:
        back = ", ".join(earlier_states(case))
        click.echo(f"Videre: {onward}.{f' Tilbake: {back}.' if back else ''}")


@_does
@click.option(
    "--choice", required=True, type=click.Choice([one.value for one in Choice]),
    help="KS svarer (answer), følger (follow), svarer ikke (not_answer, med grunn i --note), "
    "eller avgjør senere (later).",
)  # fmt: skip
@click.option("--heading", "headings", multiple=True, metavar="ID", help="Overskrift, gjentas.")
@click.option("--goal", "goals", multiple=True, metavar="ID", help="Mål for perioden, gjentas.")
@click.option("--section", metavar="ID", help="Seksjonen som holder pennen, om en annen.")
@click.option("--brussels", type=click.Choice(list(_YES_OR_NO)), help="Er Brussel-kontoret med?")
def triage(
    choice: str, headings: tuple[str, ...], goals: tuple[str, ...], section: str | None,
    brussels: str | None,
) -> What:  # fmt: skip
    """Avgjør om KS svarer."""
    told = _YES_OR_NO[brussels] if brussels else None
    return Triage(Choice(choice), headings, goals, section, told)


@_does
@click.option("--owner", required=True, metavar="ID", help="Saksansvarlig, fra people.yaml.")
@click.option("--deputy", metavar="ID", help="Stedfortreder.")
@click.option("--section", metavar="ID", help="Seksjonen som holder pennen, om en annen.")
@click.option("--contributing", multiple=True, metavar="ID", help="Seksjon som bidrar, gjentas.")
@click.option("--brussels", type=click.Choice(list(_YES_OR_NO)), help="Er Brussel-kontoret med?")
def assign(
    owner: str, deputy: str | None, section: str | None, contributing: tuple[str, ...],
    brussels: str | None,
) -> What:  # fmt: skip
    """Gi saken til en saksansvarlig."""
    told = _YES_OR_NO[brussels] if brussels else None
    return Assign(owner, deputy, section, contributing, told)


@_does
@click.option(
    "--to", required=True, type=click.Choice([one.value for one in State]), help="Ny tilstand."
)
@click.option(
    "--skip", multiple=True, type=click.Choice([one.value for one in State]),
    help="Et steg som hoppes over på veien dit. Hvert av dem må nevnes.",
)  # fmt: skip
@click.option(
    "--deadline", "deadlines", multiple=True, type=click.Choice(_KINDS),
    help="Fristen svaret gjelder, når det er sendt og saken har flere. Gjentas.",
)  # fmt: skip
@click.option("--link", metavar="LENKE", help="Hvor svaret kan leses, når det er publisert.")
def advance(to: str, skip: tuple[str, ...], deadlines: tuple[str, ...], link: str | None) -> What:
    """Før saken videre, eller tilbake med en grunn. «sent» melder at noen har sendt svaret."""
    kinds = tuple(map(DeadlineKind, deadlines)) or None
    return Advance(State(to), tuple(map(State, skip)), kinds, link)


@_does
def undo() -> What:
    """Angre det siste som ble gjort. Angringen står i loggen."""
    return Undo()


@_does
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATO",
              help="Siste dag som er avtalt, for eksempel 2026-10-16.")  # fmt: skip
@click.option(
    "--with", "agreed_with", required=True, metavar="HVEM", help="Hvem det er avtalt med."
)
@click.option("--deadline", type=click.Choice(_KINDS), help="Fristen, når saken har flere.")
def extend(until: datetime, agreed_with: str, deadline: str | None) -> What:
    """Før inn en utsatt frist som er avtalt med avsenderen."""
    day: date = until.date()
    return Extend(day, agreed_with, DeadlineKind(deadline) if deadline else None)


@_does
@click.option("--reference", default="", metavar="NR", help="Referansen i kvitteringen.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Filen som ble sendt. Bare sha256 av den lagres.")  # fmt: skip
@click.option("--sent-at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
              metavar="TID", help="Når svaret ble sendt, norsk tid: 2026-10-16T09:00.")  # fmt: skip
@click.option("--link", metavar="LENKE", help="Hvor kvitteringen eller svaret ligger.")
@click.option("--deadline", "deadlines", multiple=True, type=click.Choice(_KINDS),
              help="Fristen kvitteringen gjelder, når saken har flere. Gjentas.")  # fmt: skip
def file_receipt(
    reference: str, file: Path | None, sent_at: datetime | None, link: str | None,
    deadlines: tuple[str, ...],
) -> What:  # fmt: skip
    """Arkiver kvitteringen for et svar som noen har sendt."""
    return FileReceipt(
        reference,
        from_local(sent_at) if sent_at else None,
        _sha256(file) if file else None,
        link,
        tuple(map(DeadlineKind, deadlines)) or None,
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_AT_A_TIME):
            digest.update(part)
    return digest.hexdigest()


@_does
@click.option("--text", required=True, metavar="TEKST", help="Kravet, på én linje.")
def demand(text: str) -> What:
    """Før opp et krav i svaret. Nummeret står i «response show»."""
    return Demand(text)


@_does
@click.option("--demand", required=True, type=int, metavar="NR", help="Nummeret på kravet.")
@click.option("--verdict", required=True, type=click.Choice([one.value for one in Verdict]),
              help="Fulgt (followed), delvis (partly), ikke (not_followed), "
              "eller ikke omtalt (not_mentioned).")  # fmt: skip
@click.option("--quote", default="", metavar="TEKST", help="Ordene som viser det.")
@click.option("--link", metavar="LENKE", help="Hvor de står.")
def outcome(demand: int, verdict: str, quote: str, link: str | None) -> What:
    """Merk hva som ble av et krav."""
    return Judge(demand, Verdict(verdict), quote, link)


@_does
@click.option("--with", "other", required=True, metavar="ID", help="Høringen svaret skrives i.")
def join(other: str) -> What:
    """Besvar denne sammen med en annen: det som sendes der, gjelder også her."""
    return Link(Relation.JOINT, other)


@_does
@click.option("--of", "other", required=True, metavar="ID", help="Den forrige runden.")
def second_round(other: str) -> What:
    """Knytt saken til den forrige runden av samme sak."""
    return Link(Relation.SECOND_ROUND, other)


@_does
def note() -> What:
    """Skriv --note i loggen, uten å endre noe."""
    return Note()


def _names(tracker: Tracker) -> dict[str, str]:
    bodies = {id_: body.name for id_, body in tracker.office.calendar.bodies.items()}
    return {**bodies, **names_of(tracker.office, tracker.section_names)}


def _check_listed(id_: str | None, known: Collection[str], what: str) -> None:
    if id_ is not None and id_ not in known:
        raise Refused(f"Ukjent {what} «{id_[:80]}».", f"Velg en av: {', '.join(known)}.")
