"""People work on responses: the same on SQLite and PostgreSQL, and from several places at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import sqlalchemy as sa

from consultations.domain.response.acts import Choice, Relation, State
from consultations.domain.response.case import Case
from consultations.handlers.correction import Wish as Correct
from consultations.handlers.response import (
    Advance,
    Assign,
    Conflict,
    Extend,
    FileReceipt,
    Link,
    Note,
    Triage,
    Wish,
)
from consultations.handlers.response_wishes import Undo
from consultations.routing import RuleSet
from consultations.store import consultations, response_lists, responses
from consultations.store.checksums import Checksum, checksums
from consultations.store.database import Database
from consultations.store.tables import ActRow, OutboxRow
from streams.log import BusLog
from streams.replay import Replay
from tests.building import at, deadline, observation
from tests.pipeline import KEY, do, engine, ledger_keys, say, steps, take_in
from tests.response_building import KARI, OLA

pytestmark = pytest.mark.services

SECONDS = 30
OTHER = "regjeringen:2"
STRAIGHT = (State.MEMBER_INPUT, State.DRAFT, State.LEGAL_CHECK, State.BOARD, State.APPROVED)
DONE = [
    (KEY, Triage(Choice.ANSWER, lead="kultur")),
    (OTHER, Triage(Choice.ANSWER)),
    (OTHER, Link(Relation.JOINT, KEY)),
    (KEY, Assign(KARI, OLA, contributing=("oppvekst", "okonomi"))),
    (KEY, Note()),
    (KEY, Undo()),
    (KEY, Extend(date(2026, 12, 1), "departementet")),
    (KEY, Advance(State.SENT, STRAIGHT)),
    (KEY, FileReceipt("26/1", link="https://example.org/svar")),
]
BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def server(postgres_url: str) -> Iterator[Database]:
    server = Database(postgres_url)
    yield server
    server.close()


def taken(database: Database) -> list[Checksum]:
    with database.reading() as session:
        return checksums(session)


def carried(database: Database, rules: RuleSet) -> None:
    """Have people work while the source moves deadlines, and somebody moves the matter."""
    carrier = engine(database, rules, lambda: at(9))
    take_in(carrier, [observation(), observation(external_id="2")])
    for number, (key, what) in enumerate(DONE, 1):
        wish = Wish("Kari <b>æøå</b> 👩‍👧 \x00", what, "Fordi\x00 \u202e=1+1.")
        do(database, rules, wish, at=at(number), key=key)
        if number % 3 == 0:
            say(database, rules, Correct("Ola", lead=("utdanning", "kultur")[number % 2]),
                at=at(number))  # fmt: skip
        take_in(carrier, [observation(number, deadlines=(deadline(f"2026-09-0{number}"),))])


def shown(database: Database) -> list[object]:
    with database.reading() as session:
        return [
            response_lists.mine(session, KARI, at(9)),
            response_lists.of_section(session, ["okonomi"], at(9)),
            response_lists.unclaimed(session, at(9)),
            response_lists.late(session, at(900)),
            response_lists.to_meetings(session, date(2026, 1, 1)),
        ]


def test_responses_then_the_same_state_lists_and_alerts_on_both(database, server, rules):
    for one in (database, server):
        carried(one, rules)
    assert ledger_keys(database) == ledger_keys(server)
    assert taken(database) == taken(server)
    assert shown(database) == shown(server)


@BOTH
def test_responses_when_the_log_is_read_anew_then_the_state_is_the_live_one(
    database, rules, tmp_path
):
    carried(database, rules)
    target = Database(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    target.migrate()
    try:
        Replay(BusLog(database), target, steps(rules, lambda: at(40)), lambda: at(40)).rebuild(
            lambda _more: None
        )
        assert taken(target) == taken(database)
        assert case(target) == case(database)
    finally:
        target.close()


def case(database: Database, key: str = KEY) -> Case:
    with database.reading() as session:
        return responses.case(session, consultations.known(session, {key})[key])


def at_once(database: Database, rules: RuleSet, wishes: list[Wish]) -> list[Case | Conflict]:
    """Have people act at the same moment, each in a transaction of their own."""
    gate = threading.Barrier(len(wishes))

    def act(wish: Wish) -> Case | Conflict:
        gate.wait(SECONDS)
        try:
            return do(database, rules, wish, at=at(1))
        except Conflict as problem:
            return problem

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(act, wishes))


@BOTH
def test_two_people_at_once_when_both_saw_the_same_then_one_is_kept_and_the_other_told(
    database, rules
):
    take_in(engine(database, rules, lambda: at(0)), [observation()])
    said = [Wish("Kari", Triage(Choice.ANSWER), expects=0),
            Wish("Ola", Triage(Choice.FOLLOW), expects=0)]  # fmt: skip
    outcomes = at_once(database, rules, said)
    (kept,) = [one for one in outcomes if isinstance(one, Case)]
    (told,) = [one for one in outcomes if isinstance(one, Conflict)]
    assert case(database) == kept
    assert told.since == kept.acts
    assert kept.acts[0].by in str(told)


@BOTH
def test_many_at_once_when_none_minds_what_stood_then_all_are_kept_in_a_row(database, rules):
    take_in(engine(database, rules, lambda: at(0)), [observation()])
    outcomes = at_once(database, rules, [Wish(f"Nr. {n}", note="Hei.") for n in range(8)])
    assert all(isinstance(one, Case) for one in outcomes)
    standing = case(database)
    assert [act.number for act in standing.acts] == list(range(1, 9))
    assert {act.by for act in standing.acts} == {f"Nr. {n}" for n in range(8)}
    moments = [act.at for act in standing.acts]
    assert moments == sorted(set(moments))
    with database.reading() as session:
        rows = set(session.scalars(sa.select(ActRow.event_id)))
        queued = set(session.scalars(
            sa.select(OutboxRow.event_id).where(OutboxRow.event_id.contains("/response/"))
        ))  # fmt: skip
    assert rows == queued


@BOTH
def test_act_when_a_step_has_the_matter_then_waits_its_turn(database, rules):
    take_in(engine(database, rules, lambda: at(0)), [observation()])
    begun = threading.Event()

    def act() -> Case:
        begun.set()
        return do(database, rules, Wish("Kari", note="Hei."), at=at(1))

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            consultations.hold(session, {KEY})
            assert consultations.known(session, {KEY})
            later = pool.submit(act)
            begun.wait(SECONDS)
            with pytest.raises(TimeoutError):
                later.result(timeout=0.3)
        assert later.result(timeout=SECONDS).version == 1


@BOTH
def test_answer_and_its_twin_at_once_then_both_come_to_the_same(database, rules):
    take_in(engine(database, rules, lambda: at(0)), [observation(), observation(external_id="2")])
    for key, what in ((KEY, Triage(Choice.ANSWER)), (OTHER, Triage(Choice.ANSWER)),
                      (OTHER, Link(Relation.JOINT, KEY))):  # fmt: skip
        do(database, rules, Wish("Kari", what), at=at(1), key=key)
    gate = threading.Barrier(2)

    def act(given: tuple[str, Wish]) -> Case:
        gate.wait(SECONDS)
        return do(database, rules, given[1], at=at(2), key=given[0])

    sending = Wish("Kari", Advance(State.SENT, (State.ASSIGNED, *STRAIGHT)))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, [(KEY, sending), (OTHER, Wish("Ola", note="Hei."))]))
    assert case(database).state is case(database, OTHER).state is State.SENT
    assert case(database, OTHER).version == 4
