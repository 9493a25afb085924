"""Reports of rooms: who was there live, from when until when."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_54_room_reports"
down_revision = "20261126_53_moved_registrations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_room_report_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_room_report_public_id")),
    )
    op.create_index(op.f("ix_room_report_webinar_id"), "room_report", ["webinar_id"])
    op.create_table(
        "room_stay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=330), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("ignored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_room_stay_ends_after_it_began")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_room_stay_login_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_room_stay_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_stay")),
        sa.UniqueConstraint("public_id", name=op.f("uq_room_stay_public_id")),
        sa.UniqueConstraint(
            "webinar_id",
            "key",
            "began_at",
            "ended_at",
            name=op.f("uq_room_stay_webinar_id_key_began_at_ended_at"),
        ),
    )
    op.create_index(op.f("ix_room_stay_login_id"), "room_stay", ["login_id"])


def downgrade() -> None:
    """Go back; the minutes that were counted stay, the stays they were counted from don't."""
    op.drop_table("room_stay")
    op.drop_table("room_report")
