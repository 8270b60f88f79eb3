"""What a column holds, alike in both databases: instants with their zone, words without NUL."""

import re
from datetime import UTC, datetime

import sqlalchemy as sa


class Instant(sa.TypeDecorator[datetime]):
    """An aware UTC instant. SQLite forgets the zone, so it is put back when read."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


def as_text(words: str) -> str:
    """Return words with NUL and halves of characters replaced by U+FFFD.

    PostgreSQL takes neither, and SQLite no halves; what a source sends must not stop us.
    """
    return _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", words)


class Text(sa.TypeDecorator[str]):
    """Words, as any database can keep and compare them."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        return value if value is None else as_text(value)


class LongText(Text):
    impl = sa.Text
    cache_ok = True
