from consultations.store import bus
from consultations.store.database import Database
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
