"""The picture that staff choose stands for a webinar, whichever version of its recording plays."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_52_webinar_posters"
down_revision = "20261126_51_notes"
branch_labels = None
depends_on = None

UP = (
    "UPDATE webinar SET poster_key = (SELECT recording.poster_key FROM recording"
    " WHERE recording.webinar_id = webinar.id AND recording.is_current)"
)
DOWN = (
    "UPDATE recording SET poster_key = (SELECT webinar.poster_key FROM webinar"
    " WHERE webinar.id = recording.webinar_id) WHERE is_current"
)


def upgrade() -> None:
    """Keep what stands for the version that plays; what was chosen for others is seen no more."""
    op.add_column("webinar", sa.Column("poster_key", sa.String(length=200), nullable=True))
    op.execute(UP)
    op.drop_column("recording", "poster_key")


def downgrade() -> None:
    """Go back; the picture stays with the version that plays."""
    op.add_column("recording", sa.Column("poster_key", sa.String(length=200), nullable=True))
    op.execute(DOWN)
    op.drop_column("webinar", "poster_key")
