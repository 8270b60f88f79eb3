"""What people have corrected, for those who want to see it and for those who learn from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.correction import Correction
from consultations.domain.decision import Decision, RoutingText
from consultations.store import consultations
from consultations.store.tables import ConsultationRow, CorrectionRow

AT_A_TIME = 100


@dataclass(frozen=True)
class Made:
    """One correction, of the consultation with this key and title."""

    consultation: str
    title: str
    correction: Correction


class Example(NamedTuple):
    """A matter that people have placed: the text it has now, and the decision that stands.

    ``decision.corrections`` says which sides of it a person has vouched for.
    """

    consultation: str
    text: RoutingText
    decision: Decision


def made(session: Session) -> Iterator[Made]:
    """Yield every correction, the newest first."""
    query = (
        sa.select(CorrectionRow, ConsultationRow.key, ConsultationRow.title)
        .join(ConsultationRow, ConsultationRow.id == CorrectionRow.consultation_id)
        .order_by(CorrectionRow.made_at.desc(), CorrectionRow.event_id.desc())
    )
    for row, key, title in session.execute(query):
        yield Made(key, title, consultations.as_correction(row))


def examples(session: Session) -> Iterator[Example]:
    """Yield every corrected matter that has a decision, by key."""
    keys = _corrected(session)
    for start in range(0, len(keys), AT_A_TIME):
        found = consultations.find(session, keys[start : start + AT_A_TIME])
        for key, dossier in sorted(found.items()):
            if dossier.decision:
                yield Example(key, dossier.text, dossier.decision)


def _corrected(session: Session) -> Sequence[str]:
    is_corrected = sa.exists().where(CorrectionRow.consultation_id == ConsultationRow.id)
    return sorted(session.scalars(sa.select(ConsultationRow.key).where(is_corrected)))
