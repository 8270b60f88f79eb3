"""A letter that asks for more time, for a person to copy and send. Days are Oslo days."""

from dataclasses import dataclass
from datetime import date

from consultations.domain.calendar import format_day
from consultations.domain.foreign_text import plain
from consultations.domain.response.plan_templates import TemplateStep
from consultations.domain.response.work_calendar import WorkCalendar


@dataclass(frozen=True)
class LaterMeeting:
    """The first meeting that would fit, and the deadline that leaves time for it."""

    on: date
    until: date


def later_meeting(
    calendar: WorkCalendar, steps: tuple[TemplateStep, ...], body: str, deadline: date, today: date
) -> LaterMeeting | None:
    """Find the first meeting not before a deadline whose papers can still be written.

    ``steps`` are the template's. None when the calendar knows no such meeting, or no step goes
    to that body.
    """
    step = next((one for one in steps if one.meeting == body), None)
    if step is None:
        return None
    for meeting in calendar.meetings(body):
        papers = calendar.add(meeting.papers or meeting.on, -step.papers * (not meeting.papers))
        if meeting.on >= deadline and papers >= today:
            return LaterMeeting(meeting.on, calendar.add(meeting.on, max(_days(step, steps), 1)))
    return None


def letter(
    *,
    title: str,
    reference: str | None,
    sender: str,
    deadline: date,
    body: str,
    later: LaterMeeting | None,
    reason: str = "",
) -> str:
    """Write it in plain Norwegian. ``body`` is the name of what must meet first.

    ``reason`` is what else a person wants said.
    """
    title, reason = plain(title), plain(reason)
    heading = [f"Til {plain(sender)}", "", f"Ber om utsatt høringsfrist: {title}"]
    heading += [f"Deres referanse: {plain(reference)}"] if reference else []
    paragraphs = [
        f"KS viser til høringen «{title}». Fristen for å svare er {format_day(deadline)}.",
        *_asking(body, later),
        reason,
        _otherwise(body),
        "Med hilsen\nKS",
    ]
    return "\n".join(heading) + "\n\n" + "\n\n".join(filter(None, paragraphs)) + "\n"


def _asking(body: str, later: LaterMeeting | None) -> tuple[str, str]:
    why = f"{body} i KS skal behandle svaret og har ikke noe møte som passer før fristen."
    if later is None:
        return why, f"Vi ber derfor om å få svare etter neste møte i {_lower(body)}."
    return (
        f"{why} Det første møtet som passer, er {format_day(later.on)}.",
        f"Vi ber derfor om utsatt frist, slik at vi kan svare senest {format_day(later.until)}.",
    )


def _otherwise(body: str) -> str:
    return (
        "Kan dere ikke utsette fristen, ber vi om å få sende et foreløpig svar til fristen og "
        f"ettersende det endelige når {_lower(body)} har behandlet saken."
    )


def _lower(body: str) -> str:
    """Write a name as it stands inside a sentence: «hovedstyret», but «KDU»."""
    return body if body[:2].isupper() else body[:1].lower() + body[1:]


def _days(step: TemplateStep, steps: tuple[TemplateStep, ...]) -> int:
    """Count the working days that the template leaves from a step to the deadline."""
    days, following = step.days, step.before
    for one in steps:
        if one.step == following:
            days, following = days + one.days, one.before
    return days
