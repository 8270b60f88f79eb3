"""Says which reminders were due, from a log of what happened and the rules as they are written.

It shares no code with the tracker: it walks through every moment that the tracker was awake, tick
by tick, and keeps for each thing that is awaited how far up its ladder it has come.
"""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from tests.year_log import (
    Did,
    Laid,
    Seen,
    Tick,
    back,
    day_of,
    end_of,
    forward,
    last_day,
    morning,
)

LADDER = (21, 14, 7, 3, 1, 0)
ORDER = (
    "new", "triaged", "not_answering", "follow", "answering", "assigned", "member_input", "draft",
    "legal_check", "board", "approved", "sent", "receipt_filed", "published", "outcome_known",
    "closed",
)  # fmt: skip
KINDS = ("written_answer", "request_to_appear", "eu_feedback")
STEPS = (
    "member_input", "draft", "legal_check", "board", "approved", *(f"sent-{k}" for k in KINDS)
)  # fmt: skip
PHASES = ("member_input", "draft", "legal_check", "board")
ANSWERS = {"answer": "answering", "follow": "follow", "not_answer": "not_answering",
           "later": "triaged"}  # fmt: skip


# ---- how things stand


@dataclass
class Case:
    state: str = "new"
    skipped: frozenset = frozenset()
    sent: frozenset = frozenset()
    agreed: dict = field(default_factory=dict)
    owner: str | None = None
    deputy: str | None = None

    @property
    def rank(self):
        return ORDER.index(self.state)

    @property
    def over(self):
        return self.state in {"not_answering", "follow", "closed"}

    def done(self, step):
        rank = ORDER.index(step)
        return step in self.skipped or (self.rank > rank if step in PHASES else self.rank >= rank)


def replay(acts):
    """Tell how a case stands after some acts: each undoing takes away the last that stands."""
    standing = []
    for act in acts:
        if act.what == "undo":
            standing.pop()
        else:
            standing.append(act)
    case = Case()
    for act in standing:
        _apply(case, act)
    return case


def _apply(case, act):
    given = act.given
    if act.what == "triage":
        case.state = ANSWERS[given["choice"]]
    elif act.what == "assign":
        case.owner, case.deputy = given["owner"], given["deputy"]
        if case.state != "follow" and case.rank < ORDER.index("assigned"):
            case.state = "assigned"
    elif act.what == "advance":
        case.state = given["to"]
        case.skipped = (case.skipped - {given["to"]}) | set(given["skipped"])
        case.sent |= set(given.get("deadlines", ()))
    elif act.what == "extend":
        case.agreed = {**case.agreed, given["deadline"]: given["until"]}


@dataclass
class Wanted:
    """Something awaited, how far up its ladder it has come, and what was entered of it."""

    due: date
    ends: datetime
    is_deadline: bool
    serves_until: datetime | None
    known_at: datetime
    since: datetime
    again: int
    rungs: list = field(default_factory=list)
    reached: int = -1

    def __post_init__(self):
        every = [(str(n), morning(back(self.due, n) if n else self.due)) for n in LADDER]
        before = dict(zip([n for n, _ in every], [None, *[m for _, m in every]], strict=False))
        self.rungs = [(n, m, before[n]) for n, m in every if m >= self.since]
        if not self.rungs and self.since <= self.ends:
            self.rungs = [("now", self.since, every[-2][1])]
        if (self.known_at if self.is_deadline else self.since) <= self.ends:
            missed = self.ends + timedelta(seconds=1)
            if not self.is_deadline:
                missed = morning(forward(self.due, 1))
            self.rungs.append(("missed", missed, None))

    def serves(self, moment):
        return self.serves_until is None or moment <= self.serves_until


class Oracle:
    """Walks through one matter. ``expected`` is key to the tick that it should be entered at.

    ``excused`` are keys that were rightly entered and never sent: done, or overtaken, first.
    ``ended`` is key to when what it reminds of was done with: nothing may be sent after that.
    """

    def __init__(self, matter, ticks, sent_at):
        self.matter, self.ticks, self.sent_at = matter, ticks, sent_at
        self.numbers = [tick.number for tick in ticks]
        self.expected: dict[str, Tick] = {}
        self.excused: set[str] = set()
        self.ended: dict[str, int] = {}
        self._case, self._acts, self._seen = Case(), [], None
        self._steps: dict[str, tuple[date, str]] = {}
        self._began = None
        self._known: dict[str, tuple[object, datetime]] = {}
        self._set_going: dict[str, tuple[datetime, int]] = {}
        self._asked_before: set[str] = set()
        self._asked_now: set[str] = set()
        self._wanted: dict[str, Wanted] = {}
        self._people_changed = False
        self._told: dict[tuple[str, date], dict[str, list[str]]] = defaultdict(dict)

    def walk(self):
        groups = [list(found) for _, found in groupby(self.matter.log, lambda one: one.number)]
        for group, following in zip(groups, [*groups[1:], None], strict=True):
            for happened in group:
                self._take(happened)
            self._reconsider(group[0])
            if self._wanted:
                first = bisect_left(self.numbers, group[0].number)
                last = bisect_left(self.numbers, following[0].number) if following else None
                self._people_changed = True
                for tick in self.ticks[first:last]:
                    self._tick(tick)
                    self._people_changed = False
        return self

    # -- what is awaited

    def _take(self, happened):
        if isinstance(happened, Seen):
            self._seen = happened
        elif isinstance(happened, Laid):
            self._steps = happened.steps
            self._began = self._began or happened.at
            self._note_days(happened.at, {n: due for n, (due, _) in happened.steps.items()}, STEPS)
        else:
            self._acts.append(happened)
            self._case = replay(self._acts)
        if self._seen:
            ends = {kind: last_day(moment) for kind, moment in self._ends().items()}
            self._note_days(happened.at, ends, KINDS)
            self._note_asked(happened)

    def _note_days(self, at, days, names):
        """Keep since when each has had the day it has; what is gone begins anew."""
        for name in names:
            if name not in days:
                self._known.pop(name, None)
            elif self._known.get(name, (None,))[0] != days[name]:
                self._known[name] = days[name], at

    def _note_asked(self, happened):
        """Keep when an act last set each going, after it had been done or was not asked for."""
        asked = {name for name in (*STEPS, *KINDS, "triaged") if self._is_asked(name)}
        if isinstance(happened, Did):
            for name in asked - self._asked_now:
                number = happened.act if name in self._asked_before else 0
                self._set_going[name] = happened.at, number
        self._asked_before |= asked
        self._asked_now = asked

    def _is_asked(self, name):
        case = self._case
        if name in KINDS:
            return not case.over and name not in case.sent
        if name == "triaged":
            return case.state == "new"
        if case.rank < ORDER.index("answering") or case.over:
            return False
        if name.startswith("sent-"):
            return name.removeprefix("sent-") not in case.sent
        return not case.done(name)

    def _ends(self):
        """Tell when each deadline ends for KS."""
        ends = dict(self._seen.ends)
        for kind, until in self._case.agreed.items():
            if kind in ends:
                ends[kind] = max(ends[kind], end_of(until))
        return ends

    def _everything(self):
        """Return what is awaited: name to its day, its end, and until when it serves."""
        if self._seen.cancelled:
            return {}
        ends = self._ends()
        found = {kind: (last_day(moment), moment, None) for kind, moment in ends.items()}
        first, last = min(ends.values(), default=None), max(ends.values(), default=None)
        triage = forward(day_of(self.matter.arrived_at), 5)
        if first is None or triage < last_day(first):
            found["triaged"] = (triage, end_of(triage), last)
        for step, (due, kind) in self._steps.items():
            until = ends.get(kind)
            if not (step.startswith("sent-") and until and due >= last_day(until)):
                found[step] = (due, end_of(due), until)
        return {name: one for name, one in found.items() if name in self._asked_now}

    def _reconsider(self, happened):
        found = self._everything()
        for name, one in list(self._wanted.items()):
            if name not in found or found[name][0] != one.due:
                self._stop(name, one.due, happened)
        for name, (due, ends, until) in found.items():
            if name in self._wanted:
                self._wanted[name].ends, self._wanted[name].serves_until = ends, until
            else:
                self._start(name, due, ends, until)

    def _forget_others(self, name, one, number):
        """Take back what waits to be told to somebody who no longer answers for it."""
        case, head, channel = self._case, self.matter.head, self.matter.channel
        audience = {channel, *(f"person:{p}" for p in (case.owner, case.deputy, head))}
        told = self._told[name, one.due]
        for rung, keys in list(told.items()):
            gone = {
                key for key in keys
                if key.split("|")[2] not in audience and not self._was_sent(key, number)
            }  # fmt: skip
            self.excused |= gone
            told[rung] = [key for key in keys if key not in gone]
            if not told[rung]:
                del told[rung]
        one.reached = max((n for n, r in enumerate(one.rungs) if r[0] in told), default=-1)

    def _start(self, name, due, ends, serves_until):
        began = self._began or self.matter.arrived_at
        known_at = max(began, self._known.get(name, (None, self.matter.arrived_at))[1])
        since, again = self._set_going.get(name, (known_at, 0))
        one = Wanted(due, ends, name in KINDS, serves_until, known_at, max(known_at, since), again)
        told = self._told[name, due]
        if again and not any(
            key.split("|")[1].endswith(f"now.{again}") for key in told.get("now", ())
        ):
            told.pop("now", None)
        one.reached = max((n for n, r in enumerate(one.rungs) if r[0] in told), default=-1)
        self._wanted[name] = one

    def _stop(self, name, due, happened):
        del self._wanted[name]
        told = self._told[name, due]
        for rung, keys in list(told.items()):
            unsent = [key for key in keys if not self._was_sent(key, happened.number)]
            self.excused |= {*unsent}
            told[rung] = [key for key in keys if key not in unsent]
            if not told[rung]:
                del told[rung]
            for key in keys:
                self.ended.setdefault(key, happened.number)

    def _was_sent(self, key, before):
        return self.sent_at.get(key, float("inf")) < before

    # -- what is due

    def _tick(self, tick):
        working = tick.working
        for name, one in self._wanted.items():
            if self._people_changed:
                self._forget_others(name, one, tick.number)
            if not working and not (one.is_deadline and tick.day == one.due):
                continue
            come = one.reached
            for n in range(one.reached + 1, len(one.rungs)):
                if one.rungs[n][1] <= tick.at:
                    come = n
            if come == one.reached:
                continue
            rung, moment, _ = one.rungs[come]
            if not working and day_of(moment) != one.due:
                continue
            if rung == "missed" and (not working or not one.serves(moment)):
                continue
            if not one.serves(tick.at):
                continue
            self._enter(name, one, come, tick)

    def _enter(self, name, one, come, tick):
        rung, _, previous = one.rungs[come]
        told = self._told[name, one.due]
        for earlier, keys in told.items():
            if earlier != "escalated":
                self.excused |= {k for k in keys if not self._was_sent(k, tick.number)}
        one.reached = come
        for channel, as_rung in self._people(rung, previous, come, one, told):
            suffix = f".{one.again}" if one.again else ""
            key = f"{self.matter.key}|reminder/{name}/{one.due}/{as_rung}{suffix}|{channel}"
            self.expected[key] = tick
            told.setdefault(as_rung, []).append(key)

    def _people(self, rung, previous, come, one, told):
        case, head, channel = self._case, self.matter.head, self.matter.channel
        last_act = self._acts[-1].at if self._acts else None
        persons = [case.owner]
        if case.owner is None:
            tells = [channel] if come == 0 else [channel, head and f"person:{head}"]
            return [(to, rung) for to in tells if to]
        quiet = previous is None or last_act is None or last_act <= previous
        escalates = False
        if rung == "missed":
            persons += [case.deputy, head] if one.is_deadline else []
        elif quiet:
            persons += [case.deputy] if rung in {"3", "1", "0", "now"} else []
            escalates = rung in {"1", "0", "now"}
            persons += [head] if escalates else []
        told_to = [(f"person:{p}", rung) for p in dict.fromkeys(persons) if p]
        if escalates and "escalated" not in told:
            told_to.append((channel, "escalated"))
        return told_to
