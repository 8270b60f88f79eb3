"""The forms in which people act on a response: one for each kind of act the case allows now."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from consultations.domain.response import rules
from consultations.domain.response.acts import State
from consultations.web import wording
from consultations.web.form import Sent, Typed
from consultations.web.views import act_fields
from consultations.web.views.act_fields import Desk
from consultations.web.views.fields import Field, Filling

TRIAGE, ASSIGN, ADVANCE, SENT = "vurder", "fordel", "videre", "sendt"
RECEIPT, EXTENSION, DEMAND, VERDICT = "kvittering", "utsettelse", "krav", "utfall"
LINK, NOTE, UNDO = "knytt", "merknad", "angre"

VERSION, UNDOES = "versjon", "gjelder"
"""Fields nobody sees: the version of the case the person saw, and the act to take back."""

_ABOUT_NAME = "Det vises i loggen, og huskes i denne nettleseren."


@dataclass(frozen=True)
class ActForm:
    """One form. ``open`` where it is unfolded, ``first`` where it is the next thing to do."""

    id: str
    heading: str
    intro: str
    action: str
    hidden: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    button: str
    open: bool
    first: bool


@dataclass(frozen=True)
class _Kind:
    """What a form is called, when it is offered, and what it asks for.

    ``again`` is what it is called where it changes what was said before.
    """

    heading: str
    button: str
    offered: Callable[[Desk], bool]
    fields: Callable[[Desk, Filling], tuple[Field, ...]]
    intro: str = ""
    again: str = ""


def response_forms(desk: Desk, sent: Sent | None, name: str) -> tuple[ActForm, ...]:
    """Return the forms that the case allows, the natural next one first.

    ``sent`` is one that came back; ``name`` is that of whoever wrote here last.
    """
    if not desk.site.may_write:
        return ()
    made = _made(desk, sent, name)
    return tuple(sorted(made, key=lambda form: not form.first))


def undo_form(desk: Desk, sent: Sent | None, name: str) -> ActForm | None:
    """Return the form that takes back the latest act that stands; its place is in the log."""
    last = rules.last_standing(desk.case)
    if last is None or not desk.site.may_write:
        return None
    return _form(desk, UNDO, _UNDO, sent, name, (UNDOES, str(last.number)))


def placed(sent: Sent, forms: Iterable[ActForm]) -> Sent:
    """Point to the form, or to the panel, where what is wrong is not one of the fields shown."""
    form = next((one for one in forms if one.id == sent.form), None)
    if form and sent.place not in {field.id for field in form.fields}:
        return replace(sent, place=f"{form.id}-skjema")
    return sent if form or sent.form not in FORMS else replace(sent, place="svar")


def _made(desk: Desk, sent: Sent | None, name: str) -> Iterator[ActForm]:
    for id_, kind in _KINDS.items():
        if kind.offered(desk) or (sent and sent.form == id_):
            yield _form(desk, id_, kind, sent, name)


def _form(
    desk: Desk, id_: str, kind: _Kind, sent: Sent | None, name: str, *hidden: tuple[str, str]
) -> ActForm:
    before = act_fields.as_decided(desk.case).get(id_, Typed())
    filling = Filling.of(id_, Typed({**before.values, "navn": (name,)}), sent, prefix=f"{id_}-")
    first = _FIRST.get(desk.case.state) == id_
    return ActForm(
        id=id_,
        heading=kind.again if kind.again and before.values else kind.heading,
        intro=kind.intro,
        action=wording.act_address(id_, desk.material.dossier.key),
        hidden=((VERSION, str(desk.case.version)), *hidden),
        fields=(*kind.fields(desk, filling), filling.name(_ABOUT_NAME)),
        button=kind.button,
        open=first or (sent is not None and sent.form == id_),
        first=first,
    )


def _is_open(desk: Desk) -> bool:
    return desk.case.state is not State.CLOSED


def _is_decided(desk: Desk) -> bool:
    return _is_open(desk) and desk.case.state.rank >= State.FOLLOW.rank


def _can_advance(desk: Desk) -> bool:
    return _is_worked_on_here(desk) and bool(act_fields.ways(desk.case))


def _can_send(desk: Desk) -> bool:
    again = rules.is_sent(desk.case) and bool(desk.deadlines_left)
    can = again or State.SENT in rules.next_states(desk.case)
    return _is_open(desk) and _is_worked_on_here(desk) and can


def _has_receipt(desk: Desk) -> bool:
    return _is_sent(desk) and _is_worked_on_here(desk)


def _is_sent(desk: Desk) -> bool:
    return _is_open(desk) and rules.is_sent(desk.case)


def _is_worked_on_here(desk: Desk) -> bool:
    """Tell whether the answer is this case's own, or shared with others but sent already."""
    return desk.case.joint_with is None or rules.is_sent(desk.case)


def _can_extend(desk: Desk) -> bool:
    return _is_decided(desk) and bool(desk.deadlines_left)


def _can_demand(desk: Desk) -> bool:
    state = desk.case.state
    return state in rules.LINE and state.rank < State.OUTCOME_KNOWN.rank


def _can_judge(desk: Desk) -> bool:
    return _is_sent(desk) and bool(desk.case.demands)


_KINDS = {
    TRIAGE: _Kind(
        "Avgjør om KS svarer", "Lagre avgjørelsen", _is_open, act_fields.triage,
        again="Endre avgjørelsen om å svare",
    ),
    ASSIGN: _Kind("Fordel saken", "Lagre fordelingen", _is_decided, act_fields.assign,
        again="Gi saken til noen andre"),
    ADVANCE: _Kind("Gå videre med saken", "Lagre", _can_advance, act_fields.advance),
    SENT: _Kind(
        "Meld at svaret er sendt", "Meld sendt", _can_send, act_fields.sending,
        "Sporeren sender aldri noe. Send svaret selv først, og si fra her etterpå.",
    ),
    RECEIPT: _Kind(
        "Arkiver kvitteringen", "Lagre kvitteringen", _has_receipt, act_fields.receipt
    ),
    EXTENSION: _Kind(
        "Legg inn avtalt utsettelse", "Lagre ny frist", _can_extend, act_fields.extension,
        "Bare når avsenderen har sagt ja. Planen legges på nytt.",
    ),
    DEMAND: _Kind(
        "Legg til et krav", "Legg til kravet", _can_demand, act_fields.demand,
        "Ett krav om gangen. Når utfallet er kjent, vurderes hvert krav for seg.",
    ),
    VERDICT: _Kind(
        "Vurder hva kravene ble til", "Lagre vurderingen", _can_judge, act_fields.verdict
    ),
    LINK: _Kind("Knytt til en annen høring", "Knytt sammen", _is_open, act_fields.link),
    NOTE: _Kind("Skriv i loggen", "Lagre merknaden", lambda _: True, act_fields.note),
}  # fmt: skip
_UNDO = _Kind("Angre det siste", "Angre", lambda _: True, act_fields.undo)

FORMS = (*_KINDS, UNDO)

_FIRST = {
    State.NEW: TRIAGE,
    State.TRIAGED: TRIAGE,
    State.ANSWERING: ASSIGN,
    State.ASSIGNED: ADVANCE,
    State.MEMBER_INPUT: ADVANCE,
    State.DRAFT: ADVANCE,
    State.LEGAL_CHECK: ADVANCE,
    State.BOARD: ADVANCE,
    State.APPROVED: SENT,
    State.SENT: RECEIPT,
    State.RECEIPT_FILED: ADVANCE,
    State.PUBLISHED: VERDICT,
    State.OUTCOME_KNOWN: ADVANCE,
}
"""The form that is the natural one to fill out in each state."""
