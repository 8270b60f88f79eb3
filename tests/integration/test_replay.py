"""A state rebuilt from the log: nothing is told again, and Kafka's log gives what the bus gave."""

from datetime import timedelta

import pytest

from consultations.alerts import slack as slack_module
from consultations.alerts.relay import Relay
from consultations.alerts.slack import SlackCarrier
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.observation import Status
from consultations.store import rebuilding
from streams.log import BusLog
from streams.replay import Replay
from tests.alert_cases import Time, deliveries, states
from tests.building import at, deadline, observation
from tests.fake_slack import TOKEN, FakeSlack, Stored, serving
from tests.pipeline import engine, one_channel_each, steps, take_in

pytestmark = pytest.mark.services


@pytest.fixture
def channels(rules):
    """The channels that the steps know, each with a place in Slack."""
    return ChannelMap(
        triage="triage",
        channels={
            id_: Channel(name=channel.name, slack_id=f"C{n:07}", sections=channel.sections)
            for n, (id_, channel) in enumerate(one_channel_each(rules).channels.items())
        },
    )


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def slack(time, channels):
    places = [channel.slack_id for channel in channels.channels.values()]
    return FakeSlack(places, now=time.timestamp, monotonic=time.monotonic)


@pytest.fixture
def relay(slack, time, channels, rules, monkeypatch):
    """A function that delivers what a database owes, through the real Slack client."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    names = {id_: section.name_no for id_, section in rules.sections.items()}
    with serving(slack) as url:
        carrier = SlackCarrier(TOKEN, base_url=url, timeout_seconds=5)

        def deliver(database):
            return Relay(
                database, carrier, channels, names, time.clock, None,
                sleep=time.sleep, monotonic=time.monotonic, jitter=lambda: 0.0,
            ).deliver_due()  # fmt: skip

        yield deliver


@pytest.fixture
def told(database, rules, time, relay):
    """A database whose news people in Slack have been told, day by day, the later in threads."""
    carrier = engine(database, rules, time.clock)
    for day, given in enumerate(
        (
            {},
            {"deadlines": (deadline("2026-09-14"),)},
            {"deadlines": (deadline("2026-09-14"),), "status": Status.CANCELLED},
        )
    ):
        time.now = at(day) + timedelta(minutes=5)
        take_in(carrier, [observation(day, external_id=n, **given) for n in ("1", "2")])
        relay(database)
    return database


@pytest.fixture
def rebuilt(told, rules, time, tmp_path):
    target = rebuilding.open_empty(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    Replay(BusLog(told), target, steps(rules, time.clock), time.clock).rebuild(lambda _more: None)
    time.passes(days=100)
    yield target
    target.close()


def test_relay_when_the_database_was_rebuilt_then_nothing_is_posted_again(
    rebuilt, relay, slack, told
):
    before = list(slack.messages)
    owed = len(deliveries(told))
    tally = relay(rebuilt)
    assert slack.messages == before
    assert slack.replies
    assert (tally.sent, set(states(rebuilt))) == (owed, {"sent"})


def test_relay_when_the_database_was_rebuilt_then_new_facts_land_in_the_old_thread(
    rebuilt, relay, slack, rules, time
):
    relay(rebuilt)
    parents, replies = len(slack.parents), len(slack.replies)
    news = observation(110, external_id="1", deadlines=(deadline("2026-12-01"),))
    time.now = at(110) + timedelta(minutes=5)
    take_in(engine(rebuilt, rules, time.clock), [news])
    relay(rebuilt)
    assert len(slack.parents) == parents
    assert len(slack.replies) > replies


def test_relay_when_much_was_posted_since_then_the_first_day_is_looked_through(
    rebuilt, relay, slack, channels, time, monkeypatch
):
    monkeypatch.setattr(slack_module, "MAX_PAGES", 2)
    slack.page_size = 5
    _chatter(slack, channels, time)
    before = list(slack.messages)
    relay(rebuilt)
    assert slack.messages == before
    assert set(states(rebuilt)) == {"sent"}


def test_relay_when_a_message_cannot_be_looked_for_then_it_is_set_aside_and_not_posted(
    rebuilt, relay, slack, channels, time, monkeypatch
):
    monkeypatch.setattr(slack_module, "MAX_PAGES", 2)
    slack.page_size = 5
    for message in list(slack.messages):
        slack.delete(message)
    _chatter(slack, channels, time)
    before = list(slack.messages)
    tally = relay(rebuilt)
    assert slack.messages == before
    assert tally.refused == len(deliveries(rebuilt))
    assert "Det sendes ikke en gang til" in deliveries(rebuilt)[0].reason


def _chatter(slack, channels, time):
    """People talk in every channel."""
    for channel in channels.channels.values():
        for n in range(30):
            ts = f"{time.timestamp() - 9 + n * 0.01:.6f}"
            slack.messages.append(Stored(channel.slack_id, ts, "Hei", [], None, None))
