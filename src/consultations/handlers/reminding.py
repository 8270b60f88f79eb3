"""Reminding: whoever should do something hears of it before it is late, once for each rung."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from consultations.clock import Clock
from consultations.domain.channels import ChannelMap
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.people import PERSON_CHANNEL
from consultations.domain.response import reminder_words
from consultations.domain.response.case import Case
from consultations.domain.response.goals import Awaited, LaidPlan, Matter
from consultations.domain.response.ladder import MISSED, Ladder, Reminder
from consultations.domain.response.office import Office
from consultations.domain.response.reminders import Role
from consultations.handlers.telling import timed
from consultations.store import consultations, ledger, reminders, responses
from consultations.store.consultations import Dossier
from consultations.store.database import Database, Session
from consultations.store.ledger import Debt, DeliveryState
from consultations.store.reminders import Entered, Waiting

AT_A_TIME = 100
"""Responses looked at in one transaction: others wait for it."""

ESCALATED = "escalated"
"""The rung at which a channel hears that the head had to be told: once, whichever it was."""


_NOT_TOLD = (DeliveryState.PENDING, DeliveryState.REFUSED)


def remind_all(
    database: Database,
    office: Office,
    channels: ChannelMap,
    sections: Mapping[str, str],
    clock: Clock,
) -> None:
    """Remind of everything whose time has come, a few responses at a time."""
    looked = AT_A_TIME
    while looked == AT_A_TIME:
        with database.transaction() as session:
            looked = remind(session, office, channels, sections, clock())


def remind(
    session: Session,
    office: Office,
    channels: ChannelMap,
    sections: Mapping[str, str],
    now: datetime,
) -> int:
    """Enter the reminders that are due, and withdraw those that no longer are.

    Looks at ``AT_A_TIME`` responses at most whose time has come, and notes when theirs next
    comes. ``sections`` gives the Norwegian name of each section id. Returns how many it looked at.
    """
    keys = reminders.to_look_at(session, now, AT_A_TIME)
    if not keys:
        return 0
    consultations.hold(session, keys)
    dossiers = consultations.find(session, keys)
    found = [_seen(desk, office, channels, now) for desk in _desks(session, dossiers, office)]
    outdated = [entry.key for one in found for entry in one.outdated]
    owed = [debt for one in found for debt in one.debts(sections)]
    if outdated:
        ledger.withdraw(session, outdated)
    if owed := timed(owed, channels, office.calendar, now):
        ledger.owe_again(session, owed, now)
        ledger.owe(session, owed, now)
    reminders.looked(session, {one.desk.id: one.again_at for one in found}, now)
    return len(keys)


def withdraw_done(session: Session, dossiers: Iterable[Dossier], office: Office) -> None:
    """Withdraw at once the reminders of what is no longer awaited.

    To be called in the transaction that changed responses, or what they must keep. It must also
    have the reminders look at them: ``look_at`` is then now.
    """
    by_id = {one.id: one for one in dossiers}
    untold = reminders.entered(session, by_id, _NOT_TOLD)
    if not untold:
        return
    concerned = {by_id[id_].key: by_id[id_] for id_ in untold}
    awaited = {desk.id: desk.awaited for desk in _desks(session, concerned, office)}
    gone = [
        entry.key
        for id_, entries in untold.items()
        for entry in entries
        if not any(map(_is_about(entry), awaited.get(id_, ())))
    ]
    ledger.withdraw(session, gone)


@dataclass(frozen=True)
class _Desk:
    """All that is known of one response when it is looked at."""

    waiting: Waiting
    dossier: Dossier
    case: Case
    awaited: tuple[Awaited, ...]
    entered: tuple[Entered, ...]
    ladder: Ladder

    @property
    def id(self) -> int:
        return self.waiting.id


def _desks(session: Session, dossiers: Mapping[str, Dossier], office: Office) -> Iterator[_Desk]:
    ladder = Ladder(office.templates.reminders, office.templates.office_hours, office.calendar)
    waiting = reminders.waiting(session, dossiers)
    ids = [one.id for one in waiting]
    cases, plans = responses.cases(session, ids), responses.plans(session, ids)
    entered = reminders.entered(session, ids)
    for one in waiting:
        laid = [LaidPlan(plan.laid_at, plan.plan) for plan in plans.get(one.id, ())]
        dossier, case = dossiers[one.key], cases[one.id]
        matter = Matter(dossier.history, case, laid, one.arrived_at)
        standing = (e for e in entered.get(one.id, ()) if e.state != DeliveryState.WITHDRAWN)
        yield _Desk(one, dossier, case, tuple(matter.awaited(ladder)), tuple(standing), ladder)


@dataclass(frozen=True)
class _Told:
    """Somebody who is to be told, why, and as which rung."""

    channel: str
    role: Role
    rung: str


@dataclass(frozen=True)
class _Due:
    """A reminder that is due, and to whom."""

    awaited: Awaited
    reminder: Reminder
    told: tuple[_Told, ...]


@dataclass(frozen=True)
class _Seen:
    """What came of looking at one response."""

    desk: _Desk
    due: tuple[_Due, ...]
    outdated: tuple[Entered, ...]
    again_at: datetime | None
    is_claimed: bool

    def debts(self, sections: Mapping[str, str]) -> Iterator[Debt]:
        lead = self.desk.waiting.lead
        section = sections.get(lead, lead) if lead else None
        for due in self.due:
            what = reminder_words.what(due.awaited, due.reminder)
            for told in due.told:
                why = reminder_words.why(
                    told.role, due.reminder, section, is_claimed=self.is_claimed
                )
                name = due.awaited.goal.name_of(told.rung)
                fact = Fact(EventType.REMINDER, name, due.reminder.moment, f"{what} {why}")
                yield Debt(
                    self.desk.id,
                    self.desk.dossier.key,
                    told.channel,
                    fact,
                    urgent=due.reminder.is_urgent,
                    bundle=not due.reminder.is_urgent,
                )


def _seen(desk: _Desk, office: Office, channels: ChannelMap, now: datetime) -> _Seen:
    people = _People.of(desk, office, channels)
    current = [e for e in desk.entered if any(map(_is_about(e), desk.awaited))]
    current = [e for e in current if e.channel in people.everyone or e.state == DeliveryState.SENT]
    outdated = [e for e in desk.entered if e not in current]
    due, moments = [], []
    for awaited in desk.awaited:
        ours = [e for e in current if _is_about(e)(awaited)]
        rungs = awaited.goal.told([e.fact for e in ours])
        look = desk.ladder.look(awaited.goal, rungs, now)
        moments.append(look.again_at)
        if look.due:
            told = people.told(look.due, office, desk.case)
            due.append(_Due(awaited, look.due, tuple(t for t in told if t.rung not in rungs)))
            outdated += [e for e in ours if ESCALATED not in e.fact]
    again_at = min((moment for moment in moments if moment), default=None)
    return _Seen(desk, tuple(due), tuple(outdated), again_at, people.owner is not None)


@dataclass(frozen=True)
class _People:
    """Who answers for a response. One who is no longer listed answers for nothing."""

    owner: str | None
    deputy: str | None
    head: str | None
    channel: str

    @classmethod
    def of(cls, desk: _Desk, office: Office, channels: ChannelMap) -> "_People":
        listed = office.people.people
        lead = desk.waiting.lead
        by_section = {s: id_ for id_, one in channels.channels.items() for s in one.sections}
        return cls(
            owner=desk.case.owner if desk.case.owner in listed else None,
            deputy=desk.case.deputy if desk.case.deputy in listed else None,
            head=office.people.head_of(lead),
            channel=by_section.get(lead or "", channels.triage),
        )

    @property
    def everyone(self) -> frozenset[str]:
        people = (self.owner, self.deputy, self.head)
        return frozenset({self.channel, *(f"{PERSON_CHANNEL}{one}" for one in people if one)})

    def told(self, reminder: Reminder, office: Office, case: Case) -> Iterator[_Told]:
        """Yield everyone to tell, each once, the closest first; the channel if nobody else."""
        is_claimed = self.owner is not None
        roles = reminder.roles(
            office.templates.reminders, is_claimed=is_claimed, last_act_at=case.last_act_at
        )
        by_channel = {
            self._channel(role): role for role in reversed(roles) if self._channel(role)
        } or {self.channel: Role.CHANNEL}
        for channel, role in reversed(by_channel.items()):
            yield _Told(channel, role, reminder.rung)
        escalated = is_claimed and Role.HEAD in roles and reminder.rung != MISSED
        if escalated and self.channel not in by_channel:
            yield _Told(self.channel, Role.CHANNEL, ESCALATED)

    def _channel(self, role: Role) -> str:
        """Return where somebody in a role is told; nowhere where nobody has the role."""
        if role is Role.CHANNEL:
            return self.channel
        person = {Role.OWNER: self.owner, Role.DEPUTY: self.deputy, Role.HEAD: self.head}[role]
        return f"{PERSON_CHANNEL}{person}" if person else ""


def _is_about(entry: Entered) -> Callable[[Awaited], bool]:
    return lambda awaited: entry.fact.startswith(awaited.goal.fact)
