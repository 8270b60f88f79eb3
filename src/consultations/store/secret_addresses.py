"""Addresses that let in whoever knows them: made, found, listed and withdrawn."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.errors import NotFound
from consultations.store.tables import SecretAddressRow, UnsubscribedRow
from consultations.store.upsert import insert_new

TOKEN_BYTES = 24
"""192 random bits, 32 characters: nobody finds one by trying."""
FEWEST_LETTERS = 6
OURSELVES = "sporeren"
"""Who made an address that nobody asked for: the way out of a mail."""


class Purpose(StrEnum):
    CALENDAR_SECTION = "calendar-section"
    CALENDAR_BRUSSELS = "calendar-brussels"
    CALENDAR_OWNER = "calendar-owner"
    FEED_SECTION = "feed-section"
    UNSUBSCRIBE = "unsubscribe"


CALENDARS = (Purpose.CALENDAR_SECTION, Purpose.CALENDAR_BRUSSELS, Purpose.CALENDAR_OWNER)

_PATHS = {
    **dict.fromkeys(CALENDARS, "/kalender/{}.ics"),
    Purpose.FEED_SECTION: "/strom/{}.atom",
    Purpose.UNSUBSCRIBE: "/avmeld/{}",
}


@dataclass(frozen=True)
class SecretAddress:
    """``target`` is a section, person or reader id; empty for Brussels. Instants are UTC."""

    token: str
    purpose: Purpose
    target: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None = None

    @property
    def path(self) -> str:
        return _PATHS[self.purpose].format(self.token)

    def full(self, page_url: str | None) -> str:
        """Return the whole address; only its path where ``page_url`` is not set."""
        return f"{(page_url or '').rstrip('/')}{self.path}"


def make(
    session: Session, purpose: Purpose, target: str, made_by: str, now: datetime
) -> SecretAddress:
    """Make a new address. Others to the same target go on being valid."""
    made = SecretAddress(secrets.token_urlsafe(TOKEN_BYTES), purpose, target, now, made_by)
    session.add(
        SecretAddressRow(
            token=made.token, purpose=purpose, target=target, made_at=now, made_by=made_by
        )
    )
    session.flush()
    return made


def find(session: Session, token: str, purposes: Iterable[Purpose]) -> SecretAddress | None:
    """Return a standing address for one of these purposes; None for unknown and withdrawn."""
    query = sa.select(SecretAddressRow).where(
        SecretAddressRow.token == token,
        SecretAddressRow.purpose.in_(tuple(purposes)),
        SecretAddressRow.revoked_at.is_(None),
    )
    row = session.scalars(query).one_or_none()
    return _as_address(row) if row else None


def listed(session: Session) -> list[SecretAddress]:
    """Return every address, withdrawn ones too, the newest first."""
    order = (SecretAddressRow.made_at.desc(), SecretAddressRow.token)
    return [
        _as_address(row) for row in session.scalars(sa.select(SecretAddressRow).order_by(*order))
    ]


def revoke(session: Session, beginning: str, now: datetime) -> SecretAddress:
    """Withdraw the standing address whose token is, or begins with, ``beginning``.

    Raises ``NotFound`` where there is not exactly one.
    """
    if len(beginning) < FEWEST_LETTERS:
        raise NotFound(f"Skriv minst {FEWEST_LETTERS} tegn av adressen.")
    query = sa.select(SecretAddressRow).where(
        SecretAddressRow.token.startswith(beginning, autoescape=True),
        SecretAddressRow.revoked_at.is_(None),
    )
    found = [row for row in session.scalars(query) if row.token.startswith(beginning)]
    if len(found) != 1:
        how = "Flere adresser" if found else "Ingen adresse i bruk"
        raise NotFound(f"{how} begynner slik. Kjør «consultations feeds list» for å se dem.")
    found[0].revoked_at = now
    return _as_address(found[0])


def for_readers(
    session: Session, readers: Iterable[str], now: datetime
) -> dict[str, SecretAddress]:
    """Return for each reader the standing address where they say no to the weekly mail."""
    query = sa.select(SecretAddressRow).where(
        SecretAddressRow.purpose == Purpose.UNSUBSCRIBE, SecretAddressRow.revoked_at.is_(None)
    )
    oldest_last = query.order_by(SecretAddressRow.made_at.desc(), SecretAddressRow.token.desc())
    standing = {row.target: _as_address(row) for row in session.scalars(oldest_last)}
    return {
        reader: standing.get(reader) or make(session, Purpose.UNSUBSCRIBE, reader, OURSELVES, now)
        for reader in readers
    }


def unsubscribe(session: Session, reader: str, now: datetime) -> None:
    """Note that a reader wants no weekly mail. Saying it twice changes nothing."""
    insert_new(session, UnsubscribedRow, [{"reader": reader, "at": now}], unique=["reader"])


def subscribe_again(session: Session, reader: str) -> None:
    session.execute(sa.delete(UnsubscribedRow).where(UnsubscribedRow.reader == reader))


def is_unsubscribed(session: Session, reader: str) -> bool:
    return session.get(UnsubscribedRow, reader) is not None


def _as_address(row: SecretAddressRow) -> SecretAddress:
    return SecretAddress(
        row.token, Purpose(row.purpose), row.target, row.made_at, row.made_by, row.revoked_at
    )
