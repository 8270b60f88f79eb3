"""People act while others remind and tell: all is done, and nobody waits in a ring for another."""

import random
from datetime import timedelta

import pytest

from consultations.domain.response.acts import Choice
from consultations.handlers.reminding import remind
from consultations.handlers.response import Assign, Triage, Wish, act
from consultations.store import claiming, ledger, responses
from consultations.store.database import Database
from consultations.store.ledger import Posted
from tests.building import at, observation
from tests.contract.test_reminding import CHANNELS, KARI, OFFICE, OLA, SECTIONS, Desk, oslo
from tests.contract.test_several_processes import at_once

pytestmark = pytest.mark.services

MORNING = oslo("2026-07-22T08:00")
RUNG = "reminder/draft/2026-07-31/7"
LEASE = timedelta(minutes=3)
NAMES = [str(number) for number in range(1, 9)]
TURNS = 12


def test_acting_reminding_and_telling_at_once_then_all_is_done_and_each_matter_is_reminded_of(
    postgres_url,
):
    database = Database(postgres_url)
    desk = Desk(database)
    keys = [observation(external_id=name).key for name in NAMES]
    for name in NAMES:
        desk.see(observation(external_id=name))
    roles = [acting, acting, reminding, reminding, telling, telling]
    at_once(len(roles), lambda number: roles[number](database, keys, random.Random(number)))
    with database.transaction() as session:
        remind(session, OFFICE, CHANNELS, SECTIONS, MORNING + timedelta(minutes=1))
        done = responses.acts(session, range(1, len(keys) + 1))
    assert sum(len(acts) for acts in done.values()) == 2 * TURNS * len(keys)
    standing = [row.key.rpartition("|")[0] for row in desk.rows() if row.state != "withdrawn"]
    assert {f"{key}|{RUNG}" for key in keys} <= {*standing}
    database.close()


def acting(database, keys, chance):
    for turn in range(TURNS):
        for key in chance.sample(keys, len(keys)):
            what = Assign(chance.choice((KARI, OLA))) if turn else Triage(Choice.ANSWER)
            with database.transaction() as session:
                wish = Wish("Kari", what)
                act(session, key, wish, OFFICE, CHANNELS, SECTIONS, lambda: at(0))


def reminding(database, _keys, _chance):
    for _ in range(TURNS * 4):
        with database.transaction() as session:
            remind(session, OFFICE, CHANNELS, SECTIONS, MORNING)


def telling(database, _keys, _chance):
    for number in range(TURNS * 4):
        with database.transaction() as session:
            claim = claiming.claim(session, MORNING, LEASE)
        if claim:
            with database.transaction() as session:
                posted = Posted("slack", claim.channel, str(number))
                ledger.mark_sent(session, claim.due, MORNING, posted, thread_id=None)
