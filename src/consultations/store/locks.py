"""Locks that processes on one PostgreSQL share. SQLite has one writer at a time as it is."""

from enum import IntEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

SPACE = 0x4B53
"""The first of a lock's two numbers; locks with one number are those of consultations."""


class Lock(IntEnum):
    MIGRATION = 1
    LEADER = 2
    BUS = 3
    OUTBOX = 4
    BUNDLES = 5


def hold(connection: sa.Connection | Session, lock: Lock) -> None:
    """Wait for a lock and keep it until the transaction ends."""
    on = connection.get_bind() if isinstance(connection, Session) else connection
    if on.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SPACE, lock.value)))
