"""What a state that is rebuilt from the log needs besides what the steps do."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from consultations.domain.errors import ConfigError
from consultations.store.checksums import allow_time
from consultations.store.database import Database, reason_of
from consultations.store.outbox import Waiting
from consultations.store.tables import (
    Base,
    ConsultationRow,
    DeadLetterRow,
    DecisionRow,
    OutboxRow,
    PublishedRow,
    SightingRow,
    SourceRow,
)

_ADVICE = "Oppgi en ny, tom database med --into."


def open_empty(url: str) -> Database:
    """Open a database that holds nothing yet, and bring its schema up to date.

    Raises ``ConfigError`` when it cannot be reached, or when there is anything in it.
    """
    try:
        database = Database(url)
    except ConfigError as problem:
        raise ConfigError(
            "Adressen i --into er ingen database vi kan bruke. Skriv for eksempel "
            "sqlite:///var/ny.db eller postgresql://bruker:passord@vert/base."
        ) from problem
    try:
        found = _content(database) if _exists(url) else None
    except DatabaseError as problem:
        raise ConfigError(
            f"Databasen i --into kan ikke brukes ({reason_of(problem)}). Sjekk adressen, at "
            f"tjeneren går og at brukeren har tilgang. {_ADVICE}"
        ) from problem
    if found:
        raise ConfigError(f"Databasen i --into er ikke tom: {found}. {_ADVICE}")
    database.migrate()
    return database


def is_empty(database: Database) -> bool:
    """Tell whether a database with our schema holds nothing at all."""
    return _content(database) is None


def _exists(url: str) -> bool:
    """Tell whether there is anything to open: a SQLite file is made when it is written to."""
    address = sa.make_url(url)
    if address.get_backend_name() != "sqlite" or address.database is None:
        return True
    return Path(address.database).exists()


def _content(database: Database) -> str | None:
    """Name something that is in the database."""
    with database.reading() as session:
        for name in sa.inspect(session.connection()).get_table_names():
            if name not in (*Base.metadata.tables, "alembic_version"):
                return f"tabellen {name} er ikke vår"
            first = sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)
            if name != "alembic_version" and session.scalar(first):
                return f"tabellen {name} har innhold"
    return None


def count_as_published(session: Session, now: datetime) -> None:
    """Leave no event or dead letter to publish: whoever wrote the log that was read has done so."""
    session.execute(
        sa.update(OutboxRow).where(OutboxRow.published_at.is_(None)).values(published_at=now)
    )
    session.execute(
        sa.update(DeadLetterRow)
        .where(DeadLetterRow.published_times < DeadLetterRow.times)
        .values(published_times=DeadLetterRow.times)
    )


def unrouted(session: Session, after: int, limit: int) -> Sequence[Waiting]:
    """Return events, by number, of consultations that nobody was ever heard to route."""
    allow_time(session)
    undecided = sa.select(ConsultationRow.key).where(
        ~sa.exists().where(DecisionRow.consultation_id == ConsultationRow.id)
    )
    query = (
        sa.select(OutboxRow)
        .where(OutboxRow.id > after, OutboxRow.key.in_(undecided))
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    return [Waiting(row.id, row.key, row.value) for row in session.scalars(query)]


def remember_polling(session: Session) -> None:
    """Write what polling must remember, as far as the log tells it.

    Without it the next poll would take everything for a first run's history. Where all that is
    known came from a first run, that run may not be over, and nothing says that it is.
    """
    allow_time(session)
    newest_first = sa.func.row_number().over(
        partition_by=SightingRow.consultation_id,
        order_by=(SightingRow.observed_at.desc(), SightingRow.id.desc()),
    )
    place = sa.select(SightingRow.id, newest_first.label("place")).subquery()
    number = sa.func.substr(ConsultationRow.key, sa.func.length(ConsultationRow.source) + 2)
    published = (
        sa.select(ConsultationRow.source, number, SightingRow.meaning_hash, SightingRow.backfill)
        .join(SightingRow, SightingRow.consultation_id == ConsultationRow.id)
        .join(place, sa.and_(place.c.id == SightingRow.id, place.c.place == 1))
    )
    names = ["source", "external_id", "meaning_hash", "backfill"]
    session.execute(sa.insert(PublishedRow).from_select(names, published))
    news = sa.case((~SightingRow.backfill, SightingRow.observed_at))
    runs = (
        sa.select(ConsultationRow.source, sa.func.min(news))
        .join(SightingRow, SightingRow.consultation_id == ConsultationRow.id)
        .group_by(ConsultationRow.source)
    )
    for source, over in session.execute(runs).all():
        session.add(SourceRow(source=source, first_run_completed_at=over))
