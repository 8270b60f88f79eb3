"""Who shares an answer is found without reading what everybody did with everything."""

from contextlib import closing

import sqlalchemy as sa

from consultations.domain.events import Event
from consultations.domain.response.acts import Choice, Linked, Relation, Triaged, Undone
from consultations.store import consultations, responses
from consultations.store.database import Database
from tests.building import at, history, observation


def keep(database, *acts, name="2"):
    seen = history(observation(external_id=name))
    with database.transaction() as session:
        consultations.save_state(session, [seen])
        events = [Event.of_act(seen.latest.key, act) for act in acts]
        responses.keep_acts(session, events)
    return seen.latest.key


TRIAGED = Triaged(number=1, at=at(0), by="Kari", choice=Choice.ANSWER)
JOINED = Linked(number=2, at=at(0), by="Kari", relation=Relation.JOINT, to="regjeringen:1")


def test_joined_to_when_tied_and_when_taken_back_then_only_what_stands(database):
    stands = keep(database, TRIAGED, JOINED)
    keep(database, TRIAGED, JOINED, Undone(number=3, at=at(0), by="Kari", undoes=2), name="3")
    keep(database, TRIAGED, JOINED.model_copy(update={"to": "regjeringen:10"}), name="4")
    with database.reading() as session:
        assert [*responses.joined_to(session, "regjeringen:1")] == [stands]


def test_joined_to_when_asked_then_no_table_is_read_from_end_to_end(tmp_path):
    asked = []
    with closing(Database(f"sqlite:///{tmp_path / 'test.db'}")) as database:
        database.migrate()
        plans = plans_of_joined_to(database, asked)
    assert any("linked_to" in one for one in plans)
    assert not [one for one in plans if one.startswith("SCAN")]


def plans_of_joined_to(database, asked):
    with database.reading() as session:
        engine = session.get_bind()

        def note(_connection, _cursor, statement, parameters, *_):
            asked.append((statement, parameters))

        sa.event.listen(engine, "before_cursor_execute", note)
        responses.joined_to(session, "regjeringen:1")
        sa.event.remove(engine, "before_cursor_execute", note)
        return [
            step.detail
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for step in session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
        ]
