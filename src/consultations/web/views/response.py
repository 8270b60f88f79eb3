"""How KS' own response stands: state, people, deadlines, demands, and what everyone did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from consultations.domain.calendar import format_day, local_day
from consultations.domain.change import DEADLINE_NAMES
from consultations.domain.history import History
from consultations.domain.observation import Deadline, DeadlineKind, Status
from consultations.domain.response import rules
from consultations.domain.response.act_words import deed
from consultations.domain.response.acts import (
    STATE_WORDS,
    VERDICT_WORDS,
    Choice,
    Extended,
    ReceiptFiled,
    State,
    Undone,
    Verdict,
)
from consultations.domain.response.case import Case, Demand, standing
from consultations.domain.response.plan_words import next_in_words
from consultations.store.consultations import Dossier
from consultations.store.responses import Laid
from consultations.web import wording
from consultations.web.site import Site
from consultations.web.views.plan import PlanView, plan_view
from consultations.web.wording import DeadlineText, When

_TONES = {
    State.NEW: "warning",
    State.NOT_ANSWERING: "plain",
    State.FOLLOW: "plain",
    State.SENT: "good",
    State.RECEIPT_FILED: "good",
    State.PUBLISHED: "good",
    State.OUTCOME_KNOWN: "good",
    State.CLOSED: "plain",
}
_VERDICT_TONES = {
    Verdict.FOLLOWED: "good",
    Verdict.PARTLY: "warning",
    Verdict.NOT_FOLLOWED: "danger",
    Verdict.NOT_MENTIONED: "plain",
}


@dataclass(frozen=True)
class Material:
    """What the panel is made of. ``joined`` are matters answered by this one's answer.

    ``titles`` are those of every other matter that is named, by key. ``needed`` tells whether
    somebody has to decide.
    """

    dossier: Dossier
    case: Case
    plans: Sequence[Laid]
    joined: Sequence[str]
    titles: Mapping[str, str]
    needed: bool

    @property
    def is_cancelled(self) -> bool:
        return self.dossier.history.versions[-1].standing is Status.CANCELLED

    @property
    def rests(self) -> bool:
        """Tell whether nothing is to be delivered to anyone."""
        return self.is_cancelled or self.case.needs_no_answer


@dataclass(frozen=True)
class MatterLink:
    words: str
    address: str


@dataclass(frozen=True)
class ReceiptView:
    """The proof of a sending. ``address`` is where it lies, if it may be followed."""

    reference: str
    sent: When
    sha256: str | None
    address: str | None


@dataclass(frozen=True)
class DeadlineStatus:
    """One deadline KS has to keep. ``stated`` is what the source says, where more is agreed."""

    name: str
    deadline: DeadlineText
    state: str
    tone: str
    stated: When | None
    agreed_with: str | None
    receipt: ReceiptView | None


@dataclass(frozen=True)
class DemandView:
    number: int
    text: str
    verdict: str
    tone: str
    quote: str
    address: str | None


@dataclass(frozen=True)
class LogLine:
    """One act. ``undone`` where somebody took it back later, ``can_undo`` where it can be now."""

    can_undo: bool
    when: When
    by: str
    words: str
    note: str
    undone: bool


@dataclass(frozen=True)
class ResponseView:
    """``lead`` is the section that holds the pen. ``brussels`` says in words whether it is in."""

    state: str
    tone: str
    needed: bool
    is_sent: bool
    next_step: str
    reason: str
    lead: str
    owner: str | None
    deputy: str | None
    contributing: tuple[str, ...]
    brussels: str
    headings: tuple[str, ...]
    goals: tuple[str, ...]
    deadlines: tuple[DeadlineStatus, ...]
    plan: PlanView | None
    no_plan: str
    demands: tuple[DemandView, ...]
    joint_with: MatterLink | None
    joined: tuple[MatterLink, ...]
    second_round_of: MatterLink | None
    published: str | None
    log: tuple[LogLine, ...]


def response_view(site: Site, material: Material) -> ResponseView:
    case, latest = material.case, material.dossier.history.latest
    plan = _plan(site, material)
    return ResponseView(
        state=wording.sentence(STATE_WORDS[case.state]),
        tone=_TONES.get(case.state, "warning"),
        needed=material.needed,
        is_sent=rules.is_sent(case) and not case.deadlines_left(latest),
        next_step=_next_step(material),
        reason=case.reason,
        lead=_lead(site, material),
        owner=site.person(case.owner) if case.owner else None,
        deputy=site.person(case.deputy) if case.deputy else None,
        contributing=tuple(site.section(one) for one in case.contributing),
        brussels=_brussels(material),
        headings=tuple(site.names.get(one, one) for one in case.headings),
        goals=tuple(site.names.get(one, one) for one in case.goals),
        deadlines=tuple(_deadlines(site, case, material.dossier.history)),
        plan=plan,
        no_plan="" if plan else _no_plan(material),
        demands=tuple(_demand(one) for one in case.demands),
        joint_with=_matter(case.joint_with, material.titles),
        joined=tuple(link for one in material.joined if (link := _matter(one, material.titles))),
        second_round_of=_matter(case.second_round_of, material.titles),
        published=wording.web_address(case.published_at),
        log=tuple(reversed([*_log(site, case)])),
    )


def _plan(site: Site, material: Material) -> PlanView | None:
    if material.rests or not material.plans:
        return None
    laid, latest = material.plans[-1], material.dossier.history.latest
    if not laid.plan.steps:
        return None
    return plan_view(site.office, latest, material.case, laid, site.now)


def _next_step(material: Material) -> str:
    if material.rests or not material.needed:
        return ""
    if material.case.choice in {None, Choice.LATER}:
        return "Noen må avgjøre om KS skal svare."
    if not material.plans:
        return ""
    plan, case = material.plans[-1].plan, material.case
    step = plan.next_step(case)
    if step and step.step is case.state:
        return f"Skal være ferdig senest {format_day(step.due)}."
    return next_in_words(plan, case)


def _no_plan(material: Material) -> str:
    latest = material.dossier.history.latest
    if material.is_cancelled:
        return "Høringen er avlyst, så det er ingen plan."
    if material.rests:
        return "KS skal ikke levere noe mer her, så det er ingen plan."
    if not latest.deadlines_to_act_on:
        return "Kilden oppgir ingen frist, så det er ikke noe å planlegge fram mot."
    return "Planen er ikke lagt ennå."


def _lead(site: Site, material: Material) -> str:
    decision = material.dossier.latest_decision
    if material.case.lead:
        return site.section(material.case.lead)
    if decision is None or decision.abstained:
        return "ikke fordelt til noen seksjon ennå"
    return site.section(decision.lead)


def _brussels(material: Material) -> str:
    decision = material.dossier.latest_decision
    if material.case.brussels is not None:
        return "ja" if material.case.brussels else "nei"
    return "ja, etter sporerens fordeling" if decision and decision.brussels else "nei"


def _matter(key: str | None, titles: Mapping[str, str]) -> MatterLink | None:
    if key is None:
        return None
    words = wording.one_line(titles.get(key, "")) or key
    return MatterLink(words, f"{wording.consultation_address(key)}#svar")


def _deadlines(site: Site, case: Case, history: History) -> Iterator[DeadlineStatus]:
    latest, status = history.latest, history.versions[-1].standing
    stated = {one.kind: one for one in latest.deadlines_to_act_on}
    for deadline in case.deadlines(latest):
        kind = deadline.kind
        moved = deadline.at != stated[kind].at
        state, tone = _sending(case, kind)
        yield DeadlineStatus(
            name=DEADLINE_NAMES[kind],
            deadline=_left(site, case, deadline, status),
            state=state,
            tone=tone,
            stated=wording.day(local_day(stated[kind].at)) if moved else None,
            agreed_with=_agreed_with(case, kind) if moved else None,
            receipt=_receipt(case.receipts.get(kind)),
        )


def _left(site: Site, case: Case, deadline: Deadline, status: Status) -> DeadlineText:
    """Say a deadline; what is answered, or is not to be, counts down to nothing."""
    said = wording.deadline(deadline.at, site.now, deadline.kind, status)
    if deadline.kind in case.sent or case.needs_no_answer:
        return DeadlineText(said.when, "", "ahead")
    return said


def _sending(case: Case, kind: DeadlineKind) -> tuple[str, str]:
    if act := case.sent.get(kind):
        receipt = case.receipts.get(kind)
        day = format_day(local_day(receipt.sent_at if receipt else act.at))
        return f"sendt {day}", "good"
    if case.needs_no_answer:
        return "skal ikke besvares", "plain"
    return "ikke sendt", "warning"


def _agreed_with(case: Case, kind: DeadlineKind) -> str:
    agreed = [
        act for act in standing(case.acts) if isinstance(act, Extended) and act.deadline is kind
    ]
    return agreed[-1].agreed_with


def _receipt(filed: ReceiptFiled | None) -> ReceiptView | None:
    if filed is None:
        return None
    return ReceiptView(
        filed.reference,
        wording.instant(filed.sent_at),
        filed.sha256,
        wording.web_address(filed.link),
    )


def _demand(demand: Demand) -> DemandView:
    verdict = demand.verdict
    return DemandView(
        demand.number,
        demand.text,
        VERDICT_WORDS[verdict] if verdict else "ikke vurdert ennå",
        _VERDICT_TONES[verdict] if verdict else "plain",
        demand.quote,
        wording.web_address(demand.link),
    )


def _log(site: Site, case: Case) -> Iterator[LogLine]:
    undone = {act.undoes for act in case.acts if isinstance(act, Undone)}
    last = rules.last_standing(case)
    for number, act in enumerate(case.acts):
        yield LogLine(
            can_undo=act == last,
            when=wording.instant(act.at),
            by=act.by,
            words=deed(act, Case.of(case.acts[:number]), site.names),
            note=act.note,
            undone=act.number in undone,
        )
