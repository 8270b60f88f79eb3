"""A whole year: every reminder that was due came once, and no other; so did every weekly mail."""

import email
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from consultations import calendar_file, config_file
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.events import EventType
from consultations.domain.people import People, Person
from consultations.domain.response.office import Office
from consultations.domain.response.plan import PlanTemplates
from consultations.domain.response.priorities import Priorities
from consultations.store.database import Database
from consultations.store.tables import DeliveryRow, SourceRow
from tests.conftest import ROOT
from tests.reminder_oracle import Oracle
from tests.virtual_year import BEGINS, ENDS, MATTERS, Year
from tests.year_log import OSLO, at_work, day_of
from tests.year_script import Script

SECTIONS = ("oppvekst", "helse-omsorg", "klima-miljo", "plan-bygg", "samferdsel", "jus")
SEED = int(os.environ.get("VIRTUAL_YEAR_SEED", "2026"))
MONDAYS = 52


@dataclass
class Played:
    year: Year
    entered: dict[str, tuple[datetime, str]]
    """When each reminder was entered in the ledger, and how it ended."""
    walked: list[Oracle]
    seconds: float

    @property
    def expected(self):
        return {key: tick for oracle in self.walked for key, tick in oracle.expected.items()}


def office() -> Office:
    """KS' own plans and calendar, and two people in each section.

    All sections but one have a head, and one head has two.
    """
    people = {
        f"{name}-{section}": Person(
            name=f"{name} {section}",
            sections=(section,),
            head_of=(section,)
            if name == "leder" and section not in {"jus", "helse-omsorg"}
            else (),
        )
        for section in SECTIONS
        for name in ("leder", "fagfolk")
    }
    has_two = people["leder-oppvekst"].model_copy(update={"head_of": ("oppvekst", "helse-omsorg")})
    config = ROOT / "config"
    return Office(
        templates=config_file.load(config / "response-plans.yaml", PlanTemplates),
        calendar=calendar_file.work_calendar(calendar_file.read(config / "calendar.yaml").content),
        people=People(people={**people, "leder-oppvekst": has_two}),
        priorities=Priorities.model_construct(),
    )


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """Play the year, on a file in memory where there is such a place: ours is no test of disks."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        played = _play(f"sqlite:///{folder}/year.db")
        sys.stdout.write(tally(played))
        yield played


def _play(url: str) -> Played:
    database = Database(url)
    database.migrate()
    with database.transaction() as session:
        session.add(SourceRow(source="regjeringen", cursor={}, first_run_completed_at=BEGINS))
    channels = {id_: Channel(name=f"#{id_}", sections=(id_,)) for id_ in SECTIONS}
    heard = ChannelMap(channels={**channels, "triage": Channel(name="#triage")}, triage="triage")
    ours = office()
    year = Year(
        SEED,
        lambda: (Database(url), ours),
        lambda year, number: Script(year, number).arrive,
        heard,
        {section: section for section in SECTIONS},
    )
    began = time.process_time()
    gc.freeze()  # what was loaded before is not worth looking through again and again
    year.play()
    gc.unfreeze()
    with database.reading() as session:
        row = DeliveryRow
        query = sa.select(row.key, row.entered_at, row.state)
        found = session.execute(query.where(row.fact == EventType.REMINDER)).all()
    database.close()
    sent_at = {one.key: one.number for one in year.sent}
    walked = [Oracle(matter, year.ticks, sent_at).walk() for matter in year.matters]
    entered = {key: (entered_at, state) for key, entered_at, state in found}
    return Played(year, entered, walked, time.process_time() - began)


def tally(played: Played) -> str:
    last = (key.split("|")[1].rpartition("/")[2] for key in played.entered)
    rungs = Counter(rung.partition(".")[0] for rung in last)
    states = Counter(state for _, state in played.entered.values())
    happened = ", ".join(f"{count} {name}" for name, count in played.year.tally.items())
    return (
        f"\nvirtual year, seed {SEED}, {played.seconds:.1f} s of computing: {happened}; "
        f"{len(played.year.ticks)} looks, reminders by rung {dict(rungs.most_common())}, "
        f"as they ended {dict(states)}; {len(played.year.mails)} weekly mails\n"
    )


def test_virtual_year_is_a_year_with_something_of_everything(played):
    tally = played.year.tally
    assert tally["matters"] == MATTERS
    assert min(tally[name] for name in ("moved", "extended", "cancelled", "undone", "restarts"))
    assert {state for _, state in played.entered.values()} == {"sent", "withdrawn"}
    assert played.year.now >= ENDS


def test_virtual_year_every_rung_that_was_due_came_once_when_it_was_due_and_no_other(played):
    came = {key: entered_at for key, (entered_at, _) in played.entered.items()}
    assert came == {key: tick.at for key, tick in played.expected.items()}
    times_sent = Counter(one.key for one in played.year.sent)
    assert set(times_sent.values()) == {1}


def test_virtual_year_only_what_was_done_or_overtaken_first_was_withdrawn(played):
    excused = {key for oracle in played.walked for key in oracle.excused}
    withdrawn = {key for key, (_, state) in played.entered.items() if state == "withdrawn"}
    assert withdrawn == excused


def test_virtual_year_nothing_was_sent_after_it_was_done(played):
    ended = {key: number for oracle in played.walked for key, number in oracle.ended.items()}
    too_late = [one.key for one in played.year.sent if one.number > ended.get(one.key, one.number)]
    assert not too_late


def test_virtual_year_nothing_came_in_the_night_but_on_the_last_day_of_a_deadline(played):
    for key, (entered_at, _) in played.entered.items():
        _, name, due, rung = key.split("|")[1].split("/")
        on_the_last_day = day_of(entered_at).isoformat() == due
        of_a_deadline = name in {"written_answer", "request_to_appear", "eu_feedback"}
        last = (
            of_a_deadline
            and on_the_last_day
            and rung.partition(".")[0] in {"0", "now", "escalated"}
        )
        assert at_work(entered_at) or last, key


def test_virtual_year_each_monday_had_one_mail_to_each_reader(played):
    read = [(at, email.message_from_bytes(mail)) for at, mail in played.year.mails]
    ids = Counter(mail["Message-ID"] for _, mail in read)
    assert set(ids.values()) == {1}
    of_2026 = [(at, mail) for at, mail in read if at < datetime(2027, 1, 1, tzinfo=OSLO)]
    assert set(Counter(mail["To"] for _, mail in of_2026).values()) == {MONDAYS}
    assert all(
        (at.astimezone(OSLO).weekday(), at.astimezone(OSLO).hour) >= (0, 7) for at, _ in read
    )
