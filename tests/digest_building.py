"""A week of consultations and readers, for tests of the weekly mail."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from consultations.digest.composing import Composer, Letter
from consultations.digest.week import Gatherer
from consultations.domain.decision import Decision, RoutingText
from consultations.domain.events import Event
from consultations.domain.history import History, Sighting
from consultations.domain.observation import DeadlineKind, Observation, Status
from consultations.domain.people import People, Person
from consultations.domain.readers import Reader, Readers, Sending
from consultations.domain.response.acts import (
    Act,
    Advanced,
    Assigned,
    Choice,
    Demanded,
    Judged,
    State,
    Triaged,
    Verdict,
)
from consultations.domain.response.case import Case
from consultations.domain.response.work_calendar import WorkCalendar
from consultations.mail import Mailbox
from consultations.store import consultations, responses, sources
from consultations.store.consultations import Decided, ReadRecord
from consultations.store.database import Database
from consultations.store.responses import Standing
from consultations.store.sources import PollCounts
from tests.building import at, deadline, observation, record

MONDAY = datetime(2026, 7, 6, 5, 0, tzinfo=UTC)
"""Monday 6. juli 2026 kl. 07.00 in Norway. The first observations are from the Saturday before."""

WEEK = "2026-W28"
SECTIONS = {
    "oppvekst": "Oppvekst, barnevern og familie",
    "klima-miljo": "Klima, miljø, vann og avfall",
    "jus": "Jus – KS Advokatene",
    "internasjonalt": "Europapolitikk og internasjonalt (Brussel-kontoret)",
}
SOURCES = {"regjeringen": "Høringer på regjeringen.no", "stortinget": "Høringer i Stortinget"}
PEOPLE = People(people={"kari-eksempel": Person(name="Kari Eksempel")})
PAGES = "https://horinger.example.org"

READERS = {
    "barnevern": Reader(name="Bård Vern", email="bard@example.org", sections=("oppvekst",)),
    "stille": Reader(
        name="Stille Leser", email="stille@example.org", sections=("jus",), when_nothing="silent"
    ),
    "brussel": Reader(name="Brita Brussel", email="brita@example.org", brussels=True),
    "ledelsen": Reader(name="Ledelsen", email="ledelsen@example.org", leadership=True),
    "medlemmer": Reader(name="Medlemmene", email="medlemmer@example.org", members=True),
}


def readers(*ids: str, **given: Any) -> Readers:
    chosen = {id_: READERS[id_] for id_ in ids or READERS}
    return Readers(**{"readers": chosen, **given})


def composer(chosen: Readers | None = None, **given: Any) -> Composer:
    facts: dict[str, Any] = {
        "readers": chosen or readers(),
        "gatherer": Gatherer(timedelta(days=14), WorkCalendar(), SOURCES),
        "sections": SECTIONS,
        "people": PEOPLE,
        "sender": Mailbox.read("Høringer i KS <horinger@example.org>"),
        "page_url": PAGES,
    }
    return Composer(**{**facts, **given})


def keep(
    database: Database,
    *seen: Observation,
    lead: str | None = "oppvekst",
    backfill: bool = False,
    acts: Sequence[Act] = (),
    work: dict[str, Any] | None = None,
    **decided: Any,
) -> int:
    """Keep what a source said about one consultation, where it was routed and what KS did."""
    observed = seen or (observation(),)
    history = History(Sighting.of(one, backfill=backfill) for one in observed)
    key = history.latest.key
    with database.transaction() as session:
        ids = consultations.save_state(session, [history])
        read = [ReadRecord(record(one), Sighting.of(one, backfill=backfill), 1) for one in observed]
        consultations.add_sightings(session, ids, read)
        if lead:
            decision = Decision(lead=lead, score=5, rules_hash="x", **decided)
            text = RoutingText.of(history.latest).hash
            consultations.save_decisions(
                session, [Decided(ids[key], text, history.latest.observed_at, decision, True)]
            )
        responses.keep_acts(session, [Event.of_act(key, act) for act in acts])
        if acts or work is not None:
            case = Case.of(acts)
            responses.show(session, [standing(ids[key], case, lead, **(work or {}))])
    return ids[key]


def full_week(database: Database) -> None:
    """Something for every part of the mail, the Storting not seen since Saturday."""
    see_sources(database)
    see_sources(database, MONDAY - timedelta(days=2), "stortinget")
    mine, climate = {"owner": "kari-eksempel"}, ("Klima- og miljødepartementet",)
    soon, over = deadline("2026-07-24"), deadline("2026-06-25")
    keep(database, _matter(1, 0, "Høring om endringer i barnevernsloven"), seconds=("jus",))
    keep(
        database,
        _matter(2, 0, "Høring – avløpsdirektivet", deadlines=(soon,), senders=climate),
        lead="klima-miljo",
        eu_eea=True,
        work={"state": State.DRAFT, **mine},
    )
    keep(database, _matter(3, 0, "Høring om tiltak mot mobbing", deadlines=(soon,)), work={})
    law = "Høyring om endring i kommunelova"
    keep(
        database,
        _matter(4, -30, law, language="nn"),
        _matter(4, 0, law, language="nn", deadlines=(deadline("2026-08-28"),)),
        lead="jus",
    )
    keep(
        database,
        _matter(
            5,
            -30,
            "Endringer i plan- og bygningsloven",
            deadlines=(
                deadline("2026-07-08", DeadlineKind.REQUEST_TO_APPEAR),
                deadline("2026-07-15"),
            ),
        ),
        lead="klima-miljo",
        work={"state": State.ANSWERING},
    )
    keep(
        database,
        _matter(6, -60, "Forskrift om fosterhjem"),
        acts=[Advanced(**_by(1), to=State.SENT, deadlines=(DeadlineKind.WRITTEN_ANSWER,))],
    )
    keep(
        database,
        _matter(7, -60, "Ny folkehelselov", deadlines=(over,)),
        acts=[
            Triaged(**_by(1, -20), choice=Choice.ANSWER),
            Assigned(**_by(2, -20), owner="kari-eksempel"),
        ],
        work={"deadline_at": over.at},
    )
    keep(
        database,
        _matter(8, -200, "Finansiering av barnehager", status=Status.CONCLUDED),
        acts=[
            Demanded(**_by(1, -90), text="Full finansiering"),
            Demanded(**_by(2, -90), text="Frist"),
            Judged(**_by(3), demand=1, verdict=Verdict.PARTLY),
        ],
    )
    keep(database, _matter(9, 0, "Endring i sjøkartforskriften"), lead="none")
    keep(database, _matter(10, 0, "Energimerking av bygg"), lead="klima-miljo", abstained=True)


def _matter(number: int, seen: int, title: str, **given: Any) -> Observation:
    return observation(seen, external_id=str(number), title=title, **given)


def _by(number: int, day: int = 0) -> dict[str, Any]:
    return {"number": number, "at": at(day), "by": "Kari Eksempel"}


def standing(id_: int, case: Case, lead: str | None, **given: Any) -> Standing:
    facts: dict[str, Any] = dict.fromkeys(Standing.__dataclass_fields__) | {
        "consultation_id": id_, "state": case.state, "version": case.version, "lead": lead,
        "owner": case.owner, "contributing": list(case.contributing), "brussels": False,
        "arrived_at": MONDAY - timedelta(days=30), "last_act_at": case.last_act_at,
    }  # fmt: skip
    return Standing(**{**facts, **given})


def see_sources(database: Database, at: datetime = MONDAY, *names: str) -> None:
    """Let sources have been polled without trouble since long before."""
    with database.transaction() as session:
        for name in names or SOURCES:
            for moment in (at - timedelta(days=30), at - timedelta(minutes=20)):
                sources.begin_poll(session, name, moment)
                sources.end_poll(session, name, moment, PollCounts(fetched=1))


def letter(
    database: Database,
    reader: str,
    *,
    now: datetime = MONDAY,
    way_out: str | None = "https://horinger.example.org/avmelding/hemmelig",
    **given: Any,
) -> Letter | None:
    """Write one reader's mail of the week."""
    writer, sending = composer(**given), Sending(WEEK, MONDAY)
    with database.reading() as session:
        week = writer.gather(session, sending, None, now)
        return writer.letter(sending, reader, week, way_out)


def text(database: Database, reader: str, **given: Any) -> str:
    """Return the text part of a reader's mail, with every run of blanks as one."""
    written = letter(database, reader, **given)
    assert written is not None
    return " ".join(written.text.split())


__all__ = [
    "MONDAY", "PAGES", "PEOPLE", "READERS", "SECTIONS", "SOURCES", "WEEK", "State", "composer",
    "full_week", "keep", "letter", "readers", "see_sources", "standing", "text",
]  # fmt: skip
