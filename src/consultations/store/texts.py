"""Goes through every consultation a few at a time, so that memory stays the same for any number."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from consultations.store.consultations import Dossier, find
from consultations.store.database import Database
from consultations.store.tables import ConsultationRow

AT_A_TIME = 100


def count(database: Database) -> int:
    """Count the consultations that there are."""
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(ConsultationRow)) or 0


def all_dossiers(database: Database) -> Iterator[Sequence[Dossier]]:
    """Give every dossier in batches, the newest first. Each batch is read in a session of its own.

    One that comes while this goes on is not among them.
    """
    row, below = ConsultationRow, None
    while True:
        query = sa.select(row.id, row.key).order_by(row.id.desc()).limit(AT_A_TIME)
        with database.reading() as session:
            page = session.execute(query if below is None else query.where(row.id < below)).all()
            found = find(session, [key for _, key in page])
        if not page:
            return
        yield [found[key] for _, key in page if key in found]
        below = page[-1][0]
