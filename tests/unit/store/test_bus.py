from consultations.store import bus
from consultations.store.database import Database
from consultations.store.tables import BusRow
from tests.building import at


def test_read_gives_each_group_its_own_place_in_order(database: Database):
    with database.transaction() as session:
        bus.append(session, "t", [("a", b"1"), ("b", b"2"), ("a", b"3")], at(0))
        first = bus.read(session, "one", "t", 2)
        bus.advance(session, "one", first[-1])
        assert [m.value for m in first] == [b"1", b"2"]
        assert [m.value for m in bus.read(session, "one", "t", 10)] == [b"3"]
        assert len(bus.read(session, "other", "t", 10)) == 3


def test_lag_counts_what_a_group_has_yet_to_handle(database: Database):
    with database.transaction() as session:
        bus.append(session, "t", [("a", b"1"), ("b", b"2")], at(0))
        bus.advance(session, "one", bus.read(session, "one", "t", 1)[-1])
    with database.reading() as session:
        assert bus.lag(session, "one", "t") == 1
        assert bus.lag(session, "one", "another topic") == 0


def test_advance_when_the_transaction_fails_is_undone(database: Database):
    with database.transaction() as session:
        bus.append(session, "t", [("a", b"1")], at(0))
    try:
        with database.transaction() as session:
            bus.advance(session, "one", bus.read(session, "one", "t", 1)[-1])
            raise KeyError
    except KeyError:
        pass
    with database.reading() as session:
        assert bus.lag(session, "one", "t") == 1


def test_backlog_counts_for_every_group_that_has_handled_anything(database: Database):
    with database.transaction() as session:
        bus.append(session, "t", [("a", b"1"), ("b", b"2")], at(0))
        assert bus.backlog(session) == {}
        bus.advance(session, "one", bus.read(session, "one", "t", 1)[-1])
        assert bus.backlog(session) == {"one": 1}


def test_advance_never_moves_back(database: Database):
    with database.transaction() as session:
        bus.append(session, "t", [("a", b"1"), ("b", b"2")], at(0))
        first, second = bus.read(session, "one", "t", 2)
        bus.advance(session, "one", second)
        bus.advance(session, "one", first)
        assert bus.lag(session, "one", "t") == 0


def test_between_gives_what_came_in_a_time_up_to_a_place(database: Database):
    with database.transaction() as session:
        for day in range(4):
            bus.append(session, "t", [("k", b"%d" % day)], at(day))
        bus.append(session, "another", [("k", b"x")], at(1))
        end = bus.end(session)

        def values(since, until, after=0, last=end, limit=10):
            found = bus.between(session, "t", since, until, after, last, limit)
            assert bus.count(session, "t", since, until, last) >= len(found)
            return [message.value for message in found]

        assert values(None, None) == [b"0", b"1", b"2", b"3"]
        assert values(at(1), at(3)) == [b"1", b"2"]
        first = bus.between(session, "t", None, None, 0, end, 1)[0].position
        assert values(None, None, after=first, limit=2) == [b"1", b"2"]
        assert values(None, None, last=first) == [b"0"]


def test_between_when_the_time_is_not_known_counts_as_before_everything(database: Database):
    with database.transaction() as session:
        session.add(BusRow(topic="t", key="k", value=b"old", appended_at=None))
        session.flush()
        end = bus.end(session)
        assert len(bus.between(session, "t", None, at(0), 0, end, 10)) == 1
        assert bus.count(session, "t", None, None, end) == 1
        assert bus.between(session, "t", at(0), None, 0, end, 10) == []


def test_end_when_there_is_nothing_is_zero(database: Database):
    with database.reading() as session:
        assert bus.end(session) == 0
