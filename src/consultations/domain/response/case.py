"""The response case: folded from everything people did with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from consultations.domain.calendar import end_of_day
from consultations.domain.observation import Deadline, DeadlineKind, Observation
from consultations.domain.response.acts import (
    CHOICE_STATES,
    PHASES,
    Act,
    Advanced,
    Assigned,
    Choice,
    Demanded,
    Extended,
    Judged,
    Linked,
    ReceiptFiled,
    Relation,
    State,
    Triaged,
    Undone,
    Verdict,
)


@dataclass(frozen=True)
class Demand:
    """Something KS asks for in its response, and what became of it."""

    number: int
    text: str
    verdict: Verdict | None = None
    quote: str = ""
    link: str | None = None


@dataclass(frozen=True)
class Case:
    """How KS' response to a consultation stands. Persons and sections by id, instants UTC.

    ``lead`` and ``brussels`` are None where the routing decision stands. ``skipped`` are states
    that were passed over on purpose. ``agreed`` are deadlines that the sender has put off for KS,
    by kind. ``sent`` says which act sent an answer to each kind of deadline, ``receipts`` which
    filed its receipt. ``joint_with`` is the key of the consultation whose answer this one shares.
    """

    acts: tuple[Act, ...] = ()
    state: State = State.NEW
    choice: Choice | None = None
    reason: str = ""
    headings: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    lead: str | None = None
    brussels: bool | None = None
    owner: str | None = None
    deputy: str | None = None
    contributing: tuple[str, ...] = ()
    skipped: frozenset[State] = frozenset()
    agreed: Mapping[DeadlineKind, date] = field(default_factory=dict)
    sent: Mapping[DeadlineKind, Advanced] = field(default_factory=dict)
    receipts: Mapping[DeadlineKind, ReceiptFiled] = field(default_factory=dict)
    published_at: str | None = None
    demands: tuple[Demand, ...] = ()
    joint_with: str | None = None
    second_round_of: str | None = None

    @classmethod
    def of(cls, acts: Iterable[Act]) -> "Case":
        """Fold the acts, in any order they are given. What was undone counts as never done."""
        ordered = tuple(sorted(acts, key=lambda act: act.number))
        case = cls()
        for act in standing(ordered):
            case = _after(case, act)
        return replace(case, acts=ordered)

    @property
    def version(self) -> int:
        """The number of the last act: who wants to add one says which version they saw."""
        return self.acts[-1].number if self.acts else 0

    @property
    def last_act_at(self) -> datetime | None:
        return self.acts[-1].at if self.acts else None

    @property
    def needs_no_answer(self) -> bool:
        """Tell whether nothing more is expected of anyone: there is nothing to remind of."""
        return self.state in {State.NOT_ANSWERING, State.FOLLOW, State.CLOSED}

    def has_done(self, step: State) -> bool:
        """Tell whether a step is behind us: a phase is when it is left, the rest when reached."""
        if step in self.skipped:
            return True
        if step in PHASES:
            return self.state.rank > step.rank
        return self.state.rank >= step.rank

    def effective(self, deadline: Deadline) -> Deadline:
        """Return the deadline KS has to keep: the source's, or the later one agreed with it."""
        agreed = self.agreed.get(deadline.kind)
        if agreed is None or end_of_day(agreed) <= deadline.at:
            return deadline
        return deadline.model_copy(update={"at": end_of_day(agreed), "precision": "date"})

    def deadlines(self, observation: Observation) -> tuple[Deadline, ...]:
        """Return the deadlines KS has to keep, the first one first; hearing days left out."""
        found = (self.effective(deadline) for deadline in observation.deadlines_to_act_on)
        return tuple(sorted(found, key=lambda deadline: deadline.at))

    def deadlines_left(self, observation: Observation) -> tuple[Deadline, ...]:
        """Return those of them that no answer has been sent to."""
        return tuple(d for d in self.deadlines(observation) if d.kind not in self.sent)


def standing(acts: Iterable[Act]) -> tuple[Act, ...]:
    """Return the acts that nobody has taken back, without the taking back itself."""
    acts = tuple(acts)
    undone = {act.undoes for act in acts if isinstance(act, Undone)}
    return tuple(a for a in acts if a.number not in undone and not isinstance(a, Undone))


def _after(case: Case, act: Act) -> Case:  # noqa: PLR0911 - one way on for each kind of act
    match act:
        case Triaged():
            state = _decided(case, act.choice)
            return replace(
                case, state=state, skipped=_before(state, case.skipped), choice=act.choice,
                reason=act.note, headings=act.headings, goals=act.goals, lead=act.lead or case.lead,
                brussels=case.brussels if act.brussels is None else act.brussels,
            )  # fmt: skip
        case Assigned():
            is_wanted = case.state is State.ANSWERING
            return replace(
                case, state=State.ASSIGNED if is_wanted else case.state, owner=act.owner,
                deputy=act.deputy, lead=act.lead or case.lead, contributing=act.contributing,
                brussels=case.brussels if act.brussels is None else act.brussels,
            )  # fmt: skip
        case Advanced():
            return _advanced(case, act)
        case Extended():
            return replace(case, agreed={**case.agreed, act.deadline: act.until})
        case ReceiptFiled():
            return _receipt_filed(case, act)
        case Demanded():
            return replace(case, demands=(*case.demands, Demand(act.number, act.text)))
        case Judged():
            return replace(case, demands=tuple(_judged(one, act) for one in case.demands))
        case Linked(relation=Relation.JOINT):
            return replace(case, joint_with=act.to)
        case Linked():
            return replace(case, second_round_of=act.to)
        case _:
            return case


def _decided(case: Case, choice: Choice) -> State:
    """Return the state after triage; work on an answer goes on where it is."""
    if choice is not Choice.ANSWER:
        return CHOICE_STATES[choice]
    return _later(case.state, State.ASSIGNED if case.owner else State.ANSWERING)


def _advanced(case: Case, act: Advanced) -> Case:
    """Go to the state; an answer to one more deadline brings the rest no step back."""
    state = _later(case.state, act.to) if act.to is State.SENT else act.to
    return replace(
        case, state=state, skipped=_before(act.to, case.skipped) | {*act.skipped},
        sent={**case.sent, **dict.fromkeys(act.deadlines, act)},
        published_at=act.link if act.to is State.PUBLISHED else case.published_at,
    )  # fmt: skip


def _receipt_filed(case: Case, act: ReceiptFiled) -> Case:
    """Keep the receipt; the state is reached when every answer that is sent has its own."""
    filed = {**case.receipts, **dict.fromkeys(act.deadlines, act)}
    has_all = case.sent.keys() <= filed.keys()
    state = _later(case.state, State.RECEIPT_FILED) if has_all else case.state
    return replace(case, state=state, receipts=filed)


def _judged(demand: Demand, act: Judged) -> Demand:
    if demand.number != act.demand:
        return demand
    return replace(demand, verdict=act.verdict, quote=act.quote, link=act.link)


def _before(state: State, skipped: frozenset[State]) -> frozenset[State]:
    """Return the skipped states that still are behind a case in this state."""
    return frozenset(one for one in skipped if one.rank < state.rank)


def _later(state: State, other: State) -> State:
    return max(state, other, key=lambda one: one.rank)
