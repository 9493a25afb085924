"""In which organisation's frame a playback session was opened."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_25_frame_playback"
down_revision = "20261125_24_seen"
branch_labels = None
depends_on = None

KEY = "fk_playback_session_organisation_id"
INDEX = "ix_playback_session_organisation_id"


def upgrade() -> None:
    """Go on; what plays in frames at this moment is not known as such, and is over within a day."""
    with op.batch_alter_table("playback_session") as playback:
        playback.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        playback.create_foreign_key(
            op.f(KEY), "organisation", ["organisation_id"], ["id"], ondelete="CASCADE"
        )
        playback.create_index(INDEX, ["organisation_id"])


def downgrade() -> None:
    """Go back; what plays in a frame may then go on by what its person holds themselves."""
    with op.batch_alter_table("playback_session") as playback:
        playback.drop_index(INDEX)
        playback.drop_constraint(op.f(KEY), type_="foreignkey")
        playback.drop_column("organisation_id")
