"""One step of a plan: what should be done by which day. Days are Oslo days."""

from datetime import date

from consultations.domain.observation import DeadlineKind, Frozen
from consultations.domain.response.acts import State
from consultations.domain.response.case import Case


class PlannedStep(Frozen):
    """A step that should be done by the end of ``due``, for the sake of ``deadline``.

    ``meeting`` is the id of the body it goes to on ``meeting_on``, with papers in by the end of
    ``papers_on``. ``squeezed`` where the template asks for an earlier day than there is time for.
    """

    step: State
    due: date
    deadline: DeadlineKind
    meeting: str | None = None
    meeting_on: date | None = None
    papers_on: date | None = None
    squeezed: bool = False

    def is_done(self, case: Case) -> bool:
        """Tell whether it is behind us. Each deadline has its own answer to send."""
        if self.step is State.SENT:
            return self.deadline in case.sent
        return case.has_done(self.step)

    def is_same(self, other: "PlannedStep") -> bool:
        """Tell whether it is the same work: one step, or the answer to one deadline."""
        if self.step is State.SENT is other.step:
            return self.deadline is other.deadline
        return self.step is other.step
