from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from consultations.domain.events import EventType
from consultations.domain.history import History, Sighting
from consultations.domain.observation import DeadlineKind, Status
from tests.building import at, deadline, history, names, observation

TWO_WEEKS = timedelta(days=14)


def events(told: History) -> list[EventType]:
    return [event.type for event in told.events()]


def test_versions_when_the_source_repeats_itself_are_one_stretch():
    told = history(observation(0), observation(1), observation(2))
    assert len(told.versions) == 1


def test_versions_when_an_older_sighting_comes_late_fall_into_place():
    a, b, c = observation(0), observation(1, title="b"), observation(2)
    assert history(c, a, b).versions == history(a, b, c).versions
    assert [v.observation.title for v in history(c, b, a).versions] == [a.title, "b", c.title]


def test_events_when_a_deadline_moves_name_old_and_new():
    told = history(observation(0), observation(1, deadlines=(deadline("2026-08-28"),)))
    moved = [e for e in told.events() if e.type is EventType.DEADLINE_MOVED]
    assert moved[0].words == (
        "Fristen for å svare er flyttet fra 14. august 2026 til 28. august 2026.",
    )


def test_events_when_status_turns_are_named():
    told = history(
        observation(0),
        observation(1, status=Status.CANCELLED),
        observation(2),
        observation(3, status=Status.UNDER_REVIEW),
    )
    assert events(told) == [
        EventType.OPENED, EventType.CANCELLED, EventType.REOPENED, EventType.CLOSED,
    ]  # fmt: skip


def test_events_when_an_unknown_status_comes_between_nothing_turned():
    told = history(observation(0), observation(1, status=Status.UNKNOWN), observation(2))
    assert set(events(told)) == {EventType.OPENED, EventType.AMENDED}


def test_events_when_found_again_have_the_same_ids():
    told = history(observation(0), observation(1, title="b"))
    assert [e.id for e in told.events()] == [e.id for e in told.events()]
    assert len({e.id for e in told.events()}) == 2


def test_facts_when_new_and_recent_is_opened():
    assert names(history(observation(0)).facts(TWO_WEEKS)) == ["opened"]


def test_facts_when_the_first_run_finds_something_old_say_nothing():
    old = observation(0, published_on=date(2026, 5, 1))
    assert names(history(old, backfill=True).facts(TWO_WEEKS)) == []


def test_facts_when_the_first_run_finds_something_recent_is_opened():
    recent = observation(0, published_on=date(2026, 6, 20))
    assert names(history(recent, backfill=True).facts(TWO_WEEKS)) == ["opened"]


def test_facts_when_the_first_run_finds_something_undated_say_nothing():
    undated = observation(0, published_on=None)
    assert names(history(undated, backfill=True).facts(TWO_WEEKS)) == []


def test_facts_when_something_old_is_found_late_but_can_be_answered_is_opened():
    late = observation(0, published_on=date(2026, 4, 1))
    assert names(history(late).facts(TWO_WEEKS)) == ["opened"]


def test_facts_when_something_old_is_found_after_its_deadline_say_nothing():
    over = observation(0, published_on=date(2026, 4, 1), deadlines=(deadline("2026-06-01"),))
    assert names(history(over).facts(TWO_WEEKS)) == []


def test_facts_when_it_was_closed_from_the_start_say_nothing():
    assert names(history(observation(0, status=Status.CONCLUDED)).facts(TWO_WEEKS)) == []


def test_facts_when_known_history_gets_a_new_deadline_tell_of_that_alone():
    old = date(2026, 5, 1)
    told = history(
        observation(0, published_on=old),
        observation(1, published_on=old, deadlines=(deadline("2026-08-28"),)),
        backfill=True,
    )
    assert names(told.facts(TWO_WEEKS)) == [
        "deadline_moved/written_answer/2026-08-28T21:59:59+00:00/1"
    ]


def test_facts_when_a_deadline_moves_to_a_day_gone_by_say_nothing_of_it():
    told = history(observation(0), observation(1, deadlines=(deadline("2026-07-01"),)))
    assert names(told.facts(TWO_WEEKS)) == ["opened"]


def test_facts_when_a_deadline_is_taken_away_tell_of_it_while_it_was_ahead():
    told = history(observation(0), observation(1, deadlines=()))
    assert names(told.facts(TWO_WEEKS)) == ["opened", "deadline_moved/written_answer/None/1"]


def test_facts_when_a_deadline_long_past_is_taken_away_say_nothing_of_it():
    over = (deadline("2026-06-01"),)
    told = history(observation(0, deadlines=over), observation(1, deadlines=()))
    assert names(told.facts(TWO_WEEKS)) == ["opened"]


def test_facts_when_cancelled_twice_are_two():
    told = history(
        observation(0),
        observation(1, status=Status.CANCELLED),
        observation(2),
        observation(3, status=Status.CANCELLED),
    )
    assert names(told.facts(TWO_WEEKS)) == ["opened", "cancelled/1", "reopened/1", "cancelled/2"]


def test_deadline_history_keeps_every_value_with_when_it_was_seen():
    told = history(
        observation(0), observation(2, deadlines=(deadline("2026-08-28"),)), observation(5)
    )
    entries = told.deadline_history(DeadlineKind.WRITTEN_ANSWER)
    assert [e.deadline.in_words for e in entries] == [
        "14. august 2026", "28. august 2026", "14. august 2026",
    ]  # fmt: skip
    assert [e.replaced_at for e in entries] == [at(2), at(5), None]


def test_deadline_history_when_it_is_taken_away_says_when():
    told = history(observation(0), observation(3, deadlines=()))
    (entry,) = told.deadline_history(DeadlineKind.WRITTEN_ANSWER)
    assert entry.replaced_at == at(3)


sightings = st.lists(
    st.builds(
        observation,
        st.integers(0, 6),
        title=st.sampled_from(["a", "b"]),
        status=st.sampled_from(list(Status)),
        deadlines=st.sampled_from(
            [(), (deadline("2026-07-06"),), (deadline("2026-08-14"),), (deadline("2026-08-28"),)]
        ),
    ).map(lambda o: Sighting.of(o, backfill=False)),
    min_size=1,
    max_size=7,
)


@given(sightings, st.randoms(use_true_random=False))
def test_history_in_any_order_any_number_of_times_is_the_same(found, random):
    shuffled = found + random.choices(found, k=3)
    random.shuffle(shuffled)
    one, other = History(found), History(shuffled)
    assert one.versions == other.versions
    assert one.facts(TWO_WEEKS) == other.facts(TWO_WEEKS)


@given(sightings, st.data())
def test_facts_of_fewer_sightings_are_never_facts_that_more_would_not_tell(found, data):
    fewer = data.draw(st.lists(st.sampled_from(found), min_size=1, unique_by=id))
    assert set(names(History(fewer).facts(TWO_WEEKS))) <= set(
        names(History(found).facts(TWO_WEEKS))
    )
