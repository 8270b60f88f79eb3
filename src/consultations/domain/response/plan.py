"""The plan of a response, counted backwards from the deadlines it must meet. Days are Oslo days."""

from datetime import date

from consultations.domain.observation import DeadlineKind, Frozen
from consultations.domain.response.acts import State


class PlannedStep(Frozen):
    """A step that should be done by the end of ``due``, for the sake of ``deadline``.

    ``meeting`` is the id of the body it goes to on ``meeting_on``. ``squeezed`` where the template
    asks for an earlier day than the matter has been here.
    """

    step: State
    due: date
    deadline: DeadlineKind
    meeting: str | None = None
    meeting_on: date | None = None
    squeezed: bool = False


class Plan(Frozen):
    """All steps, the first due first. ``missing_meeting`` is the body that does not meet in time.

    ``short`` says in Norwegian what is unusual about the time given; empty when nothing is.
    """

    steps: tuple[PlannedStep, ...] = ()
    missing_meeting: str | None = None
    short: tuple[str, ...] = ()


class PlanTemplates(Frozen):
    """``config/response-plans.yaml``."""
