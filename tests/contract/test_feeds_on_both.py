"""Calendars, feeds, figures and secret addresses: the same on SQLite and PostgreSQL."""

from datetime import date, timedelta

import pytest

from consultations.domain.response.acts import Choice, State
from consultations.store import followed, outcomes, secret_addresses
from consultations.store.outcomes import NOWHERE, By, Counts
from consultations.store.secret_addresses import CALENDARS, Purpose
from tests.building import at, deadline, observation
from tests.feeds_building import SECTION, keep, laid, step
from tests.response_building import KARI, assigned, noted, triaged

pytestmark = [
    pytest.mark.services,
    pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True),
]
AHEAD = (deadline("2026-10-14"),)
PASSED = (deadline("2026-08-14"),)
SINCE = at(60)


def keys(found):
    return [one.key.removeprefix("regjeringen:") for one in found]


@pytest.fixture
def kept(database):
    plan = laid(1, step(State.DRAFT, "2026-08-03"))
    owned = [triaged(1, brussels=True), assigned(2)]
    keep(database, observation(external_id="ahead", deadlines=AHEAD), acts=owned, plans=[plan])
    keep(database, observation(external_id="passed", deadlines=PASSED), acts=[noted(1)])
    keep(database, observation(external_id="vanished", deadlines=PASSED),
         observation(61, external_id="vanished", deadlines=()))  # fmt: skip
    keep(database, observation(61, external_id="new", deadlines=PASSED))
    keep(database, observation(61, external_id="old", deadlines=PASSED), backfill=True)
    return database


def test_calendars_then_what_is_over_is_left_out_on_both(kept):
    with kept.reading() as session:
        assert keys(followed.of_section(session, [SECTION], SINCE)) == ["ahead", "vanished"]
        assert keys(followed.of_brussels(session, SINCE)) == ["ahead"]
        (owned,) = followed.of_owner(session, KARI, SINCE)
    assert owned.plans[-1].plan.steps[0].step is State.DRAFT


def test_feed_then_what_was_old_at_the_first_run_is_left_out_on_both(kept):
    with kept.reading() as session:
        found = followed.seen_of_section(session, [SECTION], SINCE, timedelta(days=14))
    assert keys(found) == ["vanished", "new"]


def test_figures_then_they_are_the_same_on_both(database):
    keep(database, observation(published_on=date(2025, 12, 31)))
    keep(database, observation(external_id="2"), acts=[triaged(1, Choice.FOLLOW)])
    keep(database, observation(external_id="3", published_on=None, senders=("Ååå «»",)))
    with database.reading() as session:
        found = {(f.by, f.id, f.year): f.counts for f in outcomes.figures(session)}
    assert found[By.ALL, NOWHERE, 2025] == Counts(consultations=1, undecided=1)
    assert found[By.ALL, NOWHERE, 2026] == Counts(consultations=2, undecided=1, followed_only=1)
    assert found[By.MINISTRY, "Ååå «»", None] == Counts(consultations=1, undecided=1)


def test_secret_address_when_withdrawn_then_it_is_unknown_on_both(database):
    with database.transaction() as session:
        made = secret_addresses.make(session, Purpose.CALENDAR_BRUSSELS, "", "Kari", at(0))
        assert secret_addresses.find(session, made.token, CALENDARS) == made
        secret_addresses.revoke(session, made.token[:8], at(1))
    with database.reading() as session:
        assert secret_addresses.find(session, made.token, CALENDARS) is None
        assert secret_addresses.listed(session)[0].revoked_at == at(1)
