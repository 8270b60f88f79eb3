"""How KS' response to a consultation stands, as a message says it."""

from collections.abc import Iterator

from consultations.domain.people import People
from consultations.domain.response import plan_words
from consultations.domain.response.acts import STATE_WORDS, State
from consultations.domain.response.case import Case
from consultations.domain.response.plan import Plan


def response_lines(case: Case, plan: Plan | None, people: People) -> Iterator[str]:
    """Say how far KS has come, who has the case, and what is next. Nothing before triage."""
    if case.state is State.NEW:
        return
    words = STATE_WORDS[case.state]
    owner = f" {people.name(case.owner)} er saksansvarlig." if case.owner else ""
    yield f"{words[:1].upper()}{words[1:]}.{owner}"
    if plan and not case.needs_no_answer and (coming := plan_words.next_in_words(plan, case)):
        yield coming
