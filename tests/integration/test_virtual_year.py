"""A whole year: every reminder that was due came once, and no other; so did every weekly mail."""

import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from consultations import calendar_file, config_file
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.people import People, Person
from consultations.domain.response.office import Office
from consultations.domain.response.plan import PlanTemplates
from consultations.domain.response.priorities import Priorities
from consultations.store.database import Database
from consultations.store.tables import DeliveryRow
from tests.conftest import ROOT
from tests.reminder_oracle import Oracle, at_work, day_of
from tests.virtual_year import Year

SECTIONS = ("oppvekst", "helse-omsorg", "klima-miljo", "plan-bygg", "samferdsel", "jus")
CALENDAR = ROOT / "config" / "calendar.yaml"
SEED = int(os.environ.get("VIRTUAL_YEAR_SEED", "2026"))


def people() -> People:
    """Two in each section; all sections but one have a head, and one head has two."""
    staff = {
        f"{name}-{section}": Person(
            name=f"{name} {section}",
            sections=(section,),
            head_of=(section,) if name == "leder" and section != "jus" else (),
        )
        for section in SECTIONS
        for name in ("leder", "fagfolk")
    }
    both = staff["leder-oppvekst"].model_copy(update={"head_of": ("oppvekst", "helse-omsorg")})
    without = staff["leder-helse-omsorg"].model_copy(update={"head_of": ()})
    return People(people={**staff, "leder-oppvekst": both, "leder-helse-omsorg": without})


@pytest.fixture(scope="module")
def year(tmp_path_factory, rules):
    url = f"sqlite:///{tmp_path_factory.mktemp('year') / 'year.db'}"
    Database(url).migrate()
    office = Office(
        templates=config_file.load(ROOT / "config" / "response-plans.yaml", PlanTemplates),
        calendar=calendar_file.work_calendar(calendar_file.read(CALENDAR).content),
        people=people(),
        priorities=Priorities.model_construct(),
    )
    channels = {id_: Channel(name=f"#{id_}", sections=(id_,)) for id_ in SECTIONS}
    heard = ChannelMap(channels={**channels, "triage": Channel(name="#triage")}, triage="triage")
    played = Year(SEED, lambda: (Database(url), office), heard, {s: s for s in SECTIONS})
    began = time.perf_counter()
    played.play()
    print(f"\nseed {SEED}: played in {time.perf_counter() - began:.1f} s: {dict(played.tally)}")
    return played, Database(url)


def test_virtual_year(year):
    played, database = year
    sent_at = {one.key: one.number for one in played.sent}
    walked = [Oracle(matter, played.ticks, sent_at).walk() for matter in played.matters]
    with database.reading() as session:
        row = DeliveryRow
        found = {
            key: (entered_at, state)
            for key, entered_at, state in session.execute(
                sa.select(row.key, row.entered_at, row.state).where(row.fact == "reminder")
            )
        }
    expected = {key: tick for oracle in walked for key, tick in oracle.expected.items()}
    missing = sorted(set(expected) - set(found))
    extra = sorted(set(found) - set(expected))
    print(len(expected), len(found), "missing", len(missing), "extra", len(extra))
    for key in missing[:10]: print("missing", key, expected[key].at)
    for key in extra[:10]: print("extra", key, found[key])
    assert not missing and not extra
    late = {k: (found[k][0], t.at) for k, t in expected.items() if found[k][0] != t.at}
    print("other tick", len(late), list(late.items())[:5])
    assert not late
