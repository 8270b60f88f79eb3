"""KS' own response, its plans, the weekly mail, and addresses that let in who knows them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _responses()
    _mail()
    op.create_index("ix_sightings_observed_at", "sightings", ["observed_at"])
    op.create_index("ix_consultations_last_deadline_at", "consultations", ["last_deadline_at"])
    op.add_column("deliveries", _instant("entered_at", nullable=True))
    op.add_column("deliveries", _instant("not_before", nullable=True))
    for name in ("urgent", "bundle", "perhaps_twice"):
        op.add_column(
            "deliveries",
            sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()),
        )
    op.create_index(
        "deliveries_uncertain",
        "deliveries",
        ["id"],
        sqlite_where=sa.text("uncertain_since IS NOT NULL"),
        postgresql_where=sa.text("uncertain_since IS NOT NULL"),
    )


def _responses() -> None:
    op.create_table(
        "response_acts",
        sa.Column("id", _SERIAL, primary_key=True),
        _consultation(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False, unique=True),
        _instant("made_at", index=True),
        sa.Column("linked_to", sa.String(), index=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.UniqueConstraint("consultation_id", "number"),
    )
    op.create_table(
        "responses",
        _consultation(primary_key=True),
        sa.Column("state", sa.String(), nullable=False, index=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lead", sa.String(), index=True),
        sa.Column("owner", sa.String(), index=True),
        sa.Column("deputy", sa.String(), index=True),
        sa.Column("contributing", sa.JSON(), nullable=False),
        sa.Column("brussels", sa.Boolean(), nullable=False),
        _instant("deadline_at", nullable=True, index=True),
        sa.Column("next_step", sa.String()),
        sa.Column("next_due", sa.Date()),
        sa.Column("meeting", sa.String()),
        sa.Column("meeting_on", sa.Date(), index=True),
        _instant("arrived_at"),
        _instant("last_act_at", nullable=True),
        _instant("sent_at", nullable=True, index=True),
        _instant("look_at", nullable=True, index=True),
        _instant("looked_at", nullable=True, index=True),
    )
    op.create_table(
        "response_plans",
        _consultation(primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        _instant("laid_at", index=True),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
    )


def _mail() -> None:
    op.create_table(
        "digests",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False, unique=True),
        _instant("covers_from"),
        _instant("covers_until"),
        sa.Column("mail", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, index=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _instant("next_attempt_at"),
        _instant("claimed_until", nullable=True),
        _instant("uncertain_since", nullable=True),
        sa.Column("reason", sa.String()),
        _instant("made_at"),
        _instant("sent_at", nullable=True),
        sa.UniqueConstraint("week", "reader"),
    )
    op.create_table(
        "secret_addresses",
        sa.Column("token", sa.String(), primary_key=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        _instant("made_at"),
        sa.Column("made_by", sa.String(), nullable=False),
        _instant("revoked_at", nullable=True),
    )
    op.create_table(
        "unsubscribed", sa.Column("reader", sa.String(), primary_key=True), _instant("at")
    )


def _consultation(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "consultation_id",
        _SERIAL,
        sa.ForeignKey("consultations.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


def _instant(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, index=index)
