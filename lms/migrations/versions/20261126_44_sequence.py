"""Webinars count the changes that move an entry in somebody's calendar."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_44_sequence"
down_revision = "20261126_43_stamps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "webinar", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("webinar", "sequence")
