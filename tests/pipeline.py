"""The three steps joined over the embedded engine, with records that are observations."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from consultations.clock import Clock
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.observation import Observation
from consultations.domain.response.case import Case
from consultations.handlers import response
from consultations.handlers.correction import Corrected, Wish, correct
from consultations.handlers.intake import intake
from consultations.handlers.routing import route
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.handlers.tracking import track
from consultations.routing import RuleSet
from consultations.store.database import Database
from consultations.store.tables import DeliveryRow, OutboxRow
from streams.embedded import EmbeddedEngine
from streams.step import Step
from streams.topics import EVENTS, SOURCE_RECORDS
from tests.building import ReadBack, observation, record
from tests.response_building import office

KEY = observation().key


def one_channel_each(rules: RuleSet) -> ChannelMap:
    channels = {id_: Channel(name=f"#{id_}", sections=(id_,)) for id_ in rules.sections}
    return ChannelMap(channels={**channels, "triage": Channel(name="#triage")}, triage="triage")


def names(rules: RuleSet) -> dict[str, str]:
    return {id_: section.name_no for id_, section in rules.sections.items()}


def steps(rules: RuleSet, clock: Clock, reader: ReadBack | None = None) -> list[Step]:
    return [
        Step(INTAKE, SOURCE_RECORDS,
             partial(intake, readers={"regjeringen": reader or ReadBack()},
                     news_age=timedelta(days=14), clock=clock)),
        Step(ROUTING, EVENTS, partial(route, rules=rules, clock=clock)),
        Step(TRACKING, EVENTS,
             partial(track, channels=one_channel_each(rules), sections=names(rules),
                     office=office(), news_age=timedelta(days=14), clock=clock)),
    ]  # fmt: skip


def engine(
    database: Database, rules: RuleSet, clock: Clock, reader: ReadBack | None = None
) -> EmbeddedEngine:
    return EmbeddedEngine(database, steps(rules, clock, reader), clock)


def take_in(
    carrier: EmbeddedEngine, seen: Iterable[Observation], *, backfill: bool = False
) -> None:
    carrier.publish([record(one, backfill=backfill) for one in seen])
    carrier.drain()


def say(
    database: Database, rules: RuleSet, wish: Wish, *, at: datetime, key: str = KEY
) -> Corrected:
    """Have a person correct a matter at a moment; the steps are left to do their part."""
    with database.transaction() as session:
        return correct(session, key, wish, names(rules), lambda: at)


def do(
    database: Database, rules: RuleSet, wish: response.Wish, *, at: datetime, key: str = KEY
) -> Case:
    """Have a person do something with KS' response; the steps are left to do their part."""
    with database.transaction() as session:
        return response.act(
            session, key, wish, office(), one_channel_each(rules), names(rules), lambda: at
        )


def ledger_keys(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(sa.select(DeliveryRow.key)))


def event_ids(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(sa.select(OutboxRow.event_id)))


def final_state(database: Database, *tables: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the tables, without the numbers the database hands out."""
    state = {}
    with database.reading() as session:
        for name in tables:
            columns = [c["name"] for c in sa.inspect(session.get_bind()).get_columns(name)]
            kept = ", ".join(f"t.{c}" for c in columns if c not in {"id", "consultation_id"})
            owner = (
                "JOIN consultations k ON k.id = t.consultation_id"
                if "consultation_id" in columns
                else ""
            )
            key = "k.key" if owner else "t.key"
            rows = session.execute(sa.text(f"SELECT {key}, {kept} FROM {name} t {owner}"))
            state[name] = sorted(tuple(map(repr, row)) for row in rows)
    return state
