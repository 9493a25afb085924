"""When a person was here before this visit; what is new since then is found by its date."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_57_visits"
down_revision = "20261126_56_training"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sign_in") as sign_in:
        sign_in.add_column(sa.Column("came_before_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_webinar_announced_at", "webinar", ["announced_at"])
    op.create_index("ix_recording_created_at", "recording", ["created_at"])


def downgrade() -> None:
    """Go back; what is new since a person's last visit is not told any more."""
    op.drop_index("ix_recording_created_at", "recording")
    op.drop_index("ix_webinar_announced_at", "webinar")
    with op.batch_alter_table("sign_in") as sign_in:
        sign_in.drop_column("came_before_at")
