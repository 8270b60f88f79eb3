"""What a person can do with a response case. The acts, in order, are the whole truth of it."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from consultations.domain.correction import LONGEST_NAME, LONGEST_REASON
from consultations.domain.observation import DeadlineKind, Frozen

LONGEST_LINE = 300
"""Characters in what stands on one line: a reference, an address."""
LONGEST_LIST = 50

Line = Annotated[str, Field(max_length=LONGEST_LINE)]
Words = Annotated[str, Field(max_length=LONGEST_REASON)]
Several = Annotated[tuple[Line, ...], Field(max_length=LONGEST_LIST)]
PersonId = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE)]
"""An id from ``config/people.yaml``."""


class State(StrEnum):
    """How far KS has come with its response. The order is the order of the work."""

    NEW = "new"
    TRIAGED = "triaged"
    NOT_ANSWERING = "not_answering"
    FOLLOW = "follow"
    ANSWERING = "answering"
    ASSIGNED = "assigned"
    MEMBER_INPUT = "member_input"
    DRAFT = "draft"
    LEGAL_CHECK = "legal_check"
    BOARD = "board"
    APPROVED = "approved"
    SENT = "sent"
    RECEIPT_FILED = "receipt_filed"
    PUBLISHED = "published"
    OUTCOME_KNOWN = "outcome_known"
    CLOSED = "closed"

    @property
    def rank(self) -> int:
        return _ORDER[self]


_ORDER = {state: number for number, state in enumerate(State)}

STATE_WORDS = {
    State.NEW: "ny",
    State.TRIAGED: "vurdert, ikke avgjort",
    State.NOT_ANSWERING: "vi svarer ikke",
    State.FOLLOW: "vi følger saken",
    State.ANSWERING: "vi skal svare",
    State.ASSIGNED: "fordelt til en saksansvarlig",
    State.MEMBER_INPUT: "innspill fra medlemmer",
    State.DRAFT: "utkast",
    State.LEGAL_CHECK: "juridisk kontroll",
    State.BOARD: "politisk behandling",
    State.APPROVED: "godkjent",
    State.SENT: "sendt",
    State.RECEIPT_FILED: "kvittering arkivert",
    State.PUBLISHED: "publisert",
    State.OUTCOME_KNOWN: "utfallet er kjent",
    State.CLOSED: "avsluttet",
}
"""Each state as people are told it."""

PHASES = (State.MEMBER_INPUT, State.DRAFT, State.LEGAL_CHECK, State.BOARD)
"""Work that goes on while the case is in the state; it is done when the case has left it."""


class Choice(StrEnum):
    """What is decided at triage."""

    ANSWER = "answer"
    FOLLOW = "follow"
    NOT_ANSWER = "not_answer"
    LATER = "later"
    """Looked at; somebody will decide."""


CHOICE_STATES = {
    Choice.ANSWER: State.ANSWERING,
    Choice.FOLLOW: State.FOLLOW,
    Choice.NOT_ANSWER: State.NOT_ANSWERING,
    Choice.LATER: State.TRIAGED,
}


class Verdict(StrEnum):
    """What became of a demand when the proposition or regulation came."""

    FOLLOWED = "followed"
    PARTLY = "partly"
    NOT_FOLLOWED = "not_followed"
    NOT_MENTIONED = "not_mentioned"


VERDICT_WORDS = {
    Verdict.FOLLOWED: "fulgt",
    Verdict.PARTLY: "delvis fulgt",
    Verdict.NOT_FOLLOWED: "ikke fulgt",
    Verdict.NOT_MENTIONED: "ikke omtalt",
}


class Relation(StrEnum):
    JOINT = "joint"
    """Answered together with the other, in one answer that is worked on there."""
    SECOND_ROUND = "second_round"
    """A new round of the other."""


class _Act(Frozen):
    """Act number ``number`` of its case, from 1, done by ``by`` at ``at`` (UTC)."""

    number: int = Field(ge=1)
    at: AwareDatetime
    by: str = Field(min_length=1, max_length=LONGEST_NAME)
    note: Words = ""


class Triaged(_Act):
    """Decided whether KS answers. ``note`` is the reason, needed where KS does not.

    ``headings`` and ``goals`` are ids from ``config/priorities.yaml``. ``lead`` (a section) and
    ``brussels`` are None where the routing decision stands.
    """

    kind: Literal["triaged"] = "triaged"
    choice: Choice
    headings: Several = ()
    goals: Several = ()
    lead: Line | None = None
    brussels: bool | None = None


class Assigned(_Act):
    """Gave the case to a person. ``contributing`` are section ids."""

    kind: Literal["assigned"] = "assigned"
    owner: PersonId
    deputy: PersonId | None = None
    lead: Line | None = None
    contributing: Several = ()
    brussels: bool | None = None


class Advanced(_Act):
    """Brought the case to a later state. ``skipped`` names the states passed over, on purpose.

    ``deadlines`` are those that an answer was sent to (``to`` is ``sent``). ``link`` is where a
    published answer can be read.
    """

    kind: Literal["advanced"] = "advanced"
    to: State
    skipped: tuple[State, ...] = ()
    deadlines: tuple[DeadlineKind, ...] = ()
    link: Line | None = None


class Extended(_Act):
    """Agreed with the sender that KS may answer by the end of ``until`` (an Oslo day)."""

    kind: Literal["extended"] = "extended"
    deadline: DeadlineKind
    until: date
    agreed_with: Line


class ReceiptFiled(_Act):
    """Filed the proof that an answer was sent at ``sent_at`` (UTC). ``sha256`` is of the file."""

    kind: Literal["receipt_filed"] = "receipt_filed"
    deadlines: tuple[DeadlineKind, ...]
    reference: Line
    sent_at: AwareDatetime
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    link: Line | None = None


class Demanded(_Act):
    """Listed what KS asks for in its response: one demand, known by the number of this act."""

    kind: Literal["demanded"] = "demanded"
    text: str = Field(min_length=1, max_length=LONGEST_LINE)


class Judged(_Act):
    """Marked what became of demand number ``demand``, with the words and the place that show it."""

    kind: Literal["judged"] = "judged"
    demand: int = Field(ge=1)
    verdict: Verdict
    quote: Words = ""
    link: Line | None = None


class Linked(_Act):
    """Tied the case to another consultation, by its key."""

    kind: Literal["linked"] = "linked"
    relation: Relation
    to: Line


class Noted(_Act):
    """Wrote ``note`` in the log, and changed nothing."""

    kind: Literal["noted"] = "noted"


class Undone(_Act):
    """Took back act number ``undoes``."""

    kind: Literal["undone"] = "undone"
    undoes: int = Field(ge=1)


Act = Annotated[
    Triaged | Assigned | Advanced | Extended | ReceiptFiled | Demanded | Judged | Linked | Noted
    | Undone,
    Field(discriminator="kind"),
]  # fmt: skip

ACT: TypeAdapter[Act] = TypeAdapter(Act)
"""Reads and writes any act."""
