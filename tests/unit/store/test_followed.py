"""What calendars and feeds show: who it concerns, and what is over."""

from datetime import date, timedelta

import pytest

from consultations.domain.observation import Status
from consultations.domain.response.acts import Choice, State
from consultations.store import followed
from tests.building import at, deadline, observation
from tests.feeds_building import keep, laid, step
from tests.response_building import (
    KARI,
    OLA,
    advanced,
    assigned,
    extended,
    in_state,
    triaged,
)

SINCE = at(60)
NEWS_AGE = timedelta(days=14)
LONG_AGO = (deadline("2026-08-14"),)
AHEAD = (deadline("2026-10-14"),)


def keys(found):
    return [one.key for one in found]


def of_section(database, *sections, since=SINCE):
    with database.reading() as session:
        return keys(followed.of_section(session, sections or ("oppvekst",), since))


def test_section_when_it_leads_or_reads_then_the_matter_is_there(database):
    keep(database, observation(deadlines=AHEAD), seconds=("kultur",))
    assert of_section(database) == of_section(database, "kultur") == ["regjeringen:3167072"]
    assert of_section(database, "klima") == []
    assert of_section(database, "klima", "kultur") == ["regjeringen:3167072"]


def test_section_when_the_response_is_given_to_it_then_the_matter_is_there(database):
    keep(database, observation(deadlines=AHEAD), acts=[triaged(1, lead="klima")])
    assert of_section(database, "klima") == ["regjeringen:3167072"]


@pytest.mark.parametrize(
    ("seen", "acts", "is_there"),
    [
        ([observation(deadlines=LONG_AGO)], [], False),
        ([observation(deadlines=())], [], False),
        ([observation(deadlines=LONG_AGO), observation(61, deadlines=())], [], True),
        ([observation(deadlines=LONG_AGO), observation(61, status=Status.CANCELLED)], [], True),
        ([observation(deadlines=LONG_AGO)], [triaged(1), extended(2, date(2026, 10, 1))], True),
    ],
    ids=["passed", "none", "taken away", "cancelled", "put off"],
)
def test_section_when_a_matter_is_over_then_only_late_changes_keep_it(
    database, seen, acts, is_there
):
    keep(database, *seen, acts=acts)
    assert bool(of_section(database)) is is_there


def test_brussels_when_law_or_people_say_so_then_the_matter_is_there(database):
    keep(database, observation(deadlines=AHEAD), eu_eea=True)
    keep(database, observation(external_id="2", deadlines=AHEAD), acts=[triaged(1, brussels=True)])
    keep(database, observation(external_id="3", deadlines=AHEAD))
    with database.reading() as session:
        found = keys(followed.of_brussels(session, SINCE))
    assert found == ["regjeringen:3167072", "regjeringen:2"]


def test_owner_when_a_case_is_theirs_and_not_closed_then_it_is_there_with_its_plan(database):
    plan = laid(1, step(State.DRAFT, "2026-08-03"))
    keep(database, observation(), acts=[triaged(1), assigned(2)], plans=[plan])
    keep(database, observation(external_id="2"), acts=[triaged(1), assigned(2, owner=OLA)])
    keep(database, observation(external_id="3"), acts=in_state(State.CLOSED))
    with database.reading() as session:
        (found,) = followed.of_owner(session, KARI, SINCE)
    assert found.case.owner == KARI
    assert found.plans[-1].plan == plan.plan


def test_owner_when_a_case_was_closed_lately_then_it_is_still_there(database):
    keep(database, observation(), acts=in_state(State.CLOSED))
    with database.reading() as session:
        assert followed.of_owner(session, KARI, at(1))
        assert followed.of_owner(session, OLA, at(1)) == []


def test_news_when_something_was_seen_since_then_the_matter_is_there(database):
    keep(database, observation(), observation(61, title="Nytt"))
    keep(database, observation(external_id="2"))
    keep(database, observation(61, external_id="3"), lead="klima")
    with database.reading() as session:
        found = followed.seen_of_section(session, ["oppvekst"], SINCE, NEWS_AGE)
    assert keys(found) == ["regjeringen:3167072"]


@pytest.mark.parametrize(
    ("published", "backfill", "is_there"),
    [("2026-08-21", True, True), ("2026-08-18", True, False), ("2026-08-18", False, True)],
    ids=["new when first seen", "old then", "found later"],
)
def test_news_when_the_first_run_saw_it_then_only_what_was_new_is_there(
    database, published, backfill, is_there
):
    seen = observation(61, published_on=date.fromisoformat(published))
    keep(database, seen, backfill=backfill)
    with database.reading() as session:
        found = followed.seen_of_section(session, ["oppvekst"], SINCE, NEWS_AGE)
    assert bool(found) is is_there


def test_section_when_the_first_run_saw_it_lately_then_it_is_over_all_the_same(database):
    keep(database, observation(61, deadlines=LONG_AGO), backfill=True)
    assert of_section(database) == []


def test_section_when_there_is_too_much_then_the_nearest_deadlines_stay(database, monkeypatch):
    for number, day in enumerate(["2026-11-14", "2026-10-14", "2026-12-14"]):
        keep(database, observation(external_id=str(number), deadlines=(deadline(day),)))
    keep(database, observation(deadlines=LONG_AGO), observation(61, deadlines=()))
    monkeypatch.setattr(followed, "MOST", 2)
    assert of_section(database) == ["regjeringen:0", "regjeringen:1"]


def test_matter_when_nobody_answers_then_its_case_says_so(database):
    keep(database, observation(deadlines=AHEAD), acts=[triaged(1, Choice.FOLLOW)])
    with database.reading() as session:
        (found,) = followed.of_section(session, ["oppvekst"], SINCE)
    assert found.case.state is State.FOLLOW


def test_matter_when_work_has_been_done_then_every_act_is_counted(database):
    keep(database, observation(deadlines=AHEAD),
         acts=[triaged(1), assigned(2), advanced(3, State.DRAFT)])  # fmt: skip
    with database.reading() as session:
        (found,) = followed.of_section(session, ["oppvekst"], SINCE)
    assert found.case.version == 3
