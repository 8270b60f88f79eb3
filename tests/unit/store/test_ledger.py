from datetime import timedelta

import pytest
import sqlalchemy as sa

from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.store import claiming, consultations, ledger
from consultations.store.database import Database
from consultations.store.ledger import Claim, Debt, Posted
from consultations.store.tables import DeliveryRow
from tests.building import at, history, observation

LEASE = timedelta(minutes=1)
NOW = at(0)
OPENED = Fact(EventType.OPENED, "opened", at(0), "Ny høring.")
MOVED = Fact(EventType.DEADLINE_MOVED, "deadline_moved/x/1", at(1), "Fristen er flyttet.")


@pytest.fixture
def debt(database: Database) -> Debt:
    with database.transaction() as session:
        ids = consultations.save_state(session, [history(observation())])
    key = observation().key
    return Debt(ids[key], key, "oppvekst", OPENED)


def owe(database: Database, *debts: Debt) -> None:
    with database.transaction() as session:
        ledger.owe(session, debts, NOW)


def claim(database: Database, now=NOW, **given) -> Claim | None:
    with database.transaction() as session:
        return claiming.claim(session, now, LEASE, **given)


def test_owe_when_the_same_fact_is_found_again_enters_it_once(database, debt):
    owe(database, debt, debt)
    owe(database, debt)
    with database.reading() as session:
        assert ledger.tally(session) == {"pending": 1}


def test_claim_when_held_gives_nothing_to_another_until_the_lease_is_out(database, debt):
    owe(database, debt)
    assert claim(database).due[0].key == debt.key
    assert claim(database) is None
    later = claim(database, NOW + LEASE)
    assert later.due[0].uncertain_since == NOW
    assert later.due[0].attempts == 1


def test_claim_when_a_new_fact_comes_while_another_is_being_told_waits(database, debt):
    owe(database, debt)
    claim(database)
    owe(database, Debt(debt.consultation_id, debt.consultation, debt.channel, MOVED))
    assert claim(database) is None
    assert len(claim(database, NOW + LEASE).due) == 2


def test_claim_takes_everything_due_to_one_channel_about_one_consultation(database, debt):
    moved = Debt(debt.consultation_id, debt.consultation, debt.channel, MOVED)
    elsewhere = Debt(debt.consultation_id, debt.consultation, "jus", OPENED)
    owe(database, moved, debt, elsewhere)
    assert [due.fact for due in claim(database).due] == ["opened", "deadline_moved"]
    assert claim(database).channel == "jus"


def test_claim_when_told_to_leave_a_channel_takes_the_next(database, debt):
    owe(database, debt, Debt(debt.consultation_id, debt.consultation, "jus", OPENED))
    assert claim(database, not_channels={"oppvekst"}).channel == "jus"
    assert claim(database, not_channels={"oppvekst"}) is None


def test_claim_after_the_first_message_knows_its_parent(database, debt):
    owe(database, debt)
    first = claim(database)
    posted = Posted("slack", "C0000001", "1.2")
    with database.transaction() as session:
        ledger.mark_sent(session, first.due, NOW, posted, thread_id=None)
    owe(database, Debt(debt.consultation_id, debt.consultation, debt.channel, MOVED))
    second = claim(database)
    assert second.parent == posted
    assert [due.fact for due in second.due] == ["deadline_moved"]


@pytest.mark.parametrize(("uncertain", "since"), [(True, NOW), (False, None)])
def test_mark_retry_remembers_whether_the_message_may_have_arrived(
    database, debt, uncertain, since
):
    owe(database, debt)
    due = claim(database).due
    later = NOW + timedelta(seconds=30)
    with database.transaction() as session:
        ledger.mark_retry(session, due, later, "tidsavbrudd", uncertain=uncertain)
    assert claim(database) is None
    assert claim(database, later).due[0].uncertain_since == since


def test_mark_refused_when_a_person_has_acted_can_be_tried_again(database, debt):
    owe(database, debt)
    due = claim(database).due
    with database.transaction() as session:
        ledger.mark_refused(session, due, "Kanalen finnes ikke.")
    assert claim(database, NOW + 2 * LEASE) is None
    with database.transaction() as session:
        assert [row.reason for row in ledger.refused(session)] == ["Kanalen finnes ikke."]
        assert ledger.try_refused_again(session, NOW) == 1
    assert claim(database).due[0].uncertain_since is None


def test_claim_when_the_clock_was_far_ahead_for_a_while_does_not_wait_for_that_day(database, debt):
    with database.transaction() as session:
        ledger.owe(session, [debt], at(30))
    assert claim(database).due[0].key == debt.key


def test_hold_channel_lets_nothing_through_before_the_instant(database, debt):
    owe(database, debt)
    with database.transaction() as session:
        ledger.hold_channel(session, "oppvekst", NOW + LEASE)
    assert claim(database) is None
    assert claim(database, NOW + LEASE) is not None


POSTED, POSTED_LATER = Posted("slack", "C1", "1"), Posted("slack", "C1", "2")


@pytest.fixture
def taken_over(database, debt):
    """A claim whose lease ran out, and that of the relay which took over."""
    owe(database, debt)
    return claim(database), claim(database, NOW + LEASE)


def delivery(database):
    with database.reading() as session:
        (row,) = session.scalars(sa.select(DeliveryRow))
        return row


def test_mark_retry_when_another_has_taken_over_is_left_to_it(database, taken_over):
    late, _ = taken_over
    with database.transaction() as session:
        ledger.mark_retry(session, late.due, NOW, "tidsavbrudd", uncertain=False)
    assert (delivery(database).state, delivery(database).uncertain_since) == ("sending", NOW)
    assert claim(database, NOW + LEASE) is None


def test_mark_refused_when_another_has_taken_over_is_left_to_it(database, taken_over):
    late, _ = taken_over
    with database.transaction() as session:
        ledger.mark_refused(session, late.due, "Kanalen finnes ikke.")
    assert delivery(database).state == "sending"


def test_mark_sent_when_another_has_taken_over_holds_whatever_it_says_later(database, taken_over):
    late, other = taken_over
    with database.transaction() as session:
        ledger.mark_sent(session, late.due, NOW, POSTED, thread_id=None)
        ledger.mark_sent(session, other.due, NOW, POSTED_LATER, thread_id=None)
        ledger.mark_retry(session, other.due, NOW, "tidsavbrudd", uncertain=True)
        ledger.mark_refused(session, other.due, "Kanalen finnes ikke.")
    assert (delivery(database).state, delivery(database).message_id) == ("sent", "1")


def test_claim_when_what_was_found_has_been_taken_meanwhile_leaves_also_what_came_later(
    database, debt, monkeypatch
):
    owe(database, debt)
    with database.transaction() as session:
        found = [claiming._hold_first(session, sa.true())]
    claim(database)
    owe(database, Debt(debt.consultation_id, debt.consultation, debt.channel, MOVED))
    monkeypatch.setattr(claiming, "_hold_first", lambda *_: found.pop() if found else None)
    assert claim(database) is None
