"""Persons, daily bundles and mail: how each is told, and once."""

from collections import deque
from datetime import timedelta

import pytest
import sqlalchemy as sa

from consultations import doctor
from consultations.alerts.channel import Found, Passing, Refused
from consultations.alerts.message import MOST_IN_A_BUNDLE
from consultations.alerts.relay import PATIENCE, Relay, Tally
from consultations.domain.events import Event, EventType
from consultations.domain.history import Fact
from consultations.domain.people import People, Person
from consultations.domain.response.acts import Assigned, Choice, Triaged
from consultations.store import ledger, responses
from consultations.store.ledger import MAIL, Debt, Posted
from consultations.store.tables import DeliveryRow
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
from tests.building import DAY_ONE

PEOPLE = People(
    people={
        "kari": Person(name="Kari Eksempel", slack_id="U0KARI001", email="kari@example.org"),
        "ola": Person(name="Ola Eksempel", email="ola@example.org", head_of=("klima-miljo",)),
        "per": Person(name="Per Eksempel"),
    }
)
KARI, OLA, PER = "person:kari", "person:ola", "person:per"
REMINDED = Fact(EventType.REMINDER, "reminder/draft/2026-07-09/1", DAY_ONE, "Utkastet skal være …")
LATER = PATIENCE + timedelta(minutes=1)


class Keeper:
    """A carrier that keeps what it is given. ``problems`` come first, one a call.

    None is a call that goes well.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.posts: list[tuple[str, str, list[str], Posted | None]] = []
        self.messages = []
        self.problems: deque[Exception | None] = deque()
        self.found: tuple[Found, ...] = ()
        self.updates = []
        self.away: Exception | None = None
        self.asked = 0

    def address(self, channel):
        self.asked += 1
        if self.away:
            raise self.away
        if channel.slack_id is None or self.name == MAIL:
            raise Refused("mangler id")
        return channel.slack_id

    def direct_address(self, person):
        address = person.email if self.name == MAIL else person.slack_id
        if address is None:
            raise Refused(f"{person.name} mangler adresse")
        return address

    def post(self, address, message, keys, thread):
        if self.problems and (problem := self.problems.popleft()):
            raise problem
        self.posts.append((address, message.headline, list(keys), thread))
        self.messages.append(message)
        return Posted(self.name, address, str(len(self.posts)))

    def update(self, posted, message):
        self.updates.append((posted, message))

    def find(self, address, keys, since, thread):
        return self.found if self.name != MAIL else ()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def slack() -> Keeper:
    return Keeper("slack")


@pytest.fixture
def mail() -> Keeper:
    return Keeper(MAIL)


@pytest.fixture
def relay(database, slack, mail, time) -> Relay:
    return Relay(
        database, slack, CHANNELS, SECTIONS, time.clock, "http://127.0.0.1:8010/",
        sleep=time.sleep, monotonic=time.monotonic, jitter=lambda: 0.0, people=PEOPLE, mail=mail,
    )  # fmt: skip


@pytest.fixture
def id_(database) -> int:
    return take_in(database, climate())


def owe_one(database, id_, channel, fact=REMINDED, **given):
    with database.transaction() as session:
        ledger.owe(session, [Debt(id_, "regjeringen:3167072", channel, fact, **given)], DAY_ONE)


def give_to_kari(database):
    given = {"by": "Kari Eksempel", "at": DAY_ONE}
    acts = [
        Triaged(number=1, choice=Choice.ANSWER, **given),
        Assigned(number=2, owner="kari", **given),
    ]
    with database.transaction() as session:
        responses.keep_acts(session, [Event.of_act(climate().key, act) for act in acts])


def test_person_when_told_twice_then_each_is_a_message_of_its_own(database, relay, slack, id_):
    owe_one(database, id_, KARI)
    relay.deliver_due()
    owe_one(database, id_, KARI, MOVED)
    relay.deliver_due()
    assert [(to, thread) for to, _, _, thread in slack.posts] == [("U0KARI001", None)] * 2


def test_person_when_reminded_then_the_message_says_of_what_and_where_to_go(
    database, relay, slack, id_
):
    owe_one(database, id_, KARI)
    relay.deliver_due()
    (message,) = slack.messages
    assert (message.headline, message.title) == ("Påminnelse", climate().title)
    assert message.parts[0].lines == (REMINDED.words,)
    assert message.page_url


def test_person_without_slack_when_there_is_mail_then_told_by_mail_at_once(
    database, relay, slack, mail, id_
):
    owe_one(database, id_, OLA)
    assert relay.deliver_due() == Tally(sent=1)
    assert (slack.posts, [to for to, *_ in mail.posts]) == ([], ["ola@example.org"])


def test_person_nobody_can_reach_then_set_aside_with_what_to_do(database, relay, id_):
    owe_one(database, id_, PER)
    assert relay.deliver_due() == Tally(refused=1)
    assert "mangler adresse" in str(deliveries(database)[0].reason)


def test_person_no_longer_listed_then_set_aside_with_what_to_do(database, relay, id_):
    owe_one(database, id_, "person:borte")
    assert relay.deliver_due() == Tally(refused=1)
    assert "config/people.yaml" in str(deliveries(database)[0].reason)


def test_urgent_when_slack_is_away_for_long_then_told_by_mail_and_not_again(
    database, relay, slack, mail, time, id_
):
    owe_one(database, id_, KARI, urgent=True)
    slack.problems += [Passing("borte")] * 2
    relay.deliver_next()
    assert mail.posts == []
    time.passes(seconds=LATER.total_seconds())
    relay.deliver_next()
    assert [to for to, *_ in mail.posts] == ["kari@example.org"]
    time.passes(hours=3)
    relay.deliver_due()
    assert (slack.posts, states(database)) == ([], ["sent"])


def test_urgent_to_a_channel_when_slack_is_away_then_the_head_is_told_by_mail(
    database, relay, slack, mail, time, id_
):
    owe_one(database, id_, "klima-miljo", urgent=True)
    slack.problems.append(Passing("borte"))
    time.passes(seconds=LATER.total_seconds())
    relay.deliver_next()
    assert [to for to, *_ in mail.posts] == ["ola@example.org"]


def test_what_can_wait_when_slack_is_away_for_long_then_it_waits(
    database, relay, slack, mail, time, id_
):
    owe_one(database, id_, KARI)
    slack.problems += [Passing("borte")] * 2
    time.passes(seconds=LATER.total_seconds())
    relay.deliver_next()
    assert mail.posts == []
    time.passes(hours=3)
    relay.deliver_due()
    assert len(slack.posts) == 0 or states(database) == ["sent"]


@pytest.mark.parametrize("told_there_too", [True, False])
def test_mailed_after_an_answer_was_lost_then_looked_up_when_slack_is_back(
    database, relay, slack, mail, time, id_, told_there_too
):
    owe_one(database, id_, KARI, urgent=True)
    slack.problems += [Passing("tidsavbrudd", uncertain=True), Passing("borte", uncertain=True)]
    relay.deliver_next()
    time.passes(seconds=LATER.total_seconds())
    relay.deliver_next()
    assert len(mail.posts) == 1
    if told_there_too:
        key = deliveries(database)[0].key
        slack.found = (Found(Posted("slack", "U0KARI001", "1"), None, frozenset({key})),)
    assert relay.settle_next_doubt()
    assert not relay.settle_next_doubt()
    with database.reading() as session:
        assert ledger.count_perhaps_twice(session) == int(told_there_too)


def test_withdrawn_then_never_told(database, relay, slack, id_):
    owe_one(database, id_, KARI)
    with database.transaction() as session:
        ledger.withdraw(session, [row.key for row in deliveries(database)])
    assert relay.deliver_due() == Tally()
    assert (slack.posts, states(database)) == ([], ["withdrawn"])


def test_withdrawn_when_told_already_then_it_stays_told(database, relay, id_):
    owe_one(database, id_, KARI)
    relay.deliver_due()
    with database.transaction() as session:
        ledger.withdraw(session, [row.key for row in deliveries(database)])
    assert states(database) == ["sent"]


def test_not_before_when_it_has_not_come_then_nothing_is_told(database, relay, slack, time, id_):
    owe_one(database, id_, "klima-miljo", OPENED, not_before=DAY_ONE + timedelta(hours=9))
    assert relay.deliver_due() == Tally()
    time.passes(hours=9)
    assert relay.deliver_due() == Tally(sent=1)


def test_not_before_when_a_wrong_clock_set_it_then_it_is_told_all_the_same(
    database, relay, slack, id_
):
    owe_one(database, id_, "klima-miljo", OPENED, not_before=DAY_ONE + timedelta(days=400))
    assert relay.deliver_due() == Tally(sent=1)


def bundle(database, count, channel="klima-miljo"):
    for number in range(count):
        seen = climate(external_id=f"id{number}", title=f"Høring nummer {number}")
        id_ = take_in(database, seen)
        with database.transaction() as session:
            ledger.owe(session, [Debt(id_, seen.key, channel, OPENED, bundle=True)], DAY_ONE)


def test_bundle_then_all_of_it_is_one_message_with_each_matter_and_its_page(database, relay, slack):
    bundle(database, 3)
    assert relay.deliver_due() == Tally(sent=3)
    (message,) = slack.messages
    assert [part.label for part in message.parts] == [f"Høring nummer {n}" for n in range(3)]
    assert all(part.url and "/horinger/" in part.url for part in message.parts)


def test_bundle_when_it_is_large_then_nothing_is_left_out(database, relay, slack):
    bundle(database, MOST_IN_A_BUNDLE + 1)
    assert relay.deliver_due() == Tally(sent=MOST_IN_A_BUNDLE + 1)
    assert [len(keys) for _, _, keys, _ in slack.posts] == [MOST_IN_A_BUNDLE, 1]


def test_bundle_when_its_answer_was_lost_then_looked_for_and_not_posted_again(
    database, relay, slack, time
):
    bundle(database, 2)
    slack.problems.append(Passing("tidsavbrudd", uncertain=True))
    relay.deliver_next()
    keys = frozenset(row.key for row in deliveries(database))
    slack.found = (Found(Posted("slack", "C0KLIMA1", "7"), None, keys),)
    time.passes(hours=1)
    assert relay.deliver_due() == Tally(sent=2)
    assert slack.posts == []


def test_bundled_matter_when_something_urgent_comes_then_all_of_it_is_told_once(
    database, relay, slack, id_
):
    owe_one(database, id_, "klima-miljo", OPENED, bundle=True,
            not_before=DAY_ONE + timedelta(hours=20))  # fmt: skip
    owe_one(database, id_, "klima-miljo", REMINDED, urgent=True)
    assert relay.deliver_due() == Tally(sent=2)
    assert len(slack.posts) == 1


def test_later_news_of_a_bundled_matter_then_not_told_in_the_bundles_thread(database, relay, slack):
    bundle(database, 2)
    relay.deliver_due()
    row, _ = deliveries(database)
    owe(database, row.consultation_id, [MOVED], key="regjeringen:id0")
    relay.deliver_due()
    assert [thread for *_, thread in slack.posts] == [None, None]


def test_bundle_of_one_then_told_as_that_matter_always_is(database, relay, slack, id_):
    owe(database, id_, [OPENED])
    relay.deliver_due()
    owe_one(database, id_, "klima-miljo", REMINDED, bundle=True)
    relay.deliver_due()
    (_, first, _, _), (_, _, _, thread) = slack.posts
    assert (first, thread) == ("Ny høring", Posted("slack", "C0KLIMA1", "1"))


def test_reminders_of_several_matters_then_one_message_with_the_whole_of_each(
    database, relay, slack
):
    why = (
        "Saken skulle vært vurdert senest fredag 10. juli 2026, men det er ikke merket som gjort. "
    )
    why += "Du får vite det fordi du leder seksjonen Klima, og saken mangler saksansvarlig."
    for number in range(3):
        seen = climate(external_id=f"id{number}", title=f"Høring nummer {number}")
        fact = Fact(EventType.REMINDER, "reminder/triaged/1", DAY_ONE, why)
        debt = Debt(take_in(database, seen), seen.key, KARI, fact, bundle=True)
        with database.transaction() as session:
            ledger.owe(session, [debt], DAY_ONE)
    assert relay.deliver_due() == Tally(sent=3)
    (message,) = slack.messages
    assert (message.headline, message.title) == (
        "Påminnelser", "3 saker venter på at noen gjør noe",
    )  # fmt: skip
    assert [part.lines for part in message.parts] == [(why,)] * 3


def test_left_to_the_weekly_mail_then_never_posted(database, relay, slack, id_):
    owe_one(database, id_, "klima-miljo", OPENED, left_to_digest=True)
    assert relay.deliver_due() == Tally()
    assert states(database) == ["digest"]


def mail_for_channel(database, relay, slack, time, id_, fact=REMINDED):
    """Let a channel be owed something urgent while Slack has been away for long."""
    owe_one(database, id_, "klima-miljo", fact, urgent=True)
    slack.problems.append(Passing("borte"))
    time.passes(seconds=LATER.total_seconds())
    relay.deliver_next()


def test_urgent_to_a_channel_when_slack_is_away_then_the_owner_is_told_too(
    database, relay, slack, mail, time, id_
):
    give_to_kari(database)
    mail_for_channel(database, relay, slack, time, id_)
    assert [to for to, *_ in mail.posts] == ["kari@example.org", "ola@example.org"]
    assert states(database) == ["sent"]


def test_urgent_to_a_channel_when_mail_stops_after_one_of_two_then_that_one_is_mailed_once(
    database, relay, slack, mail, time, id_
):
    give_to_kari(database)
    mail.problems += [None, Passing("for mange e-poster")]
    mail_for_channel(database, relay, slack, time, id_)
    time.passes(hours=3)
    relay.deliver_due()
    assert [to for to, *_ in mail.posts] == ["kari@example.org"]
    assert (slack.posts, states(database)) == ([], ["sent"])


def test_urgent_to_a_channel_when_the_head_hears_of_it_alone_then_not_mailed_twice(
    database, relay, slack, mail, time, id_
):
    owe_one(database, id_, OLA)
    relay.deliver_due()
    mail_for_channel(database, relay, slack, time, id_)
    assert [to for to, *_ in mail.posts] == ["ola@example.org"]
    time.passes(hours=3)
    relay.deliver_due()
    assert [to for to, *_ in slack.posts] == ["C0KLIMA1"]


def test_urgent_to_a_channel_when_one_address_is_refused_then_the_delivery_waits_for_slack(
    database, relay, slack, mail, time, id_
):
    mail.problems.append(Refused("ukjent adresse"))
    mail_for_channel(database, relay, slack, time, id_)
    time.passes(hours=3)
    relay.deliver_due()
    assert ([to for to, *_ in slack.posts], mail.posts) == (["C0KLIMA1"], [])


def test_urgent_when_slack_only_asks_for_a_rest_then_not_mailed(
    database, relay, slack, mail, time, id_
):
    owe_one(database, id_, KARI, urgent=True)
    slack.problems.append(Passing("vent", retry_after=timedelta(seconds=30)))
    time.passes(seconds=LATER.total_seconds())
    relay.deliver_next()
    assert mail.posts == []


def test_mailed_when_slack_is_back_then_the_first_message_is_brought_up_to_date_once(
    database, relay, slack, time, id_
):
    owe_one(database, id_, "klima-miljo", OPENED)
    relay.deliver_due()
    mail_for_channel(database, relay, slack, time, id_)
    while relay.settle_next_doubt():
        pass
    assert [(posted.message_id, said.headline) for posted, said in slack.updates][-1] == (
        "1", "Påminnelse",
    )  # fmt: skip
    seen = len(slack.updates)
    assert not relay.settle_next_doubt()
    assert len(slack.updates) == seen


def test_mailed_when_more_comes_then_told_in_the_thread_that_was_there_before(
    database, relay, slack, time, id_
):
    owe_one(database, id_, "klima-miljo", OPENED)
    relay.deliver_due()
    mail_for_channel(database, relay, slack, time, id_)
    owe_one(database, id_, "klima-miljo", MOVED)
    time.passes(hours=3)
    relay.deliver_due()
    assert slack.posts[-1][3] == Posted("slack", "C0KLIMA1", "1")


def test_settling_when_slack_is_still_away_then_not_asked_again_at_once(
    database, relay, slack, time, id_
):
    mail_for_channel(database, relay, slack, time, id_)
    slack.away = Passing("borte")
    asked = slack.asked
    assert not relay.settle_next_doubt()
    assert not relay.settle_next_doubt()
    assert slack.asked - asked == 1


def test_doctor_when_something_may_have_been_told_twice_then_says_so(database, id_):
    owe_one(database, id_, OLA, urgent=True)
    with database.transaction() as session:
        session.execute(sa.update(DeliveryRow).values(perhaps_twice=True))
    assert "1 kan være gitt to ganger" in " ".join(found.says for found in doctor.alerts(database))
