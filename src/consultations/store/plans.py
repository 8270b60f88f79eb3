"""Which consultations must have their plans kept up, and how their responses are shown now."""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.store.responses import Standing
from consultations.store.tables import ConsultationRow, ResponseRow


def shown(session: Session, ids: Collection[int]) -> dict[int, Standing]:
    """Return how the responses to these consultations are shown in lists, where there is one."""
    columns = [getattr(ResponseRow, each.name) for each in fields(Standing)]
    query = sa.select(*columns).where(ResponseRow.consultation_id.in_(ids))
    return {row.consultation_id: Standing(*row) for row in session.execute(query)}


def open_after(session: Session, after: int, now: datetime, at_most: int) -> dict[int, str]:
    """Return the next consultations with a deadline ahead, by number and key, the lowest first.

    Also those that no response is shown for: they may have come before responses were kept.
    """
    ahead = sa.or_(ResponseRow.deadline_at >= now, ConsultationRow.last_deadline_at >= now)
    query = (
        sa.select(ConsultationRow.id, ConsultationRow.key)
        .outerjoin(ResponseRow, ResponseRow.consultation_id == ConsultationRow.id)
        .where(ConsultationRow.id > after, ahead)
        .order_by(ConsultationRow.id)
        .limit(at_most)
    )
    return dict(session.execute(query).all())
