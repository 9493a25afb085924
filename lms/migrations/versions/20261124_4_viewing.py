"""Playback sessions and what was watched."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_4_viewing"
down_revision = "20261124_3_holdings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "playback_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("sign_in_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_as",
            sa.Enum(
                "closed",
                "signed_out",
                "revoked",
                "blocked",
                "pulled",
                "expired",
                "idle",
                name="playbackend",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)",
            name=op.f("ck_playback_session_ended_with_a_reason"),
        ),
        sa.CheckConstraint(
            "expires_at > opened_at", name=op.f("ck_playback_session_expires_after_opening")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_playback_session_login_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_playback_session_recording_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"],
            ["sign_in.id"],
            name=op.f("fk_playback_session_sign_in_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playback_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_playback_session_public_id")),
    )
    op.create_index("ix_playback_session_ended_at", "playback_session", ["ended_at"], unique=False)
    op.create_index(
        "ix_playback_session_open_login_id",
        "playback_session",
        ["login_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        op.f("ix_playback_session_recording_id"), "playback_session", ["recording_id"], unique=False
    )
    op.create_index(
        op.f("ix_playback_session_sign_in_id"), "playback_session", ["sign_in_id"], unique=False
    )
    op.create_table(
        "watch_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("buckets", sa.LargeBinary(), nullable=False),
        sa.Column("watched_s", sa.Integer(), nullable=False),
        sa.Column("position_s", sa.Double(), nullable=False),
        sa.Column("earned_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position_s >= 0", name=op.f("ck_watch_record_position_not_negative")),
        sa.CheckConstraint("watched_s >= 0", name=op.f("ck_watch_record_watched_not_negative")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_watch_record_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_watch_record_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_record")),
        sa.UniqueConstraint(
            "login_id", "recording_id", name=op.f("uq_watch_record_login_id_recording_id")
        ),
    )
    op.create_index(
        op.f("ix_watch_record_recording_id"), "watch_record", ["recording_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_watch_record_recording_id"), table_name="watch_record")
    op.drop_table("watch_record")
    op.drop_index(op.f("ix_playback_session_sign_in_id"), table_name="playback_session")
    op.drop_index(op.f("ix_playback_session_recording_id"), table_name="playback_session")
    op.drop_index(
        "ix_playback_session_open_login_id",
        table_name="playback_session",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_playback_session_ended_at", table_name="playback_session")
    op.drop_table("playback_session")
