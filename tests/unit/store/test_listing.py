from datetime import date

from consultations.domain.observation import DeadlineKind, Status
from consultations.store import consultations, listing
from consultations.store.listing import Filters, Order
from tests.building import at, deadline, history, observation

NOW = at(0)
PASSED, SOON, LATER = date(2026, 7, 1), date(2026, 7, 10), date(2026, 8, 14)


def listed_rows(database, **deadlines_by_id):
    with database.transaction() as session:
        consultations.save_state(
            session,
            [
                history(observation(external_id=id_, deadlines=deadlines))
                for id_, deadlines in deadlines_by_id.items()
            ],
        )
    with database.reading() as session:
        return listing.page(session, Filters(), Order.DEADLINE, 1, NOW)


def listed(database, **deadlines_by_id):
    rows = listed_rows(database, **deadlines_by_id)
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


def test_page_then_says_which_deadline_it_shows(database):
    ask = deadline(SOON, DeadlineKind.REQUEST_TO_APPEAR)
    rows = listed_rows(
        database,
        both_ahead=(ask, deadline(LATER)),
        too_late_to_speak=(deadline(PASSED, DeadlineKind.REQUEST_TO_APPEAR), deadline(LATER)),
        none=(),
    )
    assert [row.deadline_kind for row in rows] == [
        DeadlineKind.REQUEST_TO_APPEAR,
        DeadlineKind.WRITTEN_ANSWER,
        None,
    ]


def test_page_by_deadline_when_cancelled_counts_it_as_passed(database):
    called_off = observation(
        external_id="called_off", status=Status.CANCELLED, deadlines=(deadline(SOON),)
    )
    with database.transaction() as session:
        consultations.save_state(session, [history(called_off)])
    rows = listed_rows(database, later=(deadline(LATER),), none=())
    assert [row.key.removeprefix("regjeringen:") for row in rows] == ["later", "called_off", "none"]
