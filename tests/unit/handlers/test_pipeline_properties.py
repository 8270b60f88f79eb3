"""What must always hold: order and repetition of records change nothing."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.store.database import Database
from tests.building import at
from tests.pipeline import engine, final_state, ledger_keys, take_in
from tests.sightings import observations

TABLES = ("consultations", "sightings", "decisions", "consultation_sections")


mixed = observations.flatmap(lambda seen: st.permutations(seen + seen[:2]))


@pytest.fixture(scope="module")
def outcome(rules, tmp_path_factory):
    """A function that takes batches in on an empty database and tells what came of it."""
    folder = tmp_path_factory.mktemp("property")
    empty = Database(f"sqlite:///{folder / 'empty.db'}")
    empty.migrate()
    empty.close()

    def run(batches):
        shutil.copy(folder / "empty.db", folder / "used.db")
        database = Database(f"sqlite:///{folder / 'used.db'}")
        carrier = engine(database, rules, clock=lambda: at(9))
        for batch in batches:
            take_in(carrier, batch)
        told = ledger_keys(database), final_state(database, *TABLES)
        database.close()
        return told

    return run


@settings(max_examples=40, deadline=None)
@given(seen=mixed, size=st.integers(1, 4))
def test_records_in_any_order_and_number_give_the_same_state_and_the_same_ledger(
    outcome, seen, size
):
    in_order = sorted(seen, key=lambda o: o.observed_at)
    batches = [seen[i : i + size] for i in range(0, len(seen), size)]
    assert outcome([in_order]) == outcome(batches)
