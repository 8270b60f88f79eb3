"""The relay's own decisions, with a carrier that does as it is told."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from threading import Event

import pytest
import sqlalchemy as sa

from consultations.alerts.channel import Found, Gone, Passing, Refused
from consultations.alerts.relay import LEASE, LONGEST_WAIT, PACE_SECONDS, Relay, Tally
from consultations.store import claiming, ledger
from consultations.store.database import DatabaseUnavailable
from consultations.store.ledger import Posted
from tests.alert_cases import (
    CHANNELS,
    MOVED,
    OPENED,
    SECTIONS,
    Time,
    climate,
    deliveries,
    owe,
    states,
    take_in,
)


class FakeCarrier:
    """Keeps what it is given; each call first does what ``script`` says."""

    name = "fake"

    def __init__(self, time: Time) -> None:
        self.posts: list[tuple[str, str, list[str], Posted | None, float]] = []
        self.updates: list[tuple[Posted, str]] = []
        self.script: deque[Callable[[], None]] = deque()
        self.looked: list[list[str]] = []
        self.found: tuple[Found, ...] = ()
        self.update_problem: Exception | None = None
        self._time = time

    def address(self, channel):
        if channel.slack_id is None:
            raise Refused("mangler id")
        return channel.slack_id

    def post(self, address, message, keys, thread):
        if self.script:
            self.script.popleft()()
        self.posts.append((address, message.headline, keys, thread, self._time.monotonic()))
        return Posted(self.name, address, str(len(self.posts)))

    def update(self, posted, message):
        if self.update_problem:
            raise self.update_problem
        self.updates.append((posted, message.headline))

    def find(self, address, keys, since, thread):
        self.looked.append(list(keys))
        return self.found

    @property
    def headlines(self) -> list[str]:
        return [headline for _, headline, *_ in self.posts]


def raising(problem: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise problem

    return act


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def carrier(time) -> FakeCarrier:
    return FakeCarrier(time)


@pytest.fixture
def relay(database, carrier, time) -> Relay:
    return Relay(
        database, carrier, CHANNELS, SECTIONS, time.clock, "http://127.0.0.1:8010/",
        sleep=time.sleep, monotonic=time.monotonic, jitter=lambda: 0.0,
    )  # fmt: skip


@pytest.fixture
def id_(database) -> int:
    return take_in(database, climate())


def test_deliver_next_when_nothing_is_due_does_nothing(relay):
    assert relay.deliver_next() is False
    assert relay.deliver_due() == Tally()


def test_deliver_next_when_looking_took_nearly_the_whole_lease_posts_nothing_and_tries_again(
    database, relay, carrier, time, id_, monkeypatch
):
    owe(database, id_, [OPENED])
    carrier.script.append(raising(Passing("borte", uncertain=True)))
    relay.deliver_next()
    time.sleep(3600)

    def look_for_long(*_asked):
        time.sleep(LEASE.total_seconds() - 10)
        return ()

    with monkeypatch.context() as slow:
        slow.setattr(carrier, "find", look_for_long)
        assert relay.deliver_next()
    assert (carrier.posts, states(database)) == ([], ["pending"])
    time.sleep(3600)
    assert relay.deliver_due() == Tally(sent=1)
    assert len(carrier.looked) == 1


def test_deliver_due_tells_all_that_is_due_about_one_matter_in_one_message(
    database, relay, carrier, id_
):
    owe(database, id_, [OPENED, MOVED])
    assert relay.deliver_due() == Tally(sent=2)
    assert carrier.headlines == ["Ny høring"]
    assert [row.message_id for row in deliveries(database)] == ["1", "1"]
    assert not carrier.looked


def test_deliver_due_when_something_changes_later_updates_the_message_and_replies(
    database, relay, carrier, id_
):
    owe(database, id_, [OPENED])
    relay.deliver_due()
    owe(database, id_, [MOVED])
    relay.deliver_due()
    parent = Posted("fake", "C0KLIMA1", "1")
    assert carrier.updates == [(parent, "Ny frist")]
    assert carrier.headlines == ["Ny høring", "Ny frist"]
    assert carrier.posts[1][3] == parent
    assert deliveries(database)[1].thread_id == "1"


def test_deliver_due_when_a_message_already_tells_the_matter_does_not_announce_it_below(
    database, relay, carrier, id_
):
    owe(database, id_, [MOVED])
    relay.deliver_due()
    owe(database, id_, [OPENED])
    assert relay.deliver_due() == Tally(sent=1)
    assert carrier.headlines == ["Ny frist"]
    assert states(database) == ["sent", "sent"]


def test_deliver_due_sends_one_message_a_second_to_a_channel(database, relay, carrier, time):
    for number in range(3):
        key = f"regjeringen:{number}"
        id_ = take_in(database, climate(external_id=str(number)))
        owe(database, id_, [OPENED], key=key)
        owe(database, id_, [OPENED], channel="samferdsel", key=key)
    assert relay.deliver_due() == Tally(sent=6)
    for channel in ("C0KLIMA1", "C0SAMF01"):
        at = [when for address, *_, when in carrier.posts if address == channel]
        assert min(b - a for a, b in pairwise(at)) >= PACE_SECONDS
    assert sum(time.slept) <= 3 * PACE_SECONDS


def test_deliver_due_tells_what_happened_first_first(database, relay, carrier, time):
    late = take_in(database, climate(external_id="2"))
    owe(database, late, [MOVED], key="regjeringen:2")
    owe(database, take_in(database, climate()), [OPENED])
    relay.deliver_due()
    assert carrier.headlines == ["Ny høring", "Ny frist"]


def test_put_off_doubles_the_wait_up_to_a_cap(database, relay, carrier, time, id_):
    owe(database, id_, [OPENED])
    waits = []
    for _ in range(12):
        carrier.script.append(raising(Passing("nede")))
        assert relay.deliver_next()
        (row,) = deliveries(database)
        waits.append(row.next_attempt_at - time.now)
        time.now = row.next_attempt_at
    seconds = [wait.total_seconds() for wait in waits]
    assert seconds[:4] == [5, 10, 20, 40]
    assert seconds[-1] == LONGEST_WAIT.total_seconds()
    assert deliveries(database)[0].reason == "nede"


def test_put_off_when_asked_to_wait_holds_the_whole_channel(database, relay, carrier, time, id_):
    owe(database, id_, [OPENED])
    other = take_in(database, climate(external_id="2"))
    owe(database, other, [OPENED], key="regjeringen:2")
    owe(database, other, [OPENED], key="regjeringen:2", channel="samferdsel")
    carrier.script.append(raising(Passing("vent", retry_after=timedelta(seconds=40))))
    assert relay.deliver_due() == Tally(sent=1, put_off=1)
    late = take_in(database, climate(external_id="3"))
    owe(database, late, [OPENED], key="regjeringen:3", now=time.now)
    time.passes(seconds=30)
    assert relay.deliver_due() == Tally()
    time.passes(seconds=11)
    assert relay.deliver_due() == Tally(sent=3)


def test_put_off_when_uncertain_looks_before_posting_again(database, relay, carrier, time, id_):
    owe(database, id_, [OPENED])
    carrier.script.append(raising(Passing("stille", uncertain=True)))
    relay.deliver_next()
    time.passes(minutes=1)
    relay.deliver_next()
    assert [keys[0].split("|")[1] for keys in carrier.looked] == ["opened"]
    assert states(database) == ["sent"]


def test_put_off_when_once_uncertain_stays_so_through_a_certain_failure(
    database, relay, carrier, time, id_
):
    owe(database, id_, [OPENED])
    for problem in (Passing("stille", uncertain=True), Passing("vent")):
        carrier.script.append(raising(problem))
        relay.deliver_next()
        time.passes(minutes=1)
    relay.deliver_next()
    assert len(carrier.looked) == 2


def test_found_when_only_some_keys_arrived_tells_the_rest_below_them(
    database, relay, carrier, time, id_
):
    owe(database, id_, [OPENED])
    carrier.script.append(raising(Passing("stille", uncertain=True)))
    relay.deliver_next()
    owe(database, id_, [MOVED])
    there = Posted("fake", "C0KLIMA1", "77")
    key = deliveries(database)[0].key
    carrier.found = (Found(there, None, frozenset([key])),)
    time.passes(minutes=1)
    assert relay.deliver_due() == Tally(sent=2)
    assert [row.message_id for row in deliveries(database)] == ["77", "1"]
    assert deliveries(database)[1].thread_id == "77"
    assert carrier.updates == [(there, "Ny frist")]


def test_new_fact_while_an_older_one_waits_is_told_together_with_it(
    database, relay, carrier, time, id_
):
    owe(database, id_, [OPENED])
    carrier.script.append(raising(Passing("nede")))
    relay.deliver_next()
    owe(database, id_, [MOVED], now=time.now)
    time.passes(seconds=2)
    assert relay.deliver_due() == Tally(sent=2)
    assert carrier.headlines == ["Ny høring"]


def test_refused_is_set_aside_with_the_reason_and_can_be_tried_again(
    database, relay, carrier, time, id_
):
    owe(database, id_, [OPENED])
    carrier.script.append(raising(Refused("Inviter appen.")))
    assert relay.deliver_due() == Tally(refused=1)
    assert [(r.state, r.reason) for r in deliveries(database)] == [("refused", "Inviter appen.")]
    assert relay.deliver_due() == Tally()
    with database.transaction() as session:
        ledger.try_refused_again(session, time.now)
    assert relay.deliver_due() == Tally(sent=1)


def test_refused_when_an_earlier_attempt_may_have_arrived_is_looked_for_when_tried_again(
    database, relay, carrier, time, id_
):
    owe(database, id_, [OPENED])
    carrier.script.append(raising(Passing("stille", uncertain=True)))
    carrier.script.append(raising(Refused("Inviter appen.")))
    relay.deliver_next()
    time.passes(minutes=1)
    relay.deliver_next()
    with database.transaction() as session:
        ledger.try_refused_again(session, time.now)
    time.passes(minutes=1)
    relay.deliver_next()
    assert len(carrier.looked) == 2


def test_channel_that_left_the_configuration_is_refused_with_what_to_do(database, relay, id_):
    owe(database, id_, [OPENED], channel="borte")
    relay.deliver_due()
    assert "config/channels.yaml" in deliveries(database)[0].reason


def test_bug_in_one_message_sets_it_aside_and_goes_on(database, relay, carrier, time, id_):
    owe(database, id_, [OPENED])
    owe(database, id_, [OPENED], channel="samferdsel")
    carrier.script.append(raising(ZeroDivisionError("oi")))
    assert relay.deliver_due() == Tally(sent=1, refused=1)
    assert "ZeroDivisionError: oi" in deliveries(database)[0].reason


def test_database_that_is_away_is_the_callers_to_wait_for(database, relay, carrier, id_):
    owe(database, id_, [OPENED])
    carrier.script.append(raising(sa.exc.OperationalError("select 1", {}, Exception("away"))))
    with pytest.raises(DatabaseUnavailable):
        relay.deliver_next()
    assert states(database) == ["sending"]


def test_lease_that_ran_out_makes_the_next_attempt_look_first(database, relay, carrier, time, id_):
    owe(database, id_, [OPENED])
    carrier.script.append(raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        relay.deliver_next()
    time.passes(seconds=LEASE.total_seconds() - 1)
    assert relay.deliver_next() is False
    time.passes(seconds=1)
    assert relay.deliver_next() is True
    assert len(carrier.looked) == 1


def test_parent_that_cannot_be_updated_still_gets_the_reply(database, relay, carrier, time, id_):
    owe(database, id_, [OPENED])
    relay.deliver_due()
    carrier.update_problem = Gone("message_not_found")
    owe(database, id_, [MOVED])
    assert relay.deliver_due() == Tally(sent=1)
    assert carrier.posts[1][3] is not None


def test_parent_whose_thread_is_gone_is_begun_anew_and_later_news_go_below_the_new_one(
    database, relay, carrier, time, id_
):
    owe(database, id_, [OPENED])
    relay.deliver_due()
    time.passes(seconds=5)
    carrier.update_problem = Gone("message_not_found")
    carrier.script.append(raising(Gone("thread_not_found")))
    owe(database, id_, [MOVED])
    relay.deliver_due()
    assert carrier.posts[1][3] is None
    carrier.update_problem = None
    time.passes(seconds=5)
    owe(database, id_, [MOVED.__class__(MOVED.type, "again", MOVED.occurred_at, "Igjen.")])
    relay.deliver_due()
    assert carrier.posts[2][3].message_id == "2"


def test_parent_on_another_carrier_is_not_replied_to(database, relay, carrier, time, id_):
    owe(database, id_, [OPENED])
    with database.transaction() as session:
        claimed = claiming.claim(session, time.now, LEASE)
        printed = Posted("console", "#horinger-klima-miljo", "1")
        ledger.mark_sent(session, claimed.due, time.now, printed, thread_id=None)
    owe(database, id_, [MOVED])
    relay.deliver_due()
    assert carrier.posts[0][3] is None
    assert not carrier.updates


def test_run_delivers_until_it_is_stopped(database, relay, carrier, id_):
    owe(database, id_, [OPENED])
    stop = Event()
    carrier.script.append(stop.set)
    relay.run(stop)
    assert states(database) == ["sent"]
