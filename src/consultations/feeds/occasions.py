"""What stands in a calendar: the deadlines of consultations, and the steps planned towards them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from consultations.domain.calendar import format_day, local_day
from consultations.domain.foreign_text import plain
from consultations.domain.observation import Deadline, DeadlineKind, Status
from consultations.domain.response.acts import STATE_WORDS, State
from consultations.domain.response.plan_words import STEP_WORDS
from consultations.domain.response.planned_step import PlannedStep
from consultations.feeds.addresses import name_of, page_of
from consultations.store.followed import Followed

KEPT = timedelta(days=30)
"""What is over, cancelled or taken away stays so long, so that every calendar hears of it."""

_DEADLINES = {
    DeadlineKind.WRITTEN_ANSWER: "Svarfrist",
    DeadlineKind.REQUEST_TO_APPEAR: "Frist for å be om å møte",
    DeadlineKind.EU_FEEDBACK: "Frist for innspill til EU",
}
_COUNTED_FROM = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Occasion:
    """One entry of a calendar: a whole Oslo day, or a moment (UTC).

    ``sequence`` never falls for the same ``uid``. ``changed_at`` (UTC) is when what it rests on
    last changed.
    """

    uid: str
    title: str
    details: str
    on: date | datetime
    sequence: int
    changed_at: datetime
    cancelled: bool
    url: str | None


def deadlines(
    matters: Iterable[Followed], now: datetime, page_url: str | None
) -> Iterator[Occasion]:
    """Yield every deadline that is ahead, passed lately, or taken away lately."""
    for matter in matters:
        for kind in _DEADLINES:
            stated = matter.history.deadline_history(kind)
            if not stated:
                continue
            last, is_gone = matter.case.effective(stated[-1].deadline), stated[-1].replaced_at
            gone_at = _cancelled_at(matter) or is_gone
            if (gone_at or last.at) >= now - KEPT:
                yield _deadline(matter, last, page_url, cancelled=gone_at is not None)


def steps(matters: Iterable[Followed], now: datetime, page_url: str | None) -> Iterator[Occasion]:
    """Yield every planned step that is to be done, or was done or taken away lately."""
    for matter in matters:
        if not matter.plans:
            continue
        latest = matter.plans[-1].plan
        to_be_done = () if _cancelled_at(matter) else latest.left(matter.case)
        changed_at = max(_changed_at(matter), matter.plans[-1].laid_at)
        for step in _ever_planned(matter):
            is_left = any(step.is_same(one) for one in to_be_done)
            if is_left or changed_at >= now - KEPT:
                yield _step(matter, step, changed_at, page_url, cancelled=not is_left)


def _deadline(
    matter: Followed, deadline: Deadline, page_url: str | None, *, cancelled: bool
) -> Occasion:
    seen, is_sent = matter.history.latest, deadline.kind in matter.case.sent
    what = f"{'Sendt – ' if is_sent else ''}{_DEADLINES[deadline.kind]}"
    by_day = deadline.precision == "date"
    agreed = " Utsatt etter avtale." if deadline.kind in matter.case.agreed else ""
    return Occasion(
        uid=f"{name_of(matter.key)}/{deadline.kind}@horinger.ks",
        title=f"{what}: {plain(seen.title)}",
        details="\n".join([*_about(matter), f"Fristen er {deadline.in_words}.{agreed}"]),
        on=local_day(deadline.at) if by_day else deadline.at,
        sequence=_changes(matter),
        changed_at=_changed_at(matter),
        cancelled=cancelled,
        url=page_of(matter, page_url),
    )


def _step(
    matter: Followed,
    step: PlannedStep,
    changed_at: datetime,
    page_url: str | None,
    *,
    cancelled: bool,
) -> Occasion:
    """Make a step an occasion. Its sequence counts from when the plan was laid, not its number.

    After a rebuild plans are laid anew: the numbers begin at one again, the clock does not.
    """
    laid_at = matter.plans[-1].laid_at
    moment = max(int((laid_at - _COUNTED_FROM).total_seconds()), 0)
    name = f"step-{step.step}-{step.deadline}" if step.step is State.SENT else f"step-{step.step}"
    meeting = [f"Møtet er {format_day(step.meeting_on)}."] if step.meeting_on else []
    papers = (
        [f"Sakspapirene leveres senest {format_day(step.papers_on)}."] if step.papers_on else []
    )
    return Occasion(
        uid=f"{name_of(matter.key)}/{name}@horinger.ks",
        title=f"{STEP_WORDS.get(step.step, STATE_WORDS[step.step])}: "
        f"{plain(matter.history.latest.title)}",
        details="\n".join([*_about(matter), f"Senest {format_day(step.due)}.", *meeting, *papers]),
        on=step.due,
        sequence=moment + _changes(matter),
        changed_at=changed_at,
        cancelled=cancelled,
        url=page_of(matter, page_url),
    )


def _about(matter: Followed) -> Iterator[str]:
    senders = ", ".join(plain(sender) for sender in matter.history.latest.senders)
    if senders:
        yield f"Fra {senders}."
    yield f"Vårt svar: {STATE_WORDS[matter.case.state]}."


def _ever_planned(matter: Followed) -> list[PlannedStep]:
    """Return each step as it was planned the last time it was."""
    found: list[PlannedStep] = []
    for laid in reversed(matter.plans):
        for step in laid.plan.steps:
            if not any(step.is_same(other) for other in found):
                found.append(step)
    return found


def _cancelled_at(matter: Followed) -> datetime | None:
    """Return since when the source says that it is cancelled; None where it does not."""
    since = None
    for version in matter.history.versions:
        is_cancelled = version.standing is Status.CANCELLED
        since = (since or version.first_seen_at) if is_cancelled else None
    return since


def _changes(matter: Followed) -> int:
    """Count what was seen after the first time, and what people did: neither grows fewer."""
    return len(matter.history.sightings) - 1 + matter.case.version


def _changed_at(matter: Followed) -> datetime:
    seen = matter.history.sightings[-1].observation.observed_at
    return max(seen, matter.case.last_act_at or seen)
