"""How fast the pages about responses answer with many consultations stored, on SQLite.

``python -m bench.pages [count]`` makes a database of its own, and prints milliseconds a page.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import sqlalchemy as sa
from starlette.applications import Starlette

from bench.figures import table
from consultations.bootstrap.configuration import read_channels, read_office, read_rules
from consultations.domain.observation import Kind, Status
from consultations.domain.response.acts import ACT, State, Verdict
from consultations.store.database import Database
from consultations.store.tables import ActRow, ConsultationRow, ResponseRow
from consultations.web import create_app

CONFIG = Path(__file__).parents[1] / "config"
NOW = datetime(2026, 7, 10, 8, 0, tzinfo=UTC)
TOUCHED = 20
"""One in so many has been acted on."""
PAGES = (
    "/mine?person=kari-eksempel", "/innboks", "/innboks/helse-omsorg",
    "/innboks/helse-omsorg?side=20", "/moter", "/forsinket", "/gjennomslag", "/gjennomslag.csv",
)  # fmt: skip
ROUNDS = 21


def main() -> None:
    """Fill a database, ask for each page again and again, and print what it took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        database.migrate()
        app, people, sections = _app(database)
        _fill(database, count, people, sections)
        rows = [[page, *asyncio.run(_times(app, page))] for page in PAGES]
        database.close()
    print(table(["page", "median ms", "slowest ms"], rows))


def _app(database: Database) -> tuple[Starlette, list[str], list[str]]:
    rules = read_rules(CONFIG)
    office = read_office(CONFIG, rules)
    app = create_app(
        database, clock=lambda: NOW, sections=rules.life.names, source_titles={}, life=rules.life,
        channels=read_channels(CONFIG, rules), may_write=True, office=office,
    )  # fmt: skip
    return app, list(office.people.people), list(rules.life.living)


def _fill(database: Database, count: int, people: list[str], sections: list[str]) -> None:
    chance = random.Random(6)
    with database.transaction() as session:
        for start in range(1, count + 1, 1000):
            numbers = range(start, min(start + 1000, count + 1))
            session.execute(sa.insert(ConsultationRow), [_consultation(n, chance) for n in numbers])
            responses = [_response(n, chance, people, sections) for n in numbers]
            session.execute(sa.insert(ResponseRow), responses)
            acted = [act for n in numbers if n % TOUCHED == 0 for act in _acts(n, chance)]
            session.execute(sa.insert(ActRow), acted)
    with database.transaction() as session:
        session.execute(sa.text("ANALYZE"))


def _day(chance: random.Random) -> datetime:
    """A day in the ten years before now, or in the three months after."""
    return NOW + timedelta(days=chance.randrange(-3650, 90))


def _consultation(number: int, chance: random.Random) -> dict[str, Any]:
    at = _day(chance)
    return {
        "id": number, "key": f"regjeringen:{number}", "source": "regjeringen",
        "kind": Kind.MINISTRY, "title": f"Høring nr. {number} om endringer i en lov",
        "senders": [f"Departement {number % 18}"], "status": Status.OPEN, "language": "nb",
        "published_on": at.date() - timedelta(days=90), "first_deadline_at": at,
        "first_deadline_kind": "written_answer", "last_deadline_at": at,
        "last_deadline_kind": "written_answer", "first_seen_at": at - timedelta(days=90),
        "news_on": at.date(), "eu_eea": False, "abstained": False,
    }  # fmt: skip


def _response(
    number: int, chance: random.Random, people: list[str], sections: list[str]
) -> dict[str, Any]:
    is_touched, at = number % TOUCHED == 0, _day(chance)
    is_sent = is_touched and chance.random() < 0.7  # noqa: PLR2004 - most of what is begun is sent
    state = State.SENT if is_sent else State.DRAFT if is_touched else State.NEW
    meeting = date(2026, 8, 26) if is_touched and not is_sent and at > NOW else None
    return {
        "consultation_id": number, "state": state, "version": 6 if is_touched else 0,
        "lead": chance.choice(sections), "owner": chance.choice(people) if is_touched else None,
        "deputy": None, "contributing": [chance.choice(sections)] if is_touched else [],
        "brussels": False, "deadline_at": None if is_sent else at, "next_step": "draft",
        "next_due": at.date(), "meeting": "hovedstyret" if meeting else None,
        "meeting_on": meeting, "arrived_at": at - timedelta(days=90), "last_act_at": None,
        "sent_at": at if is_sent else None, "look_at": None, "looked_at": None,
    }  # fmt: skip


def _acts(number: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    who: dict[str, Any] = {"by": "Kari Eksempel", "at": NOW}
    done: list[dict[str, Any]] = [
        {"kind": "triaged", "choice": "answer", "headings": ["gronn-fremtid"]},
        {"kind": "assigned", "owner": "kari-eksempel"},
        {"kind": "demanded", "text": "Full finansiering"},
        {"kind": "demanded", "text": "Lengre tid"},
        {"kind": "advanced", "to": State.SENT, "deadlines": ["written_answer"]},
        {"kind": "judged", "demand": 3, "verdict": chance.choice([*Verdict]), "quote": "x"},
    ]
    for place, facts in enumerate(done, 1):
        act = ACT.validate_python({**who, "number": place, **facts})
        yield {
            "consultation_id": number, "number": place, "event_id": f"{number}/{place}",
            "made_at": NOW, "act": act.model_dump_json(),
        }  # fmt: skip


async def _times(app: Starlette, page: str) -> tuple[str, str]:
    transport = httpx.ASGITransport(app)
    took = []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            answer = await client.get(page)
            took.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
    return f"{statistics.median(took):.0f}", f"{max(took):.0f}"


if __name__ == "__main__":
    main()
