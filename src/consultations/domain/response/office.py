"""What KS goes by in its response work: read once from ``config/``, given to whoever needs it."""

from dataclasses import dataclass

from consultations.domain.people import People
from consultations.domain.response.plan import PlanTemplates
from consultations.domain.response.priorities import Priorities
from consultations.domain.response.work_calendar import WorkCalendar


@dataclass(frozen=True)
class Office:
    templates: PlanTemplates
    calendar: WorkCalendar
    people: People
    priorities: Priorities
