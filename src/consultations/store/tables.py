"""Mapped classes and constraints, nothing else. Instants are UTC."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from consultations.store.columns import Instant, LongText, Text

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as it is
        str: Text,
        datetime: Instant,
        dict[str, Any]: sa.JSON,
        list[str]: sa.JSON,
        bytes: sa.LargeBinary,
    }


class SourceRow(Base):
    """Where a source left off and how it is doing."""

    __tablename__ = "sources"

    source: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first_run_completed_at: Mapped[datetime | None]
    last_started_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_error_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    stopped: Mapped[bool] = mapped_column(default=False)
    rest_until: Mapped[datetime | None]
    fetched: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    unreadable: Mapped[int] = mapped_column(default=0)


class PublishedRow(Base):
    """What each record meant when it was last put on the topic; unchanged ones are dropped."""

    __tablename__ = "published_records"

    source: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    meaning_hash: Mapped[str]
    backfill: Mapped[bool]


class ConsultationRow(Base):
    """The current state of a consultation, in the columns that lists sort and filter by."""

    __tablename__ = "consultations"

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    senders: Mapped[list[str]]
    status: Mapped[str]
    language: Mapped[str | None]
    published_on: Mapped[date | None]
    first_deadline_at: Mapped[datetime | None]
    first_deadline_kind: Mapped[str | None]
    last_deadline_at: Mapped[datetime | None] = mapped_column(index=True)
    last_deadline_kind: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    news_on: Mapped[date | None] = mapped_column(index=True)
    eu_eea: Mapped[bool] = mapped_column(default=False)
    abstained: Mapped[bool] = mapped_column(default=False)


class SectionLinkRow(Base):
    """A section that a consultation was routed to by its current decision."""

    __tablename__ = "consultation_sections"

    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True
    )
    section: Mapped[str] = mapped_column(primary_key=True, index=True)
    is_lead: Mapped[bool]


class SightingRow(Base):
    """One record as it was read, with its raw bytes (zlib) for a better parser later."""

    __tablename__ = "sightings"
    __table_args__ = (sa.UniqueConstraint("consultation_id", "observed_at", "meaning_hash"),)

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE")
    )
    observed_at: Mapped[datetime] = mapped_column(index=True)
    meaning_hash: Mapped[str]
    backfill: Mapped[bool]
    reading: Mapped[int]
    observation: Mapped[str] = mapped_column(LongText)
    url: Mapped[str]
    media_type: Mapped[str]
    raw: Mapped[bytes]


class HushedFactRow(Base):
    """A fact that only a better parser found in the past: true, but not news to anyone."""

    __tablename__ = "hushed_facts"

    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True
    )
    fact: Mapped[str] = mapped_column(primary_key=True)


class DecisionRow(Base):
    """The routing decision on one text of a consultation."""

    __tablename__ = "decisions"
    __table_args__ = (sa.UniqueConstraint("consultation_id", "text_hash"),)

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE")
    )
    text_hash: Mapped[str]
    decided_at: Mapped[datetime]
    decision: Mapped[str] = mapped_column(LongText)


class CorrectionRow(Base):
    """What a person said of where a consultation belongs; the last word on each side counts."""

    __tablename__ = "corrections"

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE"), index=True
    )
    event_id: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    made_by: Mapped[str]
    lead: Mapped[str | None]
    brussels: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(LongText)


class ActRow(Base):
    """One thing a person did with KS' response. Two people cannot both do the same number."""

    __tablename__ = "response_acts"
    __table_args__ = (sa.UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    event_id: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
    linked_to: Mapped[str | None] = mapped_column(index=True)
    """The key of the consultation that the act ties this one to, if it does."""
    act: Mapped[str] = mapped_column(LongText)


class ResponseRow(Base):
    """How KS' response stands, in the columns that lists sort and filter by.

    There is one for every consultation that needs a decision. ``lead`` is the section that holds
    the pen, ``deadline_at`` the first deadline ahead that nothing has been sent to, or else the
    first that has passed so, ``next_step`` and ``next_due`` the first step of the plan that is not
    done, ``meeting`` and ``meeting_on`` what it goes to. ``look_at`` is when the reminders must
    look at it again, None when never, and ``looked_at`` when they last did: in the future only if
    the clock has been set back since.
    """

    __tablename__ = "responses"

    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    lead: Mapped[str | None] = mapped_column(index=True)
    owner: Mapped[str | None] = mapped_column(index=True)
    deputy: Mapped[str | None] = mapped_column(index=True)
    contributing: Mapped[list[str]] = mapped_column(default=list)
    brussels: Mapped[bool] = mapped_column(default=False)
    deadline_at: Mapped[datetime | None] = mapped_column(index=True)
    next_step: Mapped[str | None]
    next_due: Mapped[date | None]
    meeting: Mapped[str | None]
    meeting_on: Mapped[date | None] = mapped_column(index=True)
    arrived_at: Mapped[datetime]
    last_act_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    look_at: Mapped[datetime | None] = mapped_column(index=True)
    looked_at: Mapped[datetime | None] = mapped_column(index=True)


class PlanRow(Base):
    """A plan as it was laid, and why it was laid anew. The highest number is the one to follow."""

    __tablename__ = "response_plans"

    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    laid_at: Mapped[datetime] = mapped_column(index=True)
    because: Mapped[str]
    plan: Mapped[str] = mapped_column(LongText)


class DigestRow(Base):
    """One weekly mail to one reader: exactly what is sent (zlib), and how it went."""

    __tablename__ = "digests"
    __table_args__ = (sa.UniqueConstraint("week", "reader"),)

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    week: Mapped[str]
    reader: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    covers_from: Mapped[datetime]
    covers_until: Mapped[datetime]
    mail: Mapped[bytes]
    state: Mapped[str] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    uncertain_since: Mapped[datetime | None]
    reason: Mapped[str | None]
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class SecretAddressRow(Base):
    """An address that lets in whoever knows it: a calendar, a feed, or the way out of a mail.

    It is kept as it is: who can read this database can read what it leads to.
    """

    __tablename__ = "secret_addresses"

    token: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    target: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    revoked_at: Mapped[datetime | None]


class UnsubscribedRow(Base):
    """A reader who has said no to the weekly mail."""

    __tablename__ = "unsubscribed"

    reader: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class BusRow(Base):
    """A message of the embedded engine. Read in id order, kept as the log."""

    __tablename__ = "bus"
    __table_args__ = (sa.Index("bus_topic_id", "topic", "id"),)

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    topic: Mapped[str]
    key: Mapped[str]
    value: Mapped[bytes]
    appended_at: Mapped[datetime | None]
    """None for what was put there before the time was kept."""


class BusPositionRow(Base):
    """The last message id a consumer group has handled on a topic."""

    __tablename__ = "bus_positions"

    consumer_group: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger)


class OutboxRow(Base):
    """An event written with the state that caused it, waiting to be published."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index("outbox_waiting", "id", sqlite_where=sa.text("published_at IS NULL"),
                 postgresql_where=sa.text("published_at IS NULL")),
        sa.Index("outbox_claimed", "claimed_until", sqlite_where=sa.text("published_at IS NULL"),
                 postgresql_where=sa.text("published_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    event_id: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str]
    value: Mapped[bytes]
    claimed_until: Mapped[datetime | None]
    published_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """The delivery ledger: one fact owed to one channel, and how it went."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index("deliveries_due", "state", "next_attempt_at"),
        sa.Index("deliveries_uncertain", "id", sqlite_where=sa.text("uncertain_since IS NOT NULL"),
                 postgresql_where=sa.text("uncertain_since IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    consultation_id: Mapped[int] = mapped_column(
        sa.ForeignKey("consultations.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[str]
    fact: Mapped[str]
    words: Mapped[str]
    occurred_at: Mapped[datetime]
    entered_at: Mapped[datetime | None]
    """None for what was entered before the time was kept."""
    urgent: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Goes by mail when Slack is away for long."""
    bundle: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Told together with the rest of the day, in one message."""
    not_before: Mapped[datetime | None]
    """When the receiver wants to hear of it, at the earliest."""
    perhaps_twice: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Told by mail after an attempt that may have arrived too."""
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    uncertain_since: Mapped[datetime | None]
    reason: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    carrier: Mapped[str | None]
    address: Mapped[str | None]
    message_id: Mapped[str | None]
    thread_id: Mapped[str | None]


class DeadLetterRow(Base):
    """What could not be read or handled: its bytes, its place and the reason."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        sa.Index("dead_letters_untold", "id", sqlite_where=sa.text("times > published_times"),
                 postgresql_where=sa.text("times > published_times")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(_SERIAL, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(unique=True)
    step: Mapped[str]
    source: Mapped[str | None]
    place: Mapped[str]
    reason: Mapped[str] = mapped_column(LongText)
    media_type: Mapped[str]
    body: Mapped[bytes]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]
    published_times: Mapped[int] = mapped_column(default=0)
    """How many of ``times`` the dead-letter topic has been told of."""
    state: Mapped[str]
