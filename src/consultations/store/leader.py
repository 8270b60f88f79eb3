"""One leader among several processes, by a lock that PostgreSQL drops when its holder is gone."""

import logging
import threading
from contextlib import suppress

import sqlalchemy as sa

from consultations.store.database import Database, DatabaseUnavailable, reason_of
from consultations.store.locks import SPACE, Lock

log = logging.getLogger(__name__)

_TRY = sa.select(sa.func.pg_try_advisory_lock(SPACE, Lock.LEADER.value))

_IS_OURS = sa.text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND pid = pg_backend_pid() AND classid = :space AND objid = :lock AND objsubid = 2"
).bindparams(space=SPACE, lock=Lock.LEADER.value)


class Leadership:
    """The wish to be the one who does what only one may do. Any thread may ask.

    On SQLite there is one process, which leads. The lock lives on a connection of its own: on one
    from a pool it would go to whoever takes that connection next.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None
        self._one_at_a_time = threading.Lock()

    def held(self) -> bool:
        """Tell whether we lead at this moment, taking the lead if nobody has it.

        Asks the database every time, for at most some 20 seconds. False when it is away.
        """
        if not self._database.is_server:
            return True
        with self._one_at_a_time:
            try:
                return self._ask()
            except DatabaseUnavailable as problem:
                log.info("Vet ikke hvem som leder: %s", reason_of(problem))
                self._drop()
                return False

    def release(self) -> None:
        """Let another take the lead."""
        with self._one_at_a_time:
            if self._connection:
                with suppress(*DatabaseUnavailable):
                    self._connection.scalar(sa.select(sa.func.pg_advisory_unlock_all()))
            self._drop()

    def _ask(self) -> bool:
        if self._connection is None:
            self._connection = self._database.open_alone()
        ours = self._connection.scalar(_IS_OURS)
        return bool(ours or self._connection.scalar(_TRY))

    def _drop(self) -> None:
        """Close the connection, and the lock with it, also when it is broken."""
        connection, self._connection = self._connection, None
        if connection:
            connection.invalidate()
            connection.close()
