"""What people say of where a matter belongs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column(
            "consultation_id",
            _SERIAL,
            sa.ForeignKey("consultations.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("event_id", sa.String(), nullable=False, unique=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("lead", sa.String()),
        sa.Column("brussels", sa.Boolean()),
        sa.Column("reason", sa.Text(), nullable=False),
    )
