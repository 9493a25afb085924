"""The index of places that expire holds those alone; a claim, which never expires, writes one page less."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_26_expiring"
down_revision = "20261125_25_frame_playback"
branch_labels = None
depends_on = None

INDEX = "ix_assignment_state_expires_at"
EXPIRES = sa.text("expires_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index(INDEX, "assignment")
    op.create_index(
        INDEX,
        "assignment",
        ["state", "expires_at"],
        sqlite_where=EXPIRES,
        postgresql_where=EXPIRES,
    )


def downgrade() -> None:
    op.drop_index(INDEX, "assignment")
    op.create_index(INDEX, "assignment", ["state", "expires_at"])
