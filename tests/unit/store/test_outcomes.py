"""What KS answered, what it asked for, and what came of it."""

from datetime import date

import pytest

from consultations.domain.response.acts import Choice, State, Verdict
from consultations.store import outcomes
from consultations.store.outcomes import NOWHERE, By, Counts
from tests.building import at, deadline, observation
from tests.feeds_building import keep
from tests.response_building import (
    assigned,
    demanded,
    extended,
    judged,
    noted,
    receipt,
    sent,
    triaged,
    undone,
)

WORK = [one for one in State if State.ASSIGNED.rank < one.rank < State.SENT.rank]
LATE = (deadline("2026-07-04"),)
"""A deadline that had passed when the acts of tests are done."""


def answered(*more, first=None):
    return [first or triaged(1), assigned(2), sent(3, skipped=WORK), *more]


def counted(database, by=By.ALL, id_=NOWHERE, year=2026, **given):
    with database.reading() as session:
        found = {(f.by, f.id, f.year): f.counts for f in outcomes.figures(session, **given)}
    return found.get((by, id_, year))


def test_figures_when_there_is_nothing_then_there_are_none(database):
    with database.reading() as session:
        assert outcomes.figures(session) == ()


def test_figures_when_nobody_has_decided_then_it_is_undecided(database):
    keep(database, observation())
    keep(database, observation(external_id="2"), acts=[triaged(1), assigned(2)])
    assert counted(database) == Counts(consultations=2, undecided=2)


@pytest.mark.parametrize(
    ("acts", "field"),
    [
        ([triaged(1, Choice.NOT_ANSWER)], "not_answered"),
        ([triaged(1, Choice.FOLLOW)], "followed_only"),
        (answered(), "answered"),
        ([*answered(), undone(4, 3)], "undecided"),
    ],
)
def test_figures_when_decided_then_it_counts_once_as_what_was_decided(database, acts, field):
    keep(database, observation(), acts=acts)
    assert counted(database) == Counts(consultations=1, **{field: 1})


def test_figures_when_sent_after_the_deadline_then_it_is_late(database):
    keep(database, observation(deadlines=LATE), acts=answered())
    assert counted(database).sent_late == 1


def test_figures_when_the_receipt_says_it_was_sent_in_time_then_it_is_not_late(database):
    acts = answered(receipt(4, sent_at=at(0)))
    keep(database, observation(deadlines=LATE), acts=acts)
    assert counted(database).sent_late == 0


def test_figures_when_more_time_was_agreed_then_it_is_not_late(database):
    acts = [triaged(1), extended(2, date(2026, 7, 20)), assigned(3), sent(4, skipped=WORK)]
    keep(database, observation(deadlines=LATE), acts=acts)
    assert counted(database).sent_late == 0


def test_figures_when_demands_are_judged_then_each_verdict_is_counted(database):
    demands = [demanded(number, f"Krav {number}") for number in range(4, 9)]
    verdicts = [judged(9 + i, 4 + i, verdict=verdict) for i, verdict in enumerate(Verdict)]
    keep(database, observation(), acts=answered(*demands, *verdicts))
    counts = counted(database)
    assert counts == Counts(consultations=1, answered=1, demands=5, followed=1, partly=1,
                            not_followed=1, not_mentioned=1)  # fmt: skip
    assert counts.judged == 4
    assert counts.share == 0.5
    assert counts.share_in_words == "50\u00a0% av 4 krav (lite grunnlag)"


def test_share_when_it_rests_on_enough_then_it_is_not_called_small():
    assert Counts(followed=9, not_mentioned=1).share_in_words == "90\u00a0% av 10 krav"
    assert Counts(demands=3).share_in_words == "ingen krav vurdert"


def test_figures_when_a_matter_has_two_headings_and_senders_then_it_counts_under_each(database):
    first = triaged(1, headings=("gronn", "trygt"), goals=("rom",))
    keep(database, observation(senders=("Finansdepartementet", "Kulturdepartementet")),
         acts=answered(first=first))  # fmt: skip
    one = Counts(consultations=1, answered=1)
    assert counted(database, By.HEADING, "gronn") == one
    assert counted(database, By.HEADING, "trygt") == one
    assert counted(database, By.GOAL, "rom") == one
    assert counted(database, By.MINISTRY, "Kulturdepartementet") == one
    assert counted(database) == one


def test_figures_when_a_matter_is_tied_to_nothing_then_it_counts_under_that(database):
    keep(database, observation(senders=()), acts=[noted(1)])
    for by in (By.HEADING, By.GOAL, By.MINISTRY):
        assert counted(database, by) == Counts(consultations=1, undecided=1)


def test_figures_when_a_section_has_had_several_ids_then_it_counts_by_todays(database):
    keep(database, observation(), lead="barn")
    keep(database, observation(external_id="2"), acts=[noted(1)], lead="oppvekst")
    today = {"barn": "oppvekst"}
    counts = counted(database, By.SECTION, "oppvekst", current_section=lambda s: today.get(s, s))
    assert counts.consultations == 2


def test_figures_when_there_are_several_years_then_each_and_all_are_given_newest_first(database):
    keep(database, observation(published_on=date(2025, 12, 31)))
    keep(database, observation(external_id="2", published_on=date(2026, 1, 1)), acts=[noted(1)])
    keep(database, observation(external_id="3", published_on=None))
    with database.reading() as session:
        years = [
            (f.year, f.counts.consultations)
            for f in outcomes.figures(session)
            if f.by is By.ALL
        ]  # fmt: skip
    assert years == [(2026, 2), (2025, 1), (None, 3)]
