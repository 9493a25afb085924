"""Reports look at what was played in a span of time: it is found by when it began."""

from alembic import op

revision = "20261126_61_reports"
down_revision = "20261126_60_minutes_by_hand"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_playback_session_opened_at", "playback_session", ["opened_at"])


def downgrade() -> None:
    """Go back; reports read every session again."""
    op.drop_index("ix_playback_session_opened_at", "playback_session")
