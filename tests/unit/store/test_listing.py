from datetime import date

import pytest

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


@pytest.mark.parametrize("title", ["Høring ÆØÅ", "Høyring i Kárášjohka", "SÁMI ČĐŊŠŦŽ", "É_Ä%/Ö"])
@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_search_finds_norwegian_and_sami_letters_in_any_case(database, title, change):
    others = observation(external_id="2", title="Noe annet")
    with database.transaction() as session:
        consultations.save_state(session, [history(observation(title=title)), history(others)])
    filters = Filters(words=change(title))
    with database.reading() as session:
        assert listing.count(session, filters) == 1
        assert [r.title for r in listing.page(session, filters, Order.NEWEST, 1, NOW)] == [title]


def test_search_when_it_holds_what_is_no_text_finds_nothing(database):
    with database.reading() as session:
        assert listing.count(session, Filters(words="a\0 \ud800", section="\0")) == 0


def test_page_by_newest_gives_those_without_a_day_last(database):
    seen = [observation(external_id=str(n), published_on=day)
            for n, day in enumerate([None, date(2026, 7, 1), date(2026, 7, 3)])]  # fmt: skip
    with database.transaction() as session:
        consultations.save_state(session, [history(o, backfill=True) for o in seen])
    with database.reading() as session:
        rows = listing.page(session, Filters(), Order.NEWEST, 1, NOW)
    assert [row.key[-1] for row in rows] == ["2", "1", "0"]
