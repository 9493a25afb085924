"""Registrations that were moved to another webinar, and the grants that went along."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_53_moved_registrations"
down_revision = "20261126_52_webinar_posters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("went_to", sa.String(length=26), nullable=True))
    op.add_column("registration", sa.Column("went_with", sa.String(length=26), nullable=True))


def downgrade() -> None:
    """Go back; what was moved stays moved, and can't be undone any more."""
    op.drop_column("registration", "went_with")
    op.drop_column("registration", "went_to")
