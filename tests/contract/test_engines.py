"""What a step may rely on, whichever engine carries it."""

import json
import uuid
from collections import Counter
from functools import partial

import pytest
import sqlalchemy as sa

from consultations.domain.correction import Correction
from consultations.domain.events import Event
from consultations.domain.observation import Status
from consultations.handlers.correction import Wish
from consultations.store import checksums, consultations, dead_letters, responses
from consultations.store.bus import Message
from consultations.store.database import Database
from consultations.store.tables import OutboxRow
from streams import step as step_module
from streams.topics import SOURCE_RECORDS
from tests.building import at, deadline, observation, record
from tests.engines import Embedded, Engine, FaustOnBroker, FaustWithoutBroker, eventually
from tests.pipeline import event_ids, ledger_keys, say
from tests.response_building import KARI, assigned, triaged
from tests.scripted_step import (
    ASKED,
    AWAY,
    CRASH_AFTER_COMMIT,
    CRASH_BEFORE_COMMIT,
    HOLD,
    HOLDING,
    real_intake,
    seen,
)


@pytest.fixture(
    params=[
        "embedded on SQLite",
        pytest.param("embedded on PostgreSQL", marks=pytest.mark.services),
        "Faust without a broker",
        pytest.param("Faust with a broker and PostgreSQL", marks=pytest.mark.services),
    ]
)
def carried(request, tmp_path, monkeypatch):
    """A function that puts a step, «scripted», «intake» or «routing», on an engine."""
    made = []

    def carry(step: str) -> Engine:
        made.append(_engine(request, tmp_path, monkeypatch, step))
        return made[-1]

    yield carry
    for engine in made:
        engine.close()


def _engine(request, folder, monkeypatch, step):
    asked = request.getfixturevalue
    match request.param:
        case "embedded on SQLite":
            return Embedded(asked("database"), folder, step, monkeypatch)
        case "embedded on PostgreSQL":
            database = Database(asked("postgres_url"))
            request.addfinalizer(database.close)
            return Embedded(database, folder, step, monkeypatch)
        case "Faust without a broker":
            return FaustWithoutBroker(asked("database"), folder, step, monkeypatch)
    topic = f"engines-{uuid.uuid4().hex}"
    return FaustOnBroker(asked("postgres_url"), asked("kafka_servers"), folder, step, topic)


def numbered(count, keys=1):
    return [(f"key{number % keys}", b"%d" % number) for number in range(count)]


def values(engine):
    return [value for _, value in seen(engine.database)]


def letters(engine):
    with engine.database.reading() as session:
        return dead_letters.listed(session)


def content(database):
    with database.reading() as session:
        return checksums.checksums(session)


def run_through(engine, messages):
    """Deliver, let everything be handled and marked, and stop."""
    engine.deliver(messages)
    engine.start()
    eventually(lambda: engine.marked() == len(messages))
    engine.tell_to_stop()
    engine.wait()


def test_messages_with_one_key_come_in_order_and_all_of_them_once(carried):
    engine = carried("scripted")
    run_through(engine, numbered(500, keys=7))
    got = seen(engine.database)
    for key in {key for key, _ in got}:
        mine = [int(value) for k, value in got if k == key]
        assert mine == sorted(mine)
    assert sorted(int(value) for _, value in got) == list(range(500))


def test_a_crash_before_the_commit_leaves_nothing_and_everything_comes_again(carried):
    engine = carried("scripted")
    engine.signs.put(CRASH_BEFORE_COMMIT)
    engine.deliver(numbered(5))
    engine.start()
    engine.wait()
    assert (seen(engine.database), engine.marked()) == ([], 0)
    engine.start()
    eventually(lambda: engine.marked() == 5)
    assert values(engine) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_crash_after_the_commit_loses_nothing(carried):
    engine = carried("scripted")
    engine.signs.put(CRASH_AFTER_COMMIT)
    engine.deliver(numbered(5))
    engine.start()
    engine.wait()
    assert values(engine) == [b"0", b"1", b"2", b"3", b"4"]
    engine.start()
    eventually(lambda: engine.marked() == 5)
    assert set(values(engine)) == {b"0", b"1", b"2", b"3", b"4"}


def test_a_message_that_fails_becomes_a_dead_letter_and_the_others_go_through(carried):
    engine = carried("scripted")
    run_through(engine, [("a", b"1"), ("a", b"fails"), ("a", b"2")])
    assert values(engine) == [b"1", b"2"]
    (letter,) = letters(engine)
    assert bytes(letter.body) == b"fails"
    assert "ZeroDivisionError" in letter.reason


def test_while_the_database_is_away_nothing_is_marked_and_then_everything_goes_through(carried):
    engine = carried("scripted")
    engine.signs.put(AWAY)
    engine.deliver(numbered(5))
    engine.start()
    eventually(partial(engine.signs.up, ASKED))
    assert engine.marked() == 0
    engine.signs.take(AWAY)
    eventually(lambda: engine.marked() == 5)
    assert values(engine) == [b"0", b"1", b"2", b"3", b"4"]
    assert letters(engine) == []


def test_told_to_stop_while_the_database_is_away_goes_at_once_and_loses_nothing(carried):
    engine = carried("scripted")
    engine.signs.put(AWAY)
    engine.deliver(numbered(1))
    engine.start()
    eventually(partial(engine.signs.up, ASKED))
    engine.deliver(numbered(2))
    engine.tell_to_stop()
    engine.wait()
    assert engine.marked() == 0
    engine.signs.take(AWAY)
    engine.start()
    eventually(lambda: engine.marked() == 3)
    assert sorted(values(engine)) == [b"0", b"0", b"1"]


def test_told_to_stop_in_mid_batch_finishes_it_and_the_next_goes_on_from_there(carried):
    engine = carried("scripted")
    engine.signs.put(HOLD)
    engine.deliver(numbered(500))
    engine.start()
    eventually(partial(engine.signs.up, HOLDING))
    engine.tell_to_stop()
    engine.signs.take(HOLD)
    engine.wait()
    assert 0 < engine.marked() == len(values(engine)) < 500
    engine.start()
    eventually(lambda: engine.marked() == 500)
    assert values(engine) == [value for _, value in numbered(500)]


def test_message_after_message_that_fails_stops_the_step_without_burying_the_mail(carried):
    engine = carried("scripted")
    engine.deliver([("a", b"fails%d" % number) for number in range(60)])
    engine.start()
    eventually(engine.stands)
    engine.tell_to_stop()
    engine.wait()
    assert len(letters(engine)) == step_module.FAILURES_IN_A_ROW - 1
    assert engine.marked() < step_module.FAILURES_IN_A_ROW


GOOD = record(observation())
KEY = GOOD.key
JSON = GOOD.model_dump_json().encode()
LARGE = GOOD.model_copy(update={"body": GOOD.body + b" " * 675_000})
UNREADABLE = [
    (KEY, None, "meldingen er tom"),
    (KEY, bytes(range(256)), "er ikke JSON"),
    (KEY, b'{"another": "schema"}', "mangler"),
    (KEY, json.dumps({**json.loads(JSON), "schema_version": 2}).encode(), "schema_version"),
    ("someone:else", JSON, "nøkkelen er «someone:else»"),
    (None, JSON, "nøkkelen er «»"),
]


def test_what_cannot_be_read_becomes_dead_letters_that_say_why_and_the_rest_goes_through(carried):
    engine = carried("intake")
    bad = [(key, value) for key, value, _ in UNREADABLE]
    run_through(engine, [*bad, (KEY, JSON)])
    told = {(bytes(letter.body), letter.reason) for letter in letters(engine)}
    for _, value, reason in UNREADABLE:
        assert any(body == (value or b"") and reason in said for body, said in told), reason
    assert len(told) == len(UNREADABLE)
    assert [event.rpartition("/")[2] for event in event_ids(engine.database)] == ["opened"]


def test_a_message_of_900_kilobytes_goes_through_whole(carried):
    engine = carried("intake")
    value = LARGE.model_dump_json().encode()
    assert 900_000 < len(value) < 1_000_000
    run_through(engine, [(KEY, value)])
    assert letters(engine) == []
    assert [event.rpartition("/")[2] for event in event_ids(engine.database)] == ["opened"]


def test_messages_twice_and_out_of_order_give_the_same_state_as_in_order_once(carried, tmp_path):
    seen_in_order = [
        observation(0),
        observation(1, deadlines=(deadline("2026-08-28"),)),
        observation(2, title="Ny tittel"),
        observation(3, status=Status.CONCLUDED),
        observation(0, external_id="other"),
    ]
    in_order = [record(one) for one in seen_in_order]
    mixed = [in_order[i] for i in (3, 0, 4, 2, 2, 1, 3, 0, 4)]
    engine = carried("intake")
    run_through(engine, [(one.key, one.model_dump_json().encode()) for one in mixed])
    expected = Database(f"sqlite:///{tmp_path / 'in_order.db'}")
    expected.migrate()
    plain = Embedded(expected, tmp_path, "intake", pytest.MonkeyPatch())
    run_through(plain, [(one.key, one.model_dump_json().encode()) for one in in_order])
    plain.close()
    assert content(engine.database) == content(expected)
    expected.close()


def test_a_flood_of_what_cannot_be_read_stops_the_step_and_says_why(carried):
    engine = carried("intake")
    engine.deliver([("a", b"noise %d" % number) for number in range(1500)])
    engine.start()
    eventually(engine.stands)
    engine.tell_to_stop()
    engine.wait()
    assert engine.marked() < step_module.UNREADABLE_IN_A_ROW


def taken_in(database, *observations):
    """Take records in, and return every event there is by then, as it goes on a topic."""
    records = [record(one) for one in observations]
    batch = [
        Message(SOURCE_RECORDS, number, one.key, one.model_dump_json().encode())
        for number, one in enumerate(records)
    ]
    with database.transaction() as session:
        real_intake()(session, batch)
    return events(database)


def events(database):
    with database.reading() as session:
        rows = session.execute(sa.select(OutboxRow.key, OutboxRow.value).order_by(OutboxRow.id))
        return [(key, value) for key, value in rows]


def standing(database):
    with database.reading() as session:
        dossier = consultations.find(session, {KEY})[KEY]
        return [one.by for one in dossier.corrections], dossier.decision.lead


def test_corrections_by_two_among_events_in_flight_stand_once_and_the_last_word_wins(
    carried, rules
):
    engine = carried("routing")
    first = taken_in(engine.database, observation(0))
    engine.deliver(first)
    engine.start()
    eventually(lambda: engine.marked() == len(first))
    say(engine.database, rules, Wish("Kari", lead="digitalisering"), at=at(3))
    say(engine.database, rules, Wish("Ola", lead="utdanning"), at=at(4))
    later = observation(5, title="Høring om endringer i barnevernsloven og adopsjonsloven")
    everything = taken_in(engine.database, later)
    mixed = [*reversed(everything), *everything]
    engine.deliver(mixed)
    eventually(lambda: engine.marked() == len(first) + len(mixed))
    assert standing(engine.database) == (["Kari", "Ola"], "utdanning")
    told = ledger_keys(engine.database)
    assert len(told) == len(set(told))
    gained_or_lost = [key.rpartition("|")[2] for key in told if "|corrected/" in key]
    assert Counter(gained_or_lost) == {"oppvekst": 1, "digitalisering": 2, "utdanning": 1}
    assert letters(engine) == []


def test_a_correction_that_comes_twice_and_only_on_the_log_stands_once_and_is_told_once(carried):
    engine = carried("routing")
    said = Correction(at=at(3), seen_at=at(0), by="Kari", lead="digitalisering")
    event = (KEY, Event.of_correction(KEY, said).model_dump_json().encode())
    run_through(engine, [*taken_in(engine.database, observation(0)), event, event])
    assert standing(engine.database) == (["Kari"], "digitalisering")
    told = [key for key in ledger_keys(engine.database) if "|corrected/" in key]
    assert "digitalisering" in {key.rpartition("|")[2] for key in told}
    assert len(told) == len(set(told))


def test_an_act_that_comes_twice_and_only_on_the_log_stands_once_and_is_told_once(carried):
    engine = carried("routing")
    done = [triaged(1), assigned(2, KARI, by="Ola Eksempel")]
    said = [(KEY, Event.of_act(KEY, act).model_dump_json().encode()) for act in done]
    run_through(engine, [*taken_in(engine.database, observation(0)), *said, *said, said[0]])
    with engine.database.reading() as session:
        case = responses.case(session, consultations.known(session, {KEY})[KEY])
    assert case.acts == tuple(done)
    told = [key.partition("|")[2] for key in ledger_keys(engine.database) if "|response/" in key]
    assert told == ["response/1|oppvekst", "response/2|oppvekst", f"response/2|person:{KARI}"]
    assert letters(engine) == []
