"""Room for several processes: leases in the outbox, times on the bus, letters on a topic."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("claimed_until", sa.DateTime(timezone=True)))
    op.create_index(
        "outbox_claimed",
        "outbox",
        ["claimed_until"],
        sqlite_where=sa.text("published_at IS NULL"),
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.add_column("bus", sa.Column("appended_at", sa.DateTime(timezone=True)))
    with op.batch_alter_table("dead_letters") as batch_op:
        batch_op.add_column(
            sa.Column("published_times", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("dead_letters") as batch_op:
        batch_op.alter_column("published_times", server_default=None)
    op.create_index(
        "dead_letters_untold",
        "dead_letters",
        ["id"],
        sqlite_where=sa.text("times > published_times"),
        postgresql_where=sa.text("times > published_times"),
    )
