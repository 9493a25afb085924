"""Pictures that staff choose for recordings."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_35_posters"
down_revision = "20261126_34_slides"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recording", sa.Column("poster_key", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Go back; the pictures that were chosen stay in the storage, where nothing leads to them."""
    op.drop_column("recording", "poster_key")
