"""How much of a recording was seen when a session began, and when it was last noted."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_24_seen"
down_revision = "20261125_23_turns"
branch_labels = None
depends_on = None

PAIR = "ck_playback_session_reached_from_a_beginning"
SIGN = "ck_playback_session_seen_not_negative"


def upgrade() -> None:
    with op.batch_alter_table("playback_session") as playback:
        playback.add_column(sa.Column("began_s", sa.Integer(), nullable=True))
        playback.add_column(sa.Column("reached_s", sa.Integer(), nullable=True))
        playback.create_check_constraint(op.f(PAIR), "(began_s IS NULL) = (reached_s IS NULL)")
        playback.create_check_constraint(op.f(SIGN), "began_s >= 0 AND reached_s >= 0")
        playback.create_index(
            "ix_playback_session_login_id_recording_id", ["login_id", "recording_id"]
        )


def downgrade() -> None:
    """Go back; what was seen in which month is forgotten, what was seen in all is not."""
    with op.batch_alter_table("playback_session") as playback:
        playback.drop_index("ix_playback_session_login_id_recording_id")
        playback.drop_constraint(op.f(SIGN), type_="check")
        playback.drop_constraint(op.f(PAIR), type_="check")
        playback.drop_column("reached_s")
        playback.drop_column("began_s")
