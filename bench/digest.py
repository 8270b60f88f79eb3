"""Measure the weekly mail: 60 readers, few consultations stored and many, the same week of news.

Prints how long it takes to write every reader's mail, and the ratio between the two sizes.
Run: python -m bench.digest [stored]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.figures import table
from consultations.bootstrap.configuration import read_office, read_rules, read_sources
from consultations.digest.composing import LARGEST, Composer
from consultations.digest.week import Gatherer
from consultations.domain.history import Sighting
from consultations.domain.observation import Deadline, DeadlineKind, FoundIn, Kind, Observation
from consultations.domain.readers import Reader, Readers, Sending
from consultations.mail import Mailbox
from consultations.store.database import Database
from consultations.store.tables import Base, ConsultationRow, SectionLinkRow, SightingRow

ROOT = Path(__file__).parents[1]
MONDAY = datetime(2026, 7, 6, 5, 0, tzinfo=UTC)
SENDING = Sending("2026-W28", MONDAY)

FEW, MANY = 1000, 100_000
NEW = 300
"""So many were new the week before; the rest are older."""

NEAR = 400
"""So many older ones have a deadline in the next four weeks."""

READERS = 60
ROUNDS = 5
LETTER = "Departementet sender med dette på høring et forslag som gjelder kommunene. " * 60


def stored(database: Database, count: int, sections: list[str]) -> None:
    """Store so many consultations, NEW of them from the week and NEAR with a deadline ahead."""
    rows: dict[type[Base], list[dict[str, object]]] = {
        ConsultationRow: [], SectionLinkRow: [], SightingRow: [],
    }  # fmt: skip
    for number in range(count):
        section = sections[number % len(sections)]
        for kind, row in _rows(number, section):
            rows[kind].append(row)
    with database.transaction() as session:
        for kind, found in rows.items():
            session.execute(sa.insert(kind), found)
        session.execute(sa.text("ANALYZE"))


def _rows(number: int, section: str) -> Iterator[tuple[type[Base], dict[str, object]]]:
    seen = _observation(number)
    sighting = Sighting.of(seen, backfill=False)
    deadline = seen.deadlines[0]
    yield ConsultationRow, {
        "id": number + 1, "key": seen.key, "source": seen.source, "kind": seen.kind,
        "title": seen.title, "senders": list(seen.senders), "status": seen.status,
        "language": "nb", "published_on": seen.published_on, "news_on": seen.published_on,
        "first_deadline_at": deadline.at, "first_deadline_kind": deadline.kind,
        "last_deadline_at": deadline.at, "last_deadline_kind": deadline.kind,
        "first_seen_at": seen.observed_at, "eu_eea": number % 5 == 0, "abstained": False,
    }  # fmt: skip
    yield SectionLinkRow, {"consultation_id": number + 1, "section": section, "is_lead": True}
    yield SightingRow, {
        "consultation_id": number + 1, "observed_at": seen.observed_at,
        "meaning_hash": sighting.meaning_hash, "backfill": False, "reading": 1,
        "observation": seen.model_dump_json(), "url": seen.url,
        "media_type": "text/html", "raw": b"",
    }  # fmt: skip


def _observation(number: int) -> Observation:
    """The first NEW are from the week, the next NEAR are due soon, the others are long over."""
    days = 1 + number % 6 if number < NEW else 60 + number % 3000
    seen = MONDAY - timedelta(days=days)
    due = MONDAY + timedelta(days=1 + number % 27 if number < NEW + NEAR else 30 - days)
    deadline = Deadline.on(DeadlineKind.WRITTEN_ANSWER, due.date(), FoundIn.FIELD, "Frist")
    return Observation(
        source="regjeringen", external_id=str(1_000_000 + number), observed_at=seen,
        kind=Kind.MINISTRY, url=f"https://www.regjeringen.no/no/dokumenter/id{number}/",
        title=f"Høring om forslag nummer {number} til endringer i en forskrift for kommunene",
        language="nb", senders=("Kommunal- og distriktsdepartementet",), letter=LETTER,
        published_on=seen.date(), deadlines=(deadline,),
    )  # fmt: skip


def everyone(sections: list[str]) -> Readers:
    """Most follow a section or two, one in six Brussels, one in six everything."""
    return Readers(readers={
        f"leser-{chr(97 + number // 26)}{chr(97 + number % 26)}": Reader(
            name=f"Leser {number}", email=f"leser{number}@example.org",
            **_followed(number, sections),
        ) for number in range(READERS)
    })  # fmt: skip


def _followed(number: int, sections: list[str]) -> dict[str, Any]:
    if number % 6 == 0:
        return {"leadership": True}
    if number % 6 == 1:
        return {"brussels": True}
    first, second = (sections[n % len(sections)] for n in (number, number * 7))
    return {"sections": (first, second) if number % 2 else (first,)}


def composer(sections: list[str]) -> Composer:
    config = ROOT / "config"
    rules = read_rules(config)
    office = read_office(config, rules)
    titles = {name: source.title for name, source in read_sources(config).items()}
    return Composer(
        everyone(sections), Gatherer(timedelta(days=14), office.calendar, titles),
        rules.life.names, office.people, Mailbox("horinger@example.org"),
        "https://horinger.example.org",
    )  # fmt: skip


def measure(database: Database, writer: Composer) -> tuple[float, float, int]:
    """Return seconds to gather the week, seconds in all, and bytes in the largest mail."""
    began = time.perf_counter()
    with database.reading() as session:
        writer.gatherer.gather(session, MONDAY - timedelta(weeks=1), MONDAY, MONDAY)
    gathered = time.perf_counter() - began
    began = time.perf_counter()
    ways_out = {id_: f"https://horinger.example.org/avmeld/{id_}" for id_ in writer.readers.readers}
    with database.reading() as session:
        mails = [one.mail for one in writer.week(session, SENDING, {}, ways_out, MONDAY)]
    took = time.perf_counter() - began
    sizes = [len(mail) for mail in mails if mail]
    assert len(sizes) == READERS
    assert max(sizes) < LARGEST
    return gathered, took, max(sizes)


def main() -> None:
    sections = list(read_rules(ROOT / "config").life.living)[:-1]
    writer, databases = composer(sections), {}
    with tempfile.TemporaryDirectory() as folder:
        for count in (FEW, int(sys.argv[1]) if sys.argv[1:] else MANY):
            databases[count] = Database(f"sqlite:///{folder}/{count}.db")
            databases[count].migrate()
            stored(databases[count], count, sections)
        found = {
            count: [measure(database, writer) for _ in range(ROUNDS)]
            for count, database in databases.items()
        }
        for database in databases.values():
            database.close()
    fewest = statistics.median(took for _, took, _ in found[FEW])
    print(table(
        ["stored", "gather s, median", f"{READERS} mails s, median", "lowest–highest",
         f"ratio to {FEW:,}", "largest mail kB"],
        [[f"{count:,}", f"{statistics.median(g for g, _, _ in rounds):.2f}",
          f"{statistics.median(t for _, t, _ in rounds):.2f}",
          f"{min(t for _, t, _ in rounds):.2f}–{max(t for _, t, _ in rounds):.2f}",
          f"{statistics.median(t for _, t, _ in rounds) / fewest:.2f}",
          f"{max(size for _, _, size in rounds) / 1000:.0f}"] for count, rounds in found.items()],
    ))  # fmt: skip


if __name__ == "__main__":
    main()
