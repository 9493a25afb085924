"""Versions of a recording whose files staff deleted."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_37_versions"
down_revision = "20261126_36_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recording", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back; a version whose files were deleted stands among those whose work was cancelled."""
    op.drop_column("recording", "removed_at")
