from datetime import date

from consultations.domain.observation import DeadlineKind
from consultations.store import consultations, listing
from consultations.store.listing import Filters, Order
from tests.building import at, deadline, history, observation

NOW = at(0)
PASSED, SOON, LATER = date(2026, 7, 1), date(2026, 7, 10), date(2026, 8, 14)


def listed(database, **deadlines_by_id):
    with database.transaction() as session:
        consultations.save_state(
            session,
            [
                history(observation(external_id=id_, deadlines=deadlines))
                for id_, deadlines in deadlines_by_id.items()
            ],
        )
    with database.reading() as session:
        rows = listing.page(session, Filters(), Order.DEADLINE, 1, NOW)
    return [row.key.removeprefix("regjeringen:") for row in rows]


def test_page_by_deadline_gives_those_ahead_first_then_passed_then_none(database):
    found = listed(
        database,
        none=(),
        passed=(deadline(PASSED),),
        later=(deadline(LATER),),
        soon=(deadline(SOON),),
    )
    assert found == ["soon", "later", "passed", "none"]


def test_page_by_deadline_when_it_is_too_late_to_speak_counts_the_one_for_writing(database):
    ask = deadline(PASSED, DeadlineKind.REQUEST_TO_APPEAR)
    found = listed(database, later=(deadline(LATER),), hearing=(ask, deadline(SOON)))
    assert found == ["hearing", "later"]
