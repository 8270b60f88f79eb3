"""Fills a database with consultations, alerts, sources and dead letters, through the store.

The consultations are invented; they look like the real ones.
"""

from datetime import UTC, date, datetime, timedelta

from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.decision import Decision, EuAct, Evidence, RoutingText, Score
from consultations.domain.events import EventType
from consultations.domain.history import Fact, History, Sighting
from consultations.domain.observation import (
    DeadlineKind,
    Document,
    FoundIn,
    Kind,
    Meeting,
    Observation,
    Status,
    StortingCase,
)
from consultations.store import claiming, consultations, dead_letters, ledger, sources
from consultations.store.consultations import Decided, ReadRecord
from consultations.store.database import Database
from consultations.store.dead_letters import DeadLetter
from consultations.store.ledger import Debt, Due, Posted
from consultations.store.sources import PollCounts
from tests.building import at, deadline, observation, record

NOW = datetime(2026, 7, 10, 8, 0, tzinfo=UTC)
"""Six days after the first observation: 10. juli 2026 kl. 10.00 in Norway."""

SECTIONS = {
    "oppvekst": "Oppvekst, barnevern og familie",
    "klima-miljo": "Klima, miljø, vann og avfall",
    "demokrati-styring": "Demokrati, styring og kommunelov",
    "internasjonalt": "Europapolitikk og internasjonalt (Brussel-kontoret)",
}
CHANNELS = ChannelMap(
    channels={
        "oppvekst": Channel(name="#horing-oppvekst", sections=("oppvekst",)),
        "triage": Channel(name="#horing-triage", sections=tuple(SECTIONS)[1:]),
    },
    triage="triage",
)
SOURCE_TITLES = {
    "regjeringen": "Høringer på regjeringen.no",
    "stortinget": "Høringer i Stortinget",
}

CHILD_WELFARE, SEWAGE, HEARING = "regjeringen:3167072", "regjeringen:3168525", "stortinget:10005544"

LETTER = """Barne- og familiedepartementet sender med dette på høring forslag til endringer i \
barnevernsloven.

Forslaget gir kommunene ansvar for fosterhjem og ettervern. Kommunene får plikt til å tilby \
veiledning til alle fosterhjem, og staten tar en større del av utgiftene.

Vi ber om at høringssvar sendes senest 14. august 2026. Høringssvar er offentlige."""


def decision_on(text: RoutingText, lead: str, *words: str, **given: object) -> Decision:
    """A decision whose evidence is every occurrence of the words in the text."""
    evidence = tuple(quoted(text, word, lead, 2.5) for word in words)
    facts: dict[str, object] = {
        "lead": lead,
        "score": 2.5 * len(words),
        "evidence": evidence,
        "rules_hash": "5d1c0e9a77b4",
    }
    return Decision.model_validate({**facts, **given})


def quoted(text: RoutingText, word: str, section: str, weight: float) -> Evidence:
    """Evidence of a word in the first field that has it."""
    fields = ("title", "sender", "summary", "body", "topics")
    field = next(f for f in fields if word in getattr(text, f))
    start = getattr(text, field).index(word)
    return Evidence.model_validate({
        "field": field, "start": start, "end": start + len(word), "quote": word,
        "rule": f"keyword:{word}", "section": section, "weight": weight,
    })  # fmt: skip


def store(database: Database, *seen: Observation, decision: Decision | None = None) -> int:
    """Keep what a source said about one consultation, oldest first. Returns its id."""
    history = History(Sighting.of(o, backfill=False) for o in seen)
    text = RoutingText.of(history.latest)
    with database.transaction() as session:
        ids = consultations.save_state(session, [history])
        read = [ReadRecord(record(o), Sighting.of(o, backfill=False), 1) for o in seen]
        consultations.add_sightings(session, ids, read)
        id_ = ids[history.latest.key]
        if decision:
            decided = Decided(id_, text.hash, NOW, decision, current=True)
            consultations.save_decisions(session, [decided])
    return id_


def owe(database: Database, id_: int, key: str, channel: str, name: str, words: str) -> Due:
    """Enter one alert in the ledger and claim it."""
    fact = Fact(EventType(name.partition("/")[0]), name, at(0), words)
    with database.transaction() as session:
        ledger.owe(session, [Debt(id_, key, channel, fact)], NOW)
        claimed = claiming.claim(session, NOW, timedelta(minutes=1))
    assert claimed
    return claimed.due[0]


def seed(database: Database) -> None:
    """The usual contents: something of everything, nothing hostile."""
    _child_welfare(database)
    _sewage(database)
    _hearing(database)
    store(database, observation(external_id="1", title="Høyring om endring i kommunelova",
                                language="nn", deadlines=(), published_on=date(2026, 6, 1),
                                status=Status.CONCLUDED))  # fmt: skip
    _sources(database)
    _letters(database)


def _child_welfare(database: Database) -> None:
    facts = {
        "lead": "Departementet foreslår endringer i barnevernsloven om fosterhjem og ettervern.",
        "letter": LETTER,
        "topics": ("Barnevern", "Familie"),
        "reference": "26/1234",
        "documents": (
            Document(title="Høringsnotat", url="https://www.regjeringen.no/contentassets/1/h.pdf"),
            Document(title="Høringsbrev", url="https://www.regjeringen.no/no/dokumenter/brev/"),
        ),
        "consultees": ("Bergen kommune", "KS – Kommunesektorens organisasjon", "Redd Barna"),
        "submit_url": "https://www.regjeringen.no/no/dokumenter/x/?expand=horing",
    }
    first = observation(**facts, deadlines=(deadline("2026-08-07"),))
    moved = observation(2, **facts, deadlines=(
        deadline("2026-08-14"), deadline("2026-08-21", found_in=FoundIn.LETTER)),
        notes=("Ukjent felt: «Høringskode»",))  # fmt: skip
    text = RoutingText.of(moved)
    decision = decision_on(
        text, "oppvekst", "barnevernsloven", "fosterhjem", "kommunene ansvar",
        seconds=("demokrati-styring",), runner_up=Score(section="demokrati-styring", score=1.25),
    )  # fmt: skip
    id_ = store(database, first, moved, decision=decision)
    sent = owe(database, id_, CHILD_WELFARE, "oppvekst", "opened", "Ny høring.")
    with database.transaction() as session:
        ledger.mark_sent(session, [sent], NOW, Posted("slack", "C1", "1.2"), thread_id=None)
    words = "Fristen for å svare er flyttet fra 7. august 2026 til 14. august 2026."
    waits = owe(database, id_, CHILD_WELFARE, "oppvekst", "deadline_moved/x", words)
    with database.transaction() as session:
        soon = NOW + timedelta(minutes=5)
        ledger.mark_retry(session, [waits], soon, "Slack svarte ikke i tide.", uncertain=True)


def _sewage(database: Database) -> None:
    seen = observation(
        external_id="3168525",
        title="Høring om gjennomføring av det reviderte avløpsdirektivet",
        senders=("Klima- og miljødepartementet",),
        lead="Direktiv (EU) 2024/3019 om rensing av avløpsvann fra byområder.",
        published_on=date(2026, 7, 8),
        deadlines=(deadline("2026-07-14"),),
    )
    text = RoutingText.of(seen)
    decision = decision_on(
        text, "klima-miljo", "avløpsdirektivet", eu_eea=True, brussels=True,
        eu_acts=(EuAct(quote="Direktiv (EU) 2024/3019", celex="32024L3019"),
                 EuAct(quote="avløpsdirektivet")),
        eu_evidence=(quoted(text, "Direktiv (EU) 2024/3019", "internasjonalt", 3),),
    )  # fmt: skip
    id_ = store(database, seen, decision=decision)
    refused = owe(database, id_, SEWAGE, "triage", "opened", "Ny høring.")
    with database.transaction() as session:
        reason = "Slack kjenner ikke kanalen. Inviter appen til kanalen, og prøv igjen."
        ledger.mark_refused(session, [refused], reason)


def _hearing(database: Database) -> None:
    seen = observation(
        source="stortinget",
        external_id="10005544",
        kind=Kind.COMMITTEE_HEARING,
        url="https://www.stortinget.no/no/Hva-skjer-pa-Stortinget/Horing/horing/?h=10005544",
        title="Endringer i kommuneloven (åpne møter)",
        senders=("Kommunal- og forvaltningskomiteen",),
        published_on=None,
        deadlines=(
            deadline("2026-07-08", DeadlineKind.REQUEST_TO_APPEAR),
            deadline("2026-07-20", DeadlineKind.WRITTEN_ANSWER),
            deadline("2026-07-22", DeadlineKind.HEARING_DAY),
        ),
        meetings=(Meeting(at=datetime(2026, 7, 22, 7, 0, tzinfo=UTC), place="Høringssal 1"),),
        cases=(StortingCase(id="1", title="Endringer i kommuneloven (åpne møter)",
                            reference="Prop. 80 L (2025–2026)", topics=("Kommunalpolitikk",)),),
        in_writing_only=False,
    )  # fmt: skip
    decision = Decision(lead="demokrati-styring", abstained=True, score=0.5, rules_hash="5d1c")
    store(database, seen, decision=decision)


def _sources(database: Database) -> None:
    counts = PollCounts(fetched=24, new=2, changed=1, unchanged=20, unreadable=1)
    with database.transaction() as session:
        sources.begin_poll(session, "regjeringen", NOW - timedelta(minutes=10))
        sources.end_poll(session, "regjeringen", NOW - timedelta(minutes=9), counts)


def _letters(database: Database) -> None:
    letter = DeadLetter(
        "poll", "regjeringen", "https://www.regjeringen.no/no/dokumenter/y/id99/",
        "Fant ikke overskriften på siden.", "text/html",
        "<html><body><p>Vi oppdaterer nettsidene våre</p></body></html>".encode(),
    )  # fmt: skip
    with database.transaction() as session:
        dead_letters.keep(session, letter, NOW - timedelta(hours=3))
        dead_letters.keep(session, letter, NOW)
