"""The ladder, against a slow and simple telling of the same rules, hour by hour."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.calendar import OSLO, end_of_day
from consultations.domain.response.ladder import AT_ONCE, MISSED, Goal, Ladder
from consultations.domain.response.plan_templates import OfficeHours
from consultations.domain.response.reminders import Reminders, Role
from consultations.domain.response.work_calendar import WorkCalendar

CLOSED = frozenset({date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1)})
CALENDAR = WorkCalendar(closed=CLOSED)
LADDER = Ladder(Reminders(), OfficeHours(), CALENDAR)
HOUR = timedelta(hours=1)


ANY_TIME = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
SPRING = st.integers(0, 110 * 24 * 60).map(
    lambda minutes: datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def oslo(words):
    return datetime.fromisoformat(words).replace(tzinfo=OSLO).astimezone(UTC)


def goal(due="2026-05-06", known="2026-01-05T10:00", **given):
    day = date.fromisoformat(due)
    known_at = oslo(known)
    return Goal(
        **{
            "name": "draft", "due": day, "ends": end_of_day(day), "known_at": known_at,
            "since": known_at, **given,
        }
    )  # fmt: skip


def climbed(goal, moments, told=()):
    """Ask at each moment, and let what is due be told. Returns what was told, and when."""
    told, fired = set(told), []
    for moment in moments:
        due = LADDER.look(goal, told, moment).due
        if due:
            told.add(due.rung)
            fired.append((due.rung, moment))
    return fired


def every_hour(first, last):
    moment, end = oslo(first), oslo(last)
    while moment <= end:
        yield moment
        moment += HOUR


def test_ladder_when_asked_every_hour_then_each_rung_comes_once_as_the_office_opens():
    fired = climbed(goal(), every_hour("2026-03-01T00:00", "2026-05-20T00:00"))
    assert [(rung, moment.astimezone(OSLO).strftime("%m-%d %H")) for rung, moment in fired] == [
        ("21", "04-01 08"), ("14", "04-15 08"), ("7", "04-24 08"), ("3", "04-30 08"),
        ("1", "05-05 08"), ("0", "05-06 08"), (MISSED, "05-07 08"),
    ]  # fmt: skip


def test_ladder_when_easter_lies_between_then_only_working_days_count():
    fired = climbed(goal("2026-04-08"), every_hour("2026-03-30T00:00", "2026-04-08T12:00"))
    days = [moment.astimezone(OSLO).date().isoformat() for _, moment in fired]
    assert days == ["2026-03-30", "2026-03-31", "2026-04-07", "2026-04-08"]
    assert [rung for rung, _ in fired][1:] == ["3", "1", "0"]


@pytest.mark.parametrize(
    ("due", "utc_hour"),
    [("2026-03-27", 7), ("2026-03-30", 6), ("2026-10-23", 6), ("2026-10-26", 7)],
)
def test_ladder_over_both_clock_changes_then_the_morning_is_at_eight_in_oslo(due, utc_hour):
    (morning,) = (r for r in LADDER.climb(goal(due)) if r.rung == "0")
    assert morning.moment.hour == utc_hour


def test_ladder_when_machine_was_down_over_several_rungs_then_the_latest_alone_is_due():
    assert climbed(goal(), [oslo("2026-04-30T09:00"), oslo("2026-04-30T09:01")]) == [
        ("3", oslo("2026-04-30T09:00"))
    ]


def test_ladder_when_found_outside_office_hours_then_waits_for_the_morning():
    evening = oslo("2026-04-30T20:00")
    look = LADDER.look(goal(), {"7"}, evening)
    assert look.due is None
    assert look.again_at == oslo("2026-05-04T08:00")  # the first of May, and a weekend


def test_ladder_when_a_deadline_ended_this_sunday_then_waits_until_monday_to_say_it_was_missed():
    ended = goal("2026-05-10", ends=oslo("2026-05-10T09:00"), is_deadline=True)
    look = LADDER.look(ended, {"1"}, oslo("2026-05-10T09:05"))
    assert (look.due, look.again_at) == (None, oslo("2026-05-11T08:00"))


def test_ladder_when_a_deadline_ended_this_afternoon_then_that_it_was_missed_can_wait():
    ended = goal("2026-05-06", ends=oslo("2026-05-06T15:00"), is_deadline=True)
    assert LADDER.look(ended, {"0"}, oslo("2026-05-06T15:30")).due.rung == MISSED
    look = LADDER.look(ended, {"0"}, oslo("2026-05-06T16:30"))
    assert (look.due, look.again_at) == (None, oslo("2026-05-07T08:00"))


@pytest.mark.parametrize("hour", [8, 15, 16, 20, 23])
def test_ladder_on_the_last_day_of_a_deadline_then_does_not_wait(hour):
    moment = oslo(f"2026-05-06T{hour:02}:30")
    deadline = goal(is_deadline=True)
    assert LADDER.look(deadline, {"1"}, moment).due.rung == "0"


def test_ladder_on_the_evening_of_a_step_of_ours_then_waits_and_says_it_was_missed():
    assert climbed(goal(), [oslo("2026-05-06T20:00"), oslo("2026-05-07T08:00")], {"1"}) == [
        (MISSED, oslo("2026-05-07T08:00"))
    ]


def test_ladder_in_the_night_before_the_last_day_then_waits_for_that_morning():
    look = LADDER.look(goal(is_deadline=True), {"3"}, oslo("2026-05-06T02:00"))
    assert (look.due, look.again_at) == (None, oslo("2026-05-06T08:00"))


def test_ladder_when_a_deadline_is_on_a_sunday_then_friday_and_sunday_tell():
    fired = climbed(
        goal("2026-05-10", is_deadline=True), every_hour("2026-05-07T00:00", "2026-05-12T00:00")
    )
    assert [(r, m.astimezone(OSLO).strftime("%a %H")) for r, m in fired[-3:]] == [
        ("1", "Fri 08"), ("0", "Sun 08"), (MISSED, "Mon 08"),
    ]  # fmt: skip


def test_ladder_when_known_late_then_waits_for_the_next_rung():
    late = goal(known="2026-04-28T10:00")
    fired = climbed(late, every_hour("2026-04-28T10:00", "2026-05-06T12:00"))
    assert [rung for rung, _ in fired] == ["3", "1", "0"]


def test_ladder_when_known_on_the_last_day_then_one_reminder_at_once():
    late = goal(known="2026-05-06T10:00")
    assert climbed(late, every_hour("2026-05-06T10:00", "2026-05-06T15:00")) == [
        (AT_ONCE, oslo("2026-05-06T10:00"))
    ]


@pytest.mark.parametrize("is_deadline", [True, False])
def test_ladder_when_known_after_its_day_then_never_says_anything(is_deadline):
    past = goal(known="2026-05-08T10:00", is_deadline=is_deadline)
    assert not climbed(past, every_hour("2026-05-08T10:00", "2026-05-20T00:00"))


def test_ladder_when_undone_after_the_deadline_then_says_that_it_passed():
    again = goal(since=oslo("2026-05-08T10:00"), again=7, is_deadline=True)
    assert climbed(again, every_hour("2026-05-08T10:00", "2026-05-12T00:00")) == [
        (MISSED, oslo("2026-05-08T10:00"))
    ]


def test_ladder_when_a_step_is_taken_up_after_its_day_then_it_is_not_said_to_be_missed():
    late = goal(since=oslo("2026-05-08T10:00"))
    assert not climbed(late, every_hour("2026-05-08T10:00", "2026-05-12T00:00"))


def test_ladder_when_undone_then_the_next_rung_and_no_earlier_one():
    again = goal(since=oslo("2026-05-04T12:00"), again=7)
    told = again.told([goal().name_of("21"), goal().name_of("3")])
    fired = climbed(again, every_hour("2026-05-04T12:00", "2026-05-06T12:00"), told)
    assert [rung for rung, _ in fired] == ["1", "0"]


def test_goal_when_undone_on_its_last_day_then_what_was_told_at_once_is_told_again():
    again = goal(since=oslo("2026-05-06T12:00"), again=7)
    told = again.told([goal().name_of(AT_ONCE), goal().name_of("0")])
    assert told == {"0"}
    fired = climbed(again, [oslo("2026-05-06T12:00")], told)
    assert fired == [(AT_ONCE, oslo("2026-05-06T12:00"))]
    assert again.name_of(AT_ONCE) == "reminder/draft/2026-05-06/now.7"
    assert again.told([again.name_of(AT_ONCE)]) == {AT_ONCE}


def test_ladder_when_the_deadline_it_serves_has_passed_then_a_missed_step_is_not_told():
    step = goal(serves_until=oslo("2026-05-06T23:59"))
    assert MISSED not in [r.rung for r in LADDER.climb(step)]
    assert LADDER.look(step, set(), oslo("2026-05-07T09:00")).due is None


def test_ladder_when_known_at_the_very_moment_of_a_rung_then_that_rung_is_climbed():
    (morning,) = (r.moment for r in LADDER.climb(goal()) if r.rung == "3")
    late = replace(goal(), known_at=morning, since=morning)
    assert [r.rung for r in LADDER.climb(late)] == ["3", "1", "0", MISSED]


def test_ladder_when_the_deadline_it_serves_ends_at_the_moment_of_a_rung_then_it_still_serves():
    (morning,) = (r.moment for r in LADDER.climb(goal()) if r.rung == "0")
    assert LADDER.climb(replace(goal(), serves_until=morning))[-1].rung == "0"


@pytest.mark.parametrize(
    ("ends", "day"), [("2026-05-06T12:00", 6), ("2026-05-06T08:00", 5), ("2026-05-06T00:00", 5)]
)
def test_last_day_when_it_ends_before_the_office_opens_then_it_is_the_day_before(ends, day):
    assert LADDER.last_day(oslo(ends)) == date(2026, 5, day)


def test_ladder_when_the_clock_is_set_back_a_little_then_what_was_slept_through_stays_so():
    told = {"3"}  # at 30 April 08.00, after 7 had been slept through
    assert LADDER.look(goal(), told, oslo("2026-04-30T07:50")).due is None
    assert LADDER.look(goal(), told, oslo("2026-04-29T10:00")).due is None


def test_ladder_when_the_clock_was_a_month_ahead_then_the_rungs_before_are_told_in_their_time():
    fired = climbed(goal(), every_hour("2026-04-01T00:00", "2026-05-04T00:00"), {"3", "21"})
    assert [rung for rung, _ in fired] == ["14", "7"]


# ---- whom


def roles(rung, **given):
    climbed = enumerate(LADDER.climb(goal()), 1)
    (found,) = (replace(r, number=number) for number, r in climbed if r.rung == rung)
    return found.roles(Reminders(), **{"is_claimed": True, "last_act_at": None, **given})


def test_roles_when_nobody_acts_then_more_are_told_the_closer_it_comes():
    assert roles("7") == (Role.OWNER,)
    assert roles("3") == (Role.OWNER, Role.DEPUTY)
    assert roles("1") == roles("0") == (Role.OWNER, Role.DEPUTY, Role.HEAD)
    assert roles(MISSED) == (Role.OWNER,)


def test_roles_when_somebody_acted_since_the_rung_before_then_the_owner_alone():
    assert roles("1", last_act_at=oslo("2026-04-30T08:01")) == (Role.OWNER,)
    assert len(roles("1", last_act_at=oslo("2026-04-30T07:59"))) == 3


def test_ladder_when_the_first_rungs_were_slept_through_then_the_next_is_not_the_first():
    assert LADDER.look(goal(), set(), oslo("2026-04-30T09:00")).due.number == 4
    late = goal(known="2026-04-28T10:00")
    assert LADDER.look(late, set(), oslo("2026-04-30T09:00")).due.number == 1


def test_roles_when_unclaimed_then_the_channel_and_from_the_second_rung_the_head():
    assert roles("21", is_claimed=False) == (Role.CHANNEL,)
    assert roles("14", is_claimed=False) == (Role.CHANNEL, Role.HEAD)


# ---- against a simple telling of the same


def working(day):
    return day.weekday() < 5 and day not in CLOSED


def days_back(day, days):
    while days:
        day -= timedelta(days=1)
        days -= working(day)
    return day


def next_working(day):
    day += timedelta(days=1)
    return day if working(day) else next_working(day)


def morning(day):
    return datetime.combine(day, time(8), OSLO).astimezone(UTC)


def come_by(goal, now):
    """Name what has come by a moment, the last one last, from the words of the rules alone."""
    rungs = [(str(n), morning(days_back(goal.due, n))) for n in (21, 14, 7, 3, 1, 0)]
    ahead = [(name, moment) for name, moment in rungs if moment >= goal.since]
    if goal.known_at > goal.ends:
        return []
    missed_from = goal.ends if goal.is_deadline else morning(next_working(goal.due))
    missed = [(MISSED, missed_from)] if now >= missed_from else []
    return [one for one in ahead or [(AT_ONCE, goal.since)] if one[1] <= now] + missed


def naive(goal, asked):
    """Tell what should fire at each moment asked."""
    told, fired = set(), []
    for now in asked:
        here = now.astimezone(OSLO)
        at_work = working(here.date()) and time(8) <= here.time() < time(16)
        rung, moment = (come_by(goal, now) or [(None, None)])[-1]
        if rung == MISSED and not at_work:
            continue
        if rung is None or rung in told:
            continue
        of_last_day = here.date() == goal.due == moment.astimezone(OSLO).date()
        if at_work or (goal.is_deadline and of_last_day):
            told.add(rung)
            fired.append((rung, now))
    return fired


@settings(max_examples=150, deadline=None)
@given(
    due=st.dates(date(2026, 3, 10), date(2026, 5, 20)),
    known_at=SPRING,
    pauses=st.lists(st.integers(1, 24 * 12), max_size=60),
    is_deadline=st.booleans(),
)
def test_ladder_when_asked_at_any_moments_then_agrees_with_a_simple_telling(
    due, known_at, pauses, is_deadline
):
    if not is_deadline and not CALENDAR.is_working_day(due):
        due = CALENDAR.add(due, 0)
    one = goal(due.isoformat(), known_at=known_at, since=known_at, is_deadline=is_deadline)
    asked, moment = [known_at], known_at
    for hours in [*pauses, *[1] * 48, *[24] * 120]:
        moment += timedelta(hours=hours)
        asked.append(moment)
    assert climbed(one, asked) == naive(one, asked)


@settings(max_examples=100, deadline=None)
@given(
    due=st.dates(date(2026, 1, 10), date(2026, 12, 20)),
    known_at=ANY_TIME,
    hours=st.integers(0, 24 * 60),
    told=st.sets(st.sampled_from(["21", "14", "7", "3", "1", "0", AT_ONCE, MISSED])),
    is_deadline=st.booleans(),
)
def test_ladder_when_nothing_is_due_then_nothing_becomes_due_before_it_says_to_look_again(
    due, known_at, hours, told, is_deadline
):
    one = goal(due.isoformat(), known_at=known_at, since=known_at, is_deadline=is_deadline)
    now = known_at + timedelta(hours=hours)
    look = LADDER.look(one, told, now)
    told = told | ({look.due.rung} if look.due else set())
    assert look.again_at is None or look.again_at > now
    until = look.again_at or now + timedelta(days=200)
    moment = now + timedelta(minutes=10)
    while moment < until:
        assert LADDER.look(one, told, moment).due is None
        moment += timedelta(hours=7)
