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
        """The number of acts: who wants to add one says which version they saw."""
        return len(self.acts)

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
            return replace(
                case, state=CHOICE_STATES[act.choice], choice=act.choice, reason=act.note,
                headings=act.headings, goals=act.goals, lead=act.lead or case.lead,
                brussels=case.brussels if act.brussels is None else act.brussels,
            )  # fmt: skip
        case Assigned():
            return replace(
                case, state=_later(case.state, State.ASSIGNED), owner=act.owner,
                deputy=act.deputy, lead=act.lead or case.lead, contributing=act.contributing,
                brussels=case.brussels if act.brussels is None else act.brussels,
            )  # fmt: skip
        case Advanced():
            return _advanced(case, act)
        case Extended():
            return replace(case, agreed={**case.agreed, act.deadline: act.until})
        case ReceiptFiled():
            filed = {**case.receipts, **dict.fromkeys(act.deadlines, act)}
            return replace(case, state=_later(case.state, State.RECEIPT_FILED), receipts=filed)
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


def _advanced(case: Case, act: Advanced) -> Case:
    return replace(
        case, state=act.to, skipped=(case.skipped - {act.to}) | {*act.skipped},
        sent={**case.sent, **dict.fromkeys(act.deadlines, act)},
        published_at=act.link if act.to is State.PUBLISHED else case.published_at,
    )  # fmt: skip


def _judged(demand: Demand, act: Judged) -> Demand:
    if demand.number != act.demand:
        return demand
    return replace(demand, verdict=act.verdict, quote=act.quote, link=act.link)


def _later(state: State, other: State) -> State:
    """Choose the later state; a case that is only followed stays so when it gets an owner."""
    return max(state, other, key=lambda one: one.rank) if state is not State.FOLLOW else state
