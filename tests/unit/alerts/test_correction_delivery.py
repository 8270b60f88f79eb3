"""A correction on its way out: to the new channel as a message, to the old one in its thread."""

import pytest

from consultations.alerts.relay import Relay
from consultations.domain.correction import Correction
from consultations.domain.events import Event
from consultations.handlers.hearing import debts
from consultations.store import consultations, ledger
from tests.alert_cases import CHANNELS, SECTIONS, Time, climate, states, take_in
from tests.building import DAY_ONE, at, deadline
from tests.unit.alerts.test_relay import FakeCarrier

KEY = climate().key
TWO_WEEKS = at(14) - DAY_ONE


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def carrier(time):
    return FakeCarrier(time)


@pytest.fixture
def deliver(database, carrier, time):
    """Enter what is owed as tracking does, and deliver it."""
    relay = Relay(
        database, carrier, CHANNELS, SECTIONS, time.clock, None,
        sleep=time.sleep, monotonic=time.monotonic, jitter=lambda: 0.0,
    )  # fmt: skip

    def deliver():
        with database.transaction() as session:
            dossier = consultations.find(session, [KEY])[KEY]
            ledger.owe(session, debts(dossier, CHANNELS, SECTIONS, TWO_WEEKS), time.clock())
        relay.deliver_due()

    return deliver


def correct(database, **given):
    said = Correction.model_validate({"at": at(1), "seen_at": at(0), "by": "Kari", **given})
    with database.transaction() as session:
        consultations.keep_corrections(session, [Event.of_correction(KEY, said)])


def test_moved_then_a_message_to_the_new_one_and_a_reply_to_the_old_one(database, carrier, deliver):
    take_in(database, climate())
    deliver()
    assert [post[:2] for post in carrier.posts] == [("C0KLIMA1", "Ny høring")]
    correct(database, lead="samferdsel")
    deliver()
    by_channel = {post[0]: post for post in carrier.posts[1:]}
    assert by_channel["C0SAMF01"][1:4:2] == ("Ny fordeling", None)
    parent = by_channel["C0KLIMA1"][3]
    assert (parent.address, parent.message_id) == ("C0KLIMA1", "1")
    assert [posted.message_id for posted, _ in carrier.updates] == ["1"]
    assert set(states(database)) == {"sent"}


def test_moved_when_looked_at_again_then_nobody_is_told_twice(database, carrier, deliver):
    take_in(database, climate())
    deliver()
    correct(database, lead="samferdsel")
    for _ in range(3):
        deliver()
    assert len(carrier.posts) == 3
    keys = [key for _, _, keys, _, _ in carrier.posts for key in keys]
    assert len(keys) == len(set(keys))


def test_moved_before_the_old_one_was_told_then_one_message_each(database, carrier, deliver):
    take_in(database, climate())
    correct(database, lead="samferdsel")
    deliver()
    assert sorted(post[:2] for post in carrier.posts) == [
        ("C0KLIMA1", "Ny fordeling"), ("C0SAMF01", "Ny fordeling"),
    ]  # fmt: skip


def test_moved_when_the_deadline_moves_later_then_in_the_new_ones_thread_alone(
    database, carrier, deliver
):
    take_in(database, climate())
    deliver()
    correct(database, lead="samferdsel")
    deliver()
    take_in(database, climate(2, deadlines=(deadline("2026-09-01"),)))
    deliver()
    address, headline, _, thread, _ = carrier.posts[-1]
    assert (address, headline, len(carrier.posts)) == ("C0SAMF01", "Ny frist", 4)
    assert thread.address == "C0SAMF01"
