"""However channels are told, and however that is changed: each fact is told once, or left to mail.

A channel that is told at once, once a day, weekly or not at night; facts of which some are urgent;
answers from the carrier that are lost; and the setting changed in between.
"""

from collections import Counter
from datetime import datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consultations.alerts.channel import Found, Passing
from consultations.alerts.relay import Relay
from consultations.domain.channels import Channel, ChannelMap, QuietHours, Told
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.response.work_calendar import WorkCalendar
from consultations.handlers.telling import timed
from consultations.store import ledger
from consultations.store.ledger import Debt, DeliveryState, Posted
from tests.alert_cases import SECTIONS, Time, climate, deliveries, take_in

MATTERS = 3
CHANNEL = Channel(name="#kanal", slack_id="C0KANAL1", sections=("klima-miljo",))
SETTINGS = [
    CHANNEL,
    CHANNEL.model_copy(update={"quiet_hours": QuietHours(start="17.00", end="08.00")}),
    CHANNEL.model_copy(update={"told": Told.DAILY}),
    CHANNEL.model_copy(update={"told": Told.DIGEST}),
]
CALENDAR = WorkCalendar()
numbers = count()

FACT = st.tuples(st.just("fact"), st.integers(0, MATTERS - 1), st.booleans())
CHANGE = st.tuples(st.just("change"), st.integers(0, len(SETTINGS) - 1), st.none())
PASS = st.tuples(st.just("pass"), st.integers(1, 20), st.none())
DELIVER = st.tuples(st.just("deliver"), st.integers(0, 2), st.none())
STEPS = st.lists(st.one_of(FACT, FACT, CHANGE, PASS, DELIVER), min_size=5, max_size=40)


class Board:
    """A place where messages hang, and can be read again. ``lost`` answers come first."""

    name = "slack"

    def __init__(self) -> None:
        self.hung: list[tuple[tuple[str, ...], str | None]] = []
        self.lost = 0

    def address(self, channel: Channel) -> str:
        return channel.name

    def post(self, address, message, keys, thread):
        self.hung.append((tuple(keys), thread.message_id if thread else None))
        if self.lost:
            self.lost -= 1
            raise Passing("tapt", uncertain=True)
        return Posted(self.name, address, str(len(self.hung) - 1))

    def update(self, posted, message):
        pass

    def find(self, address, keys, since, thread):
        seen = [None, thread.message_id if thread else None]
        return tuple(
            Found(Posted(self.name, address, str(number)), under, frozenset(held))
            for number, (held, under) in enumerate(self.hung)
            if under in seen and set(keys) & set(held)
        )


class Story:
    def __init__(self, database) -> None:
        self.database, self.time, self.board = database, Time(), Board()
        self.setting = SETTINGS[0]
        self.seen = [climate(external_id=f"n{next(numbers)}") for _ in range(MATTERS)]
        self.ids = [take_in(database, one) for one in self.seen]
        self.debts: dict[str, Debt] = {}
        self.at_once: set[str] = set()

    @property
    def channels(self) -> ChannelMap:
        return ChannelMap(channels={"kanal": self.setting}, triage="kanal")

    def fact(self, matter: int, urgent: bool) -> None:
        name = f"reminder/{len(self.debts)}"
        fact = Fact(EventType.REMINDER, name, self.time.now, f"Påminnelse {name}.")
        debt = Debt(self.ids[matter], self.seen[matter].key, "kanal", fact, urgent=urgent)
        self.debts[debt.key] = debt
        if urgent:
            self.at_once.add(debt.key)
        self.enter([debt])

    def enter(self, debts: list[Debt]) -> None:
        now: datetime = self.time.now
        with self.database.transaction() as session:
            ledger.owe(session, timed(debts, self.channels, CALENDAR, now), now)

    def change(self, number: int, _: None) -> None:
        self.setting = SETTINGS[number]
        self.enter(list(self.debts.values()))  # everything is found again after a start

    def pass_(self, hours: int, _: None) -> None:
        self.time.now += timedelta(hours=hours)

    def deliver(self, lost: int, _: None) -> None:
        self.board.lost = lost
        Relay(
            self.database, self.board, self.channels, SECTIONS, self.time.clock, None,
            sleep=self.time.sleep, monotonic=self.time.monotonic, jitter=lambda: 0.0,
        ).deliver_due()  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_each_fact_is_told_in_one_message_or_left_to_the_weekly_mail(database, steps):
    story = Story(database)
    for what, first, second in steps:
        {"fact": story.fact, "change": story.change, "pass": story.pass_,
         "deliver": story.deliver}[what](first, second)  # fmt: skip
    for _ in range(6):
        story.pass_(24, None)
        story.deliver(0, None)
    told = Counter(key for keys, _ in story.board.hung for key in keys)
    rows = {row.key: row.state for row in deliveries(database) if row.key in story.debts}
    assert set(rows) == set(story.debts)
    left = {key for key, state in rows.items() if state == DeliveryState.DIGEST}
    assert set(rows.values()) <= {DeliveryState.SENT, DeliveryState.DIGEST}
    assert told == Counter(set(rows) - left)
    assert not left & story.at_once
