"""One stream a login, and more reasons for which playing ends."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_13_streams"
down_revision = "20261124_12_append_only"
branch_labels = None
depends_on = None

BEFORE = ("closed", "signed_out", "revoked", "blocked", "pulled", "expired", "idle")
ENDS = (*BEFORE, "released", "refunded", "suspended", "lapsed", "taken_over")
WORDS = "ck_playback_session_playbackend"


def upgrade() -> None:
    op.create_table(
        "stream",
        sa.Column("login_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("session_id", sa.String(length=26), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("held_until > since", name=op.f("ck_stream_held_after_it_began")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_stream_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_stream")),
    )
    with op.batch_alter_table("playback_session") as session:
        session.add_column(sa.Column("grant_id", sa.Integer(), nullable=True))
        session.add_column(
            sa.Column("is_preview", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        session.create_foreign_key(
            op.f("fk_playback_session_grant_id"),
            "grant_line",
            ["grant_id"],
            ["id"],
            ondelete="SET NULL",
        )
        session.drop_constraint(op.f(WORDS), type_="check")
        session.create_check_constraint(op.f(WORDS), sa.column("ended_as").in_(ENDS))
    with op.batch_alter_table("playback_session") as session:
        session.alter_column("is_preview", existing_type=sa.Boolean(), server_default=None)
    op.create_index(
        op.f("ix_playback_session_grant_id"), "playback_session", ["grant_id"], unique=False
    )


def downgrade() -> None:
    """Go back; what ended for a reason that is no longer known ended because access did."""
    lost = ", ".join(f"'{word}'" for word in ENDS[len(BEFORE) :])
    op.execute(f"UPDATE playback_session SET ended_as = 'revoked' WHERE ended_as IN ({lost})")  # noqa: S608
    op.drop_index(op.f("ix_playback_session_grant_id"), table_name="playback_session")
    with op.batch_alter_table("playback_session") as session:
        session.drop_constraint(op.f(WORDS), type_="check")
        session.create_check_constraint(op.f(WORDS), sa.column("ended_as").in_(BEFORE))
        session.drop_constraint(op.f("fk_playback_session_grant_id"), type_="foreignkey")
        session.drop_column("is_preview")
        session.drop_column("grant_id")
    op.drop_table("stream")
