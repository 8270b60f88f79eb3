"""The relay and the real Slack client against a server that behaves as Slack documents."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from consultations.alerts.channel import Gone, Passing, Refused
from consultations.alerts.message import MOST_IN_A_BUNDLE, Message, Part
from consultations.alerts.relay import LEASE, Relay, Tally
from consultations.alerts.slack import EVENT_TYPE, SlackCarrier
from consultations.domain.events import EventType
from consultations.domain.observation import Status
from consultations.domain.people import People, Person
from consultations.store import ledger
from consultations.store.ledger import Debt, Posted
from tests import fake_slack
from tests.alert_cases import (
    CANCELLED,
    CHANNELS,
    EU_DECISION,
    MOVED,
    OPENED,
    SECTIONS,
    SLACK_CHANNELS,
    Time,
    climate,
    deliveries,
    owe,
    states,
    take_in,
)
from tests.building import deadline
from tests.fake_slack import TOKEN, FakeSlack, serving

pytestmark = pytest.mark.services

ADDRESS = "C0KLIMA1"
MESSAGE = Message("Ny høring", "Tittel", "https://x.no/", (Part("A", ("b",)),))
LATER = timedelta(minutes=20)


class KilledError(BaseException):
    """The process dies here."""


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def slack(time) -> FakeSlack:
    return FakeSlack(SLACK_CHANNELS, now=time.timestamp, monotonic=time.monotonic)


@pytest.fixture
def carrier(slack, monkeypatch) -> Iterator[SlackCarrier]:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(slack) as url:
        yield SlackCarrier(TOKEN, base_url=url, timeout_seconds=5)


@pytest.fixture
def begin_with(database, carrier, time) -> Callable[..., Relay]:
    """Start a relay with something of its own."""
    return lambda **given: Relay(
        database, carrier, CHANNELS, SECTIONS, time.clock, "http://127.0.0.1:8010",
        sleep=time.sleep, monotonic=time.monotonic, jitter=lambda: 0.0, **given,
    )  # fmt: skip


@pytest.fixture
def begin(begin_with) -> Callable[[], Relay]:
    """Start a relay, as a new process would."""
    return begin_with


@pytest.fixture
def id_(database) -> int:
    return take_in(database, climate())


def deliver_until_done(relay: Relay, time: Time) -> Tally:
    total = Tally()
    for _ in range(10):
        total += relay.deliver_due()
        time.now += LATER
    return total


def test_post_carries_the_keys_and_lets_slack_unfurl_and_link_nothing(database, begin, slack, id_):
    owe(database, id_, [OPENED, MOVED])
    begin().deliver_due()
    (call,) = slack.called("chat.postMessage")
    keys = [row.key for row in deliveries(database)]
    assert call["metadata"] == {"event_type": EVENT_TYPE, "event_payload": {"keys": keys}}
    assert (call["unfurl_links"], call["unfurl_media"], call["link_names"]) == (False,) * 3
    assert slack.messages[0].ts == deliveries(database)[0].message_id


def test_title_that_pings_everyone_pings_nobody(database, begin, slack):
    id_ = take_in(database, climate(title="<!channel> <@U1> *x*", senders=("<!here>",)))
    owe(database, id_, [OPENED, MOVED])
    begin().deliver_due()
    assert not slack.messages[0].pings


def test_later_changes_go_in_the_thread_and_the_first_message_is_updated(
    database, begin, slack, time, id_
):
    owe(database, id_, [OPENED])
    begin().deliver_due()
    take_in(database, climate(2, deadlines=(deadline("2026-09-01"),)))
    owe(database, id_, [MOVED])
    begin().deliver_due()
    take_in(database, climate(3, deadlines=(deadline("2026-09-01"),), status=Status.CANCELLED))
    owe(database, id_, [CANCELLED])
    time.passes(seconds=5)
    begin().deliver_due()
    (parent,) = slack.parents
    assert parent.edits == 2
    assert parent.text.startswith("Avlyst: ")
    assert "var satt til 1. september 2026" in parent.text
    assert [m.text.split(":")[0] for m in slack.replies] == ["Ny frist", "Avlyst"]
    assert {m.thread_ts for m in slack.replies} == {parent.ts}


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param(fake_slack.accept_then_cut, id="accepted, then cut off"),
        pytest.param(fake_slack.cut_before_accepting, id="cut off before"),
        pytest.param(fake_slack.accept_then_fail, id="accepted, then internal_error"),
        pytest.param(fake_slack.too_many("30"), id="429"),
        pytest.param(fake_slack.too_many(None), id="429 without Retry-After"),
        pytest.param(fake_slack.status(500), id="500"),
        pytest.param(fake_slack.status(502, ""), id="502 without a body"),
        pytest.param(fake_slack.garbled(), id="not json"),
        pytest.param(fake_slack.garbled("[1]"), id="a list"),
        pytest.param(fake_slack.garbled("null"), id="null"),
        pytest.param(fake_slack.garbled('{"ok": true}'), id="no ts"),
        pytest.param(fake_slack.refused("fatal_error"), id="fatal_error"),
        pytest.param(fake_slack.refused("ratelimited"), id="ratelimited with 200"),
    ],
)
@pytest.mark.parametrize("times", [1, 3])
def test_message_is_seen_exactly_once_when_slack_first(
    mode, times, database, begin, slack, time, id_
):
    slack.script("chat.postMessage", *[mode] * times)
    owe(database, id_, [OPENED])
    tally = deliver_until_done(begin(), time)
    assert tally.sent == 1
    assert [m.keys for m in slack.messages] == [[deliveries(database)[0].key]]


def test_reply_is_seen_exactly_once_when_its_answer_is_lost(database, begin, slack, time, id_):
    owe(database, id_, [OPENED])
    begin().deliver_due()
    time.passes(seconds=5)
    owe(database, id_, [MOVED], now=time.now)
    slack.script("chat.postMessage", fake_slack.accept_then_cut)
    deliver_until_done(begin(), time)
    assert len(slack.parents) == len(slack.replies) == 1
    assert deliveries(database)[1].thread_id == slack.parents[0].ts


def test_message_is_seen_exactly_once_when_slack_is_slow(database, slack, begin, time, id_):
    slack.script("chat.postMessage", slack.slow)
    owe(database, id_, [OPENED])
    with serving(slack) as url:
        impatient = SlackCarrier(TOKEN, base_url=url, timeout_seconds=1)
        relay = begin()
        relay._carrier = impatient
        assert relay.deliver_due() == Tally(put_off=1)
        assert deliveries(database)[0].reason == "Slack svarte ikke i tide."
        assert deliver_until_done(relay, time) == Tally(sent=1)
    assert len(slack.messages) == 1


def test_looking_is_put_off_too_when_slack_fails_then(database, begin, slack, time, id_):
    slack.script("chat.postMessage", fake_slack.accept_then_cut)
    slack.script(
        "conversations.history",
        fake_slack.too_many("60"),
        fake_slack.status(503),
        fake_slack.cut_before_accepting,
    )
    owe(database, id_, [OPENED])
    assert deliver_until_done(begin(), time).sent == 1
    assert len(slack.messages) == 1


def test_crash_between_posting_and_recording_is_found_by_the_next_process(
    database, begin, slack, time, id_, monkeypatch
):
    owe(database, id_, [OPENED])
    dying = begin()

    def die(*_args):
        raise KilledError

    monkeypatch.setattr(dying, "_record", die)
    with pytest.raises(KilledError):
        dying.deliver_next()
    assert len(slack.messages) == 1
    next_process = begin()
    assert next_process.deliver_due() == Tally()
    time.now += LEASE
    assert next_process.deliver_due() == Tally(sent=1)
    assert deliveries(database)[0].message_id == slack.messages[0].ts
    assert len(slack.messages) == 1


def test_message_is_found_however_many_pages_back_it_stands(
    database, begin, slack, carrier, time, id_
):
    slack.script("chat.postMessage", fake_slack.accept_then_cut)
    owe(database, id_, [OPENED])
    relay = begin()
    relay.deliver_due()
    slack.page_size = 3
    for number in range(10):
        time.passes(seconds=2)
        carrier.post(ADDRESS, MESSAGE, [f"another|{number}"], None)
    assert deliver_until_done(relay, time) == Tally(sent=1)
    assert len(slack.called("conversations.history")) == 4
    assert len(slack.messages) == 11


def test_channel_is_never_sent_more_than_one_message_a_second(database, begin, slack, time):
    for number in range(4):
        id_ = take_in(database, climate(external_id=str(number)))
        owe(database, id_, [OPENED], key=f"regjeringen:{number}")
    assert begin().deliver_due() == Tally(sent=4)
    assert len(slack.called("chat.postMessage")) == 4
    assert sum(time.slept) >= 3


def test_refusal_waits_for_a_person_and_is_then_sent(database, begin, slack, time, id_):
    slack.archived.add(ADDRESS)
    owe(database, id_, [OPENED])
    assert deliver_until_done(begin(), time) == Tally(refused=1)
    assert "Åpne den igjen i Slack" in deliveries(database)[0].reason
    slack.archived.clear()
    with database.transaction() as session:
        assert ledger.try_refused_again(session, time.now) == 1
    assert begin().deliver_due() == Tally(sent=1)


def test_channel_without_slack_id_is_refused_with_where_to_put_it(database, begin, slack, id_):
    owe(database, id_, [OPENED], channel="oppvekst")
    begin().deliver_due()
    assert "mangler slack_id i config/channels.yaml" in deliveries(database)[0].reason
    assert not slack.calls


def test_deleted_first_message_is_begun_anew(database, begin, slack, time, id_):
    owe(database, id_, [OPENED])
    begin().deliver_due()
    slack.delete(slack.messages[0])
    time.passes(seconds=5)
    owe(database, id_, [MOVED], now=time.now)
    assert begin().deliver_due() == Tally(sent=1)
    (anew,) = slack.parents
    assert anew.text.startswith("Ny frist: ")
    assert states(database) == ["sent", "sent"]


def test_channel_that_moved_in_slack_starts_afresh_there(
    database, begin, slack, carrier, time, id_
):
    owe(database, id_, [OPENED])
    begin().deliver_due()
    moved = CHANNELS.channels["klima-miljo"].model_copy(update={"slack_id": "C0TRIAGE"})
    channels = CHANNELS.model_copy(update={"channels": {**CHANNELS.channels, "klima-miljo": moved}})
    owe(database, id_, [MOVED])
    Relay(database, carrier, channels, SECTIONS, time.clock, None).deliver_next()
    assert [m.channel for m in slack.parents] == [ADDRESS, "C0TRIAGE"]


def test_brussels_hears_of_eu_matters(database, begin, slack):
    id_ = take_in(database, climate(), decided=EU_DECISION)
    for channel in CHANNELS.hearing(EU_DECISION):
        owe(database, id_, [OPENED], channel=channel)
    begin().deliver_due()
    assert [m.channel for m in slack.messages] == [ADDRESS, "C0SAMF01", "C0BRUSSEL"]


def refusal(carrier: SlackCarrier, error: type[Exception]) -> Exception:
    with pytest.raises(error) as raised:
        carrier.post(ADDRESS, MESSAGE, ["k"], None)
    return raised.value


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("channel_not_found", "slack_id"),
        ("not_in_channel", "/invite"),
        ("is_archived", "arkivert"),
        ("token_revoked", "Bot User OAuth Token"),
        ("account_inactive", "Bot User OAuth Token"),
        ("missing_scope", "metadata.message:read"),
        ("restricted_action", "Appen får ikke skrive her"),
        ("invalid_blocks", "feil i sporeren"),
        ("something_brand_new", "Koden er ukjent for oss"),
    ],
)
def test_clear_refusal_names_the_code_and_what_to_do(slack, carrier, code, words):
    slack.script("chat.postMessage", fake_slack.refused(code))
    reason = str(refusal(carrier, Refused))
    assert f"({code})" in reason
    assert words in reason


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 1), ("-5", 1), ("soon", 30), (None, 30), ("9" * 30, 30), ("86400", 3600)],
)
def test_too_many_requests_waits_as_asked_within_reason(slack, carrier, header, seconds):
    slack.script("chat.postMessage", fake_slack.too_many(header))
    passing = refusal(carrier, Passing)
    assert passing.retry_after == timedelta(seconds=seconds)
    assert not passing.uncertain


def test_server_that_is_not_there_cannot_have_got_the_message():
    nowhere = SlackCarrier(TOKEN, base_url="http://127.0.0.1:9/api/")
    assert not refusal(nowhere, Passing).uncertain


def test_call_is_made_once_however_it_fails(slack, carrier):
    slack.script("chat.postMessage", fake_slack.cut_before_accepting)
    assert refusal(carrier, Passing).uncertain
    assert len(slack.called("chat.postMessage")) == 1


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
def test_update_of_a_message_out_of_reach_says_it_is_gone(slack, carrier, code):
    slack.script("chat.update", fake_slack.refused(code))
    with pytest.raises(Gone):
        carrier.update(Posted("slack", ADDRESS, "1.2"), MESSAGE)


def test_token_is_never_shown(slack, carrier, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    modes = [fake_slack.refused("missing_scope"), fake_slack.garbled(), fake_slack.status(500)]
    slack.script("chat.postMessage", *modes, fake_slack.cut_before_accepting)
    shown = [repr(carrier), str(carrier.__class__)]
    shown += [repr(refusal(carrier, Exception)) for _ in range(4)]
    carrier.post(ADDRESS, MESSAGE, ["k"], None)
    printed = capsys.readouterr()
    assert TOKEN not in " ".join([*shown, caplog.text, printed.out, printed.err])


def test_wrong_token_is_refused_with_what_to_do(slack):
    with serving(slack) as url:
        reason = str(refusal(SlackCarrier("xoxb-wrong", base_url=url), Refused))
    assert "(invalid_auth)" in reason


def test_longest_message_we_can_make_is_accepted(slack, carrier):
    part = Part("<&>" * 99, tuple("<&😀>" * 999 for _ in range(50)))
    longest = Message("<" * 999, "&" * 9999, "https://x.no/" + "&" * 290, (part,) * 60)
    carrier.post(ADDRESS, replace(longest, page_url=longest.url), ["k"], None)
    assert len(slack.messages) == 1


def to_kari(begin_with, slack):
    slack.people.add("U0KARI001")
    kari = Person(name="Kari Eksempel", slack_id="U0KARI001")
    return begin_with(people=People(people={"kari": kari}))


def test_person_then_told_in_the_one_conversation_with_them(
    database, carrier, slack, time, id_, begin_with
):
    relay = to_kari(begin_with, slack)
    owe(database, id_, [OPENED], "person:kari")
    relay.deliver_due()
    owe(database, id_, [MOVED], "person:kari")
    relay.deliver_due()
    assert [(one.channel, one.thread_ts) for one in slack.messages] == [("D0KARI001", None)] * 2
    assert len(slack.called("conversations.open")) == 1


def test_person_when_the_answer_was_lost_then_looked_for_in_that_conversation(
    database, slack, time, id_, begin_with
):
    relay = to_kari(begin_with, slack)
    owe(database, id_, [OPENED], "person:kari")
    slack.script("chat.postMessage", fake_slack.accept_then_cut)
    relay.deliver_next()
    time.passes(seconds=LATER.total_seconds())
    relay.deliver_due()
    assert (len(slack.messages), states(database)) == (1, ["sent"])


@pytest.mark.parametrize("code", ["user_not_found", "cannot_dm_bot", "missing_scope"])
def test_person_when_slack_cannot_reach_them_then_set_aside_with_what_to_do(
    database, slack, id_, begin_with, code
):
    relay = to_kari(begin_with, slack)
    slack.script("conversations.open", fake_slack.refused(code))
    owe(database, id_, [OPENED], "person:kari")
    assert relay.deliver_due() == Tally(refused=1)
    assert "config/people.yaml" in str(deliveries(database)[0].reason) or code == "missing_scope"


def test_bundle_of_hostile_titles_then_every_limit_holds_and_nobody_is_pinged(
    database, slack, time, begin_with
):
    for number in range(MOST_IN_A_BUNDLE):
        seen = climate(external_id=f"id{number}", title=f"<!channel> *{number}* " + "&å" * 900)
        id_ = take_in(database, seen)
        with database.transaction() as session:
            debt = Debt(id_, seen.key, "klima-miljo", OPENED, bundle=True)
            ledger.owe(session, [debt], time.clock())
    assert begin_with().deliver_due() == Tally(sent=MOST_IN_A_BUNDLE)
    (message,) = slack.messages
    assert not message.pings
    assert len(message.keys) == MOST_IN_A_BUNDLE


def test_reminder_in_a_channel_then_those_who_do_not_follow_the_thread_see_it_too(
    database, slack, id_, begin_with
):
    relay = begin_with()
    owe(database, id_, [OPENED])
    relay.deliver_due()
    owe(database, id_, [replace(MOVED, type=EventType.REMINDER, name="reminder/x")])
    relay.deliver_due()
    assert [c.get("reply_broadcast") for c in slack.called("chat.postMessage")] == [None, True]
