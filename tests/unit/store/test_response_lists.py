"""What each list of responses holds, and in which order."""

from datetime import date, timedelta

import pytest

from consultations.domain.response.acts import State
from consultations.store import consultations, response_lists, responses
from consultations.store.listing import PAGE_SIZE
from consultations.store.responses import Standing
from tests.building import at, history, observation
from tests.response_building import KARI, OLA

NOW = at(10)


def stored(session, name, **given):
    """Show a response of the consultation with this number."""
    seen = history(observation(external_id=name))
    (id_,) = consultations.save_state(session, [seen]).values()
    facts = {
        "consultation_id": id_, "state": State.NEW, "version": 0, "lead": "oppvekst",
        "owner": None, "deputy": None, "contributing": [], "brussels": False,
        "deadline_at": at(20), "next_step": None, "next_due": None, "meeting": None,
        "meeting_on": None, "arrived_at": at(0), "last_act_at": None, "sent_at": None,
        "look_at": None,
    }  # fmt: skip
    responses.show(session, [Standing(**{**facts, **given})])


@pytest.fixture
def shown(database):
    def shown(**rows):
        with database.transaction() as session:
            for name, given in rows.items():
                stored(session, name, **given)

    return shown


@pytest.fixture
def listed(database):
    def listed(read, *given):
        with database.reading() as session:
            return [one.key.partition(":")[2] for one in read(session, *given)]

    return listed


def test_mine_then_what_is_owned_or_stood_in_for_the_nearest_deadline_first(shown, listed):
    shown(
        later={"owner": KARI, "state": State.DRAFT, "deadline_at": at(30)},
        deputy={"owner": OLA, "deputy": KARI, "state": State.DRAFT, "deadline_at": at(12)},
        passed={"owner": KARI, "state": State.DRAFT, "deadline_at": at(3)},
        sent={"owner": KARI, "state": State.SENT, "deadline_at": None},
        closed={"owner": KARI, "state": State.CLOSED},
        anothers={"owner": OLA, "state": State.DRAFT},
    )
    assert listed(response_lists.mine, KARI, NOW) == ["deputy", "later", "passed", "sent"]


def test_of_section_then_unclaimed_first_and_those_it_helps_with(shown, listed):
    shown(
        owned={"owner": KARI, "state": State.DRAFT, "deadline_at": at(11)},
        unclaimed={"deadline_at": at(30)},
        unclaimed_sooner={"deadline_at": at(20)},
        passed={"deadline_at": at(3)},
        helps={"lead": "kultur", "contributing": ["oppvekst"], "owner": OLA, "state": State.BOARD},
        followed={"state": State.FOLLOW},
        sent={"state": State.SENT},
        others={"lead": "kultur", "contributing": ["oppvekst-2"], "state": State.DRAFT},
    )
    assert listed(response_lists.of_section, ["oppvekst"], NOW) == [
        "unclaimed_sooner", "unclaimed", "owned", "helps", "passed",
    ]  # fmt: skip


def test_to_meetings_then_meeting_by_meeting_from_the_day_on(shown, listed):
    shown(
        later={"meeting": "hovedstyret", "meeting_on": date(2026, 9, 1)},
        kdu={"meeting": "kdu", "meeting_on": date(2026, 8, 20)},
        board={"meeting": "hovedstyret", "meeting_on": date(2026, 8, 20)},
        held={"meeting": "hovedstyret", "meeting_on": date(2026, 8, 19)},
        none={},
    )
    assert listed(response_lists.to_meetings, date(2026, 8, 20)) == ["board", "kdu", "later"]


def test_late_then_a_step_or_a_deadline_is_behind_and_nothing_is_sent(shown, listed):
    shown(
        untouched={"deadline_at": at(9)},
        step={"version": 3, "state": State.DRAFT, "next_due": date(2026, 7, 13)},
        today={"version": 3, "state": State.DRAFT, "next_due": date(2026, 7, 14)},
        deadline={"version": 3, "state": State.DRAFT, "deadline_at": at(9)},
        sent={"version": 3, "state": State.SENT, "deadline_at": at(9)},
        given_up={"version": 3, "state": State.NOT_ANSWERING, "deadline_at": at(9)},
    )
    assert listed(response_lists.late, NOW) == ["step", "deadline", "untouched"]


def test_unclaimed_then_what_nobody_has_with_time_left_also_without_a_section(shown, listed):
    shown(
        none={"lead": None, "deadline_at": None},
        soon={"lead": None, "deadline_at": at(11)},
        passed={"deadline_at": at(9)},
        owned={"owner": KARI},
    )
    assert listed(response_lists.unclaimed, NOW) == ["soon", "none"]


def test_list_when_long_then_paged_and_nothing_stands_twice(shown, listed):
    count = PAGE_SIZE + 5
    shown(**{f"n{i:02}": {"deadline_at": at(20) + timedelta(hours=i)} for i in range(count)})
    pages = [listed(response_lists.unclaimed, NOW, number) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [PAGE_SIZE, 5, 0]
    assert sorted(pages[0] + pages[1]) == [f"n{i:02}" for i in range(count)]


def test_show_when_shown_again_then_what_the_reminders_remember_is_kept(database, shown):
    shown(a={"state": State.NEW})
    shown(a={"state": State.DRAFT, "version": 2})
    with database.reading() as session:
        (one,) = response_lists.unclaimed(session, NOW)
    assert (one.state, one.version) == (State.DRAFT, 2)


def test_drop_then_only_what_nobody_has_touched_goes(database, shown, listed):
    shown(untouched={}, touched={"version": 1})
    with database.transaction() as session:
        keys = {f"regjeringen:{name}" for name in ("untouched", "touched")}
        responses.drop(session, consultations.known(session, keys).values())
    assert listed(response_lists.unclaimed, NOW) == ["touched"]
