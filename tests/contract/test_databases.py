"""The same records give the same state, alerts and pages on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consultations.domain.observation import Observation, Status
from consultations.routing import RuleSet
from consultations.store import consultations, dead_letters, listing
from consultations.store.checksums import checksums
from consultations.store.database import Database
from consultations.store.dead_letters import DeadLetter
from consultations.store.listing import Filters, Order
from consultations.store.tables import Base
from consultations.web import create_app
from tests.building import at, deadline, history, observation
from tests.pipeline import engine, ledger_keys, take_in
from tests.unit.web.checked_client import CheckedClient
from tests.unit.web.seeding import (
    CHANNELS,
    CHILD_WELFARE,
    HEARING,
    NOW,
    SECTIONS,
    SEWAGE,
    SOURCE_TITLES,
    seed,
)

pytestmark = pytest.mark.services

Both = tuple[Database, Database]

few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def both(database: Database, postgres_url: str) -> Iterator[Both]:
    """A SQLite database and a PostgreSQL database."""
    server = Database(postgres_url)
    yield database, server
    server.close()


def emptied(database: Database) -> Database:
    with database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(sa.delete(table))
    return database


# Records

titles = st.sampled_from(["Høring om barnevernsloven", "Forslag om (EU) 2016/679"]) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30
)
observations = st.lists(
    st.builds(
        observation,
        st.integers(0, 5),
        external_id=st.sampled_from(["1", "2"]),
        title=titles,
        senders=st.lists(titles, max_size=2).map(tuple),
        status=st.sampled_from(list(Status)),
        published_on=st.sampled_from([date(2026, 7, 3), date(2026, 1, 1), None]),
        deadlines=st.sampled_from([(), (deadline("2026-08-14"),), (deadline("2026-08-28"),)]),
    ),
    min_size=1,
    max_size=6,
)


def outcome(database: Database, rules: RuleSet, batches: list[list[Observation]]) -> object:
    carrier = engine(emptied(database), rules, clock=lambda: at(9))
    for batch in batches:
        take_in(carrier, batch)
    with database.reading() as session:
        assert dead_letters.listed(session) == []
    with database.reading() as session:
        return ledger_keys(database), checksums(session)


@few
@given(observations.flatmap(lambda seen: st.permutations(seen + seen[:2])), st.integers(1, 4))
@example([observation(title="a\0b", senders=("\0",))], 1)
def test_records_in_any_order_and_number_give_the_same_state_on_both(both, rules, seen, size):
    sqlite, server = both
    in_order = sorted(seen, key=lambda o: o.observed_at)
    batches = [seen[i : i + size] for i in range(0, len(seen), size)]
    assert outcome(sqlite, rules, [in_order]) == outcome(server, rules, batches)


# Lists

letters = st.text("ab AB12æøåÆØÅáčđŋšŧžÁČĐŊŠŦŽ%_/\\'", min_size=1, max_size=12)


def listed(
    database: Database, seen: list[Observation], filters: Filters, order: Order
) -> tuple[int, object]:
    with emptied(database).transaction() as session:
        consultations.save_state(session, [history(one, backfill=True) for one in seen])
    with database.reading() as session:
        return listing.count(session, filters), listing.page(session, filters, order, 1, at(0))


@few
@given(st.lists(letters, min_size=1, max_size=8), letters, st.sampled_from(Order), st.booleans())
def test_lists_show_the_same_in_the_same_order_on_both(both, given_titles, words, order, open_only):
    days = [None, date(2026, 7, 1), date(2026, 7, 20)]
    seen = [
        observation(
            external_id=str(n), title=title, published_on=days[n % 3],
            status=list(Status)[n % 5],
            deadlines=[(deadline(d),) if d else () for d in days][len(title) % 3],
        )
        for n, title in enumerate(given_titles)
    ]  # fmt: skip
    filters = Filters(words=words, open_only=open_only)
    sqlite, server = (listed(database, seen, filters, order) for database in both)
    assert sqlite == server


# Pages

PATHS = [
    "/", "/?q=HØRING", "/?q=kommune%00", "/?frist=apne", "/?sorter=frist", "/?seksjon=oppvekst",
    "/?eos=ja", "/?side=2", "/?side=99999999999999999999", "/kilder", "/dode-brev",
    "/dode-brev/1", "/dode-brev/2", "/dode-brev/99999999999999999999", "/healthz",
    *(f"/horinger/{quote(key)}" for key in (CHILD_WELFARE, SEWAGE, HEARING, "x\0y", "finnesikke")),
]  # fmt: skip


@pytest.fixture
def ask(both: Both) -> Callable[[str], list[tuple[int, str]]]:
    """A function that fetches a page from an application over each database."""
    clients = []
    letter = DeadLetter("intake", "s", "events.v1/0 nr. 1", "æøå\0", "text/plain", b"\0\xff")
    for database in both:
        with database.transaction() as session:
            dead_letters.keep(session, letter, NOW)
        seed(database)
        app = create_app(
            database, clock=now, sections=SECTIONS, channels=CHANNELS, source_titles=SOURCE_TITLES
        )
        clients.append(CheckedClient(app))

    def fetch(path: str) -> list[tuple[int, str]]:
        answers = [client.fetch(path) for client in clients]
        return [(answer.status_code, answer.text) for answer in answers]

    return fetch


def now() -> datetime:
    return NOW


def test_pages_are_the_same_on_both(ask):
    for path in PATHS:
        sqlite, server = ask(path)
        assert sqlite == server, path
        assert sqlite[0] < 500, path
