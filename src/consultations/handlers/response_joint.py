"""One answer to parallel consultations: what happens to it happens to every case it answers."""

from collections.abc import Iterator, Mapping

from consultations.domain.observation import DeadlineKind
from consultations.domain.response.acts import Act, Advanced, ReceiptFiled, State, Undone
from consultations.domain.response.case import Case, standing
from consultations.domain.response.rules import LINE, is_sent, passed_over
from consultations.handlers.response_wishes import Refused
from consultations.store.consultations import Dossier

Joined = Mapping[str, tuple[Dossier, Case]]
"""The consultations that share the answer, by key."""


def mirrored(key: str, case: Case, done: Act, joined: Joined) -> dict[str, Act]:
    """Return what the act means for the cases whose answer is worked on in ``key``, by theirs.

    Raises ``Refused`` when it is to be undone, and one of them has gone on since.
    """
    if isinstance(done, Undone):
        undone = next(one for one in case.acts if one.number == done.undoes)
        return dict(_taken_back(key, undone, done, joined)) if _is_shared(undone) else {}
    return dict(_followed(key, done, joined)) if _is_shared(done) else {}


def _is_shared(act: Act) -> bool:
    is_sending = isinstance(act, Advanced) and act.to is State.SENT
    return is_sending or isinstance(act, ReceiptFiled)


def _followed(key: str, done: Act, joined: Joined) -> Iterator[tuple[str, Act]]:
    for other, (dossier, case) in joined.items():
        if case.state not in LINE or case.state is State.CLOSED:
            continue
        if isinstance(done, Advanced) and (sent := _sent(done, dossier, case)):
            yield other, _numbered(sent, case, key)
        if isinstance(done, ReceiptFiled) and (filed := _filed(done, case)):
            yield other, _numbered(filed, case, key)


def _sent(done: Advanced, dossier: Dossier, case: Case) -> Advanced | None:
    """Return the sending to those of its deadlines that are answered by the same words."""
    left = [one.kind for one in case.deadlines_left(dossier.history.latest)]
    same = [kind for kind in left if kind in done.deadlines]
    kinds = same or [kind for kind in left if kind is not DeadlineKind.REQUEST_TO_APPEAR]
    if is_sent(case) and not kinds:
        return None
    skipped = () if is_sent(case) else passed_over(case, State.SENT)
    return done.model_copy(update={"deadlines": tuple(kinds), "skipped": skipped})


def _filed(done: ReceiptFiled, case: Case) -> ReceiptFiled | None:
    if not is_sent(case):
        return None
    without = tuple(kind for kind in case.sent if kind not in case.receipts)
    return done.model_copy(update={"deadlines": without or tuple(case.sent)})


def _taken_back(key: str, undone: Act, done: Undone, joined: Joined) -> Iterator[tuple[str, Act]]:
    for other, (_, case) in joined.items():
        stood = standing(case.acts)
        shadows = [one for one in stood if one.kind == undone.kind and one.note == _note(key)]
        if not shadows:
            continue
        if shadows[-1] != stood[-1]:
            raise Refused(
                f"Svaret er felles med {other}, der det er gjort noe siden.",
                "Angre det i den saken først.",
            )
        back = done.model_copy(update={"undoes": shadows[-1].number})
        yield other, _numbered(back, case, key)


def _numbered(act: Act, case: Case, key: str) -> Act:
    moment = max(act.at, case.last_act_at or act.at)
    return act.model_copy(update={"number": case.version + 1, "at": moment, "note": _note(key)})


def _note(key: str) -> str:
    return f"Felles svar i {key}."
