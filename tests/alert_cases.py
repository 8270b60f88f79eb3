"""Consultations put into the store the way the steps do it, for tests of what is told."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.decision import Decision, EuAct, Evidence, RoutingText, Score
from consultations.domain.events import EventType
from consultations.domain.history import Fact, History, Sighting
from consultations.domain.observation import Observation
from consultations.store import consultations, ledger
from consultations.store.consultations import Decided, Dossier, ReadRecord
from consultations.store.database import Database
from consultations.store.ledger import Claim, Debt, Due, Posted
from consultations.store.tables import DeliveryRow
from tests.building import DAY_ONE, observation, record

SECTIONS = {
    "klima-miljo": "Klima, miljø, vann og avfall",
    "samferdsel": "Samferdsel",
    "internasjonalt": "Europapolitikk og internasjonalt (Brussel-kontoret)",
    "oppvekst": "Oppvekst, barnevern og familie",
    "none": "Ikke for KS",
}

CHANNELS = ChannelMap(
    triage="triage",
    channels={
        "triage": Channel(name="#horinger-fordeling", slack_id="C0TRIAGE"),
        "klima-miljo": Channel(
            name="#horinger-klima-miljo", slack_id="C0KLIMA1", sections=("klima-miljo",)
        ),
        "samferdsel": Channel(
            name="#horinger-samferdsel", slack_id="C0SAMF01", sections=("samferdsel",)
        ),
        "brussel": Channel(
            name="#horinger-brussel", slack_id="C0BRUSSEL", sections=("internasjonalt",)
        ),
        "oppvekst": Channel(name="#horinger-oppvekst", sections=("oppvekst",)),
    },
)

SLACK_CHANNELS = tuple(c.slack_id for c in CHANNELS.channels.values() if c.slack_id)

OPENED = Fact(EventType.OPENED, "opened", DAY_ONE, "Ny høring.")
MOVED = Fact(
    EventType.DEADLINE_MOVED,
    "deadline_moved/written_answer/2026-09-01/1",
    DAY_ONE + timedelta(days=2),
    "Fristen for å svare er flyttet fra 7. august 2026 til 1. september 2026.",
)
CANCELLED = Fact(
    EventType.CANCELLED, "cancelled/1", DAY_ONE + timedelta(days=3), "Høringen er avlyst."
)
REOPENED = Fact(
    EventType.REOPENED, "reopened/1", DAY_ONE + timedelta(days=4), "Høringen er åpnet igjen."
)


def climate(seen: int = 0, **given: Any) -> Observation:
    facts = {
        "title": "Høring – forslag til endringer i klimaloven og avfallsforskriften",
        "senders": ("Klima- og miljødepartementet",),
        "lead": "Forslaget gjennomfører direktiv (EU) 2018/851 om avfall.",
        **given,
    }
    return observation(seen, **facts)


def evidence(quote: str, section: str, weight: float = 2.0, **given: Any) -> Evidence:
    place: dict[str, Any] = {"field": "title", "start": 0, "end": len(quote), "rule": "r", **given}
    return Evidence(quote=quote, section=section, weight=weight, **place)


def decision(**given: Any) -> Decision:
    facts: dict[str, Any] = {
        "lead": "klima-miljo",
        "score": 6.0,
        "runner_up": Score(section="samferdsel", score=1.5),
        "evidence": (
            evidence("klimaloven", "klima-miljo", 3.0),
            evidence("Klima- og miljødepartementet", "klima-miljo", field="sender"),
        ),
        "rules_hash": "abc",
        **given,
    }
    return Decision(**facts)


EU_DECISION = decision(
    seconds=("samferdsel",),
    eu_eea=True,
    brussels=True,
    eu_acts=(EuAct(quote="direktiv (EU) 2018/851", celex="32018L0851", name="avfallsdirektivet"),),
    eu_evidence=(evidence("direktiv (EU) 2018/851", "internasjonalt", field="summary"),),
)


def dossier(*seen: Observation, decided: Decision | None = None) -> Dossier:
    history = History(Sighting.of(o, backfill=False) for o in seen or (climate(),))
    made = {RoutingText.of(history.latest).hash: decided or decision()}
    return Dossier(1, history.latest.key, history, made)


def claim(*facts: Fact, channel: str = "klima-miljo", parent: Posted | None = None) -> Claim:
    due = tuple(
        Due(n, f"regjeringen:3167072|{f.name}|{channel}", f.type, f.words, 0, None)
        for n, f in enumerate(facts or (OPENED,))
    )
    return Claim("regjeringen:3167072", channel, due, parent)


def take_in(database: Database, *seen: Observation, decided: Decision | None = None) -> int:
    """Store what was seen and decided, as intake and routing do. Returns the consultation's id."""
    with database.transaction() as session:
        known = consultations.histories(session, [seen[0].key]).get(seen[0].key)
        sightings = [Sighting.of(o, backfill=False) for o in seen]
        history = History([*(known.sightings if known else ()), *sightings])
        ids = consultations.save_state(session, [history])
        read = [ReadRecord(record(o), s, 1) for o, s in zip(seen, sightings, strict=True)]
        consultations.add_sightings(session, ids, read)
        hash_ = RoutingText.of(history.latest).hash
        made = Decided(ids[history.latest.key], hash_, DAY_ONE, decided or decision(), current=True)
        consultations.save_decisions(session, [made])
        return ids[history.latest.key]


def owe(
    database: Database, id_: int, facts: Iterable[Fact], channel: str = "klima-miljo",
    key: str = "regjeringen:3167072", now: datetime = DAY_ONE,
) -> None:  # fmt: skip
    with database.transaction() as session:
        ledger.owe(session, [Debt(id_, key, channel, fact) for fact in facts], now)


def deliveries(database: Database) -> list[DeliveryRow]:
    with database.reading() as session:
        return list(session.query(DeliveryRow).order_by(DeliveryRow.id))


def states(database: Database) -> list[str]:
    return [row.state for row in deliveries(database)]


class Time:
    """A clock, a monotonic clock and a sleep that agree, and move only when told."""

    def __init__(self, now: datetime = DAY_ONE) -> None:
        self.now = now
        self.slept: list[float] = []

    def clock(self) -> datetime:
        return self.now

    def timestamp(self) -> float:
        return self.now.timestamp()

    def monotonic(self) -> float:
        return (self.now - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def passes(self, **given: float) -> None:
        self.now += timedelta(**given)
