"""Showings to a group, and who was in the room."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_16_showings"
down_revision = "20261124_15_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "showing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes_shown", sa.Integer(), nullable=True),
        sa.CheckConstraint("closes_at > opened_at", name=op.f("ck_showing_closes_after_opening")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (minutes_shown IS NULL)",
            name=op.f("ck_showing_closed_with_minutes"),
        ),
        sa.CheckConstraint(
            "minutes_shown IS NULL OR minutes_shown >= 0",
            name=op.f("ck_showing_minutes_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_showing_webinar_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_showing_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grant_line.id"], name=op.f("fk_showing_grant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_showing")),
        sa.UniqueConstraint("public_id", name=op.f("uq_showing_public_id")),
        sa.UniqueConstraint("code", name=op.f("uq_showing_code")),
    )
    op.create_index(
        "uq_showing_open_login_id_webinar_id",
        "showing",
        ["login_id", "webinar_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_showing_webinar_id"), "showing", ["webinar_id"], unique=False)
    op.create_index(op.f("ix_showing_grant_id"), "showing", ["grant_id"], unique=False)
    op.create_table(
        "attendee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("showing_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column(
            "entered_by",
            sa.Enum(
                "self",
                "host",
                name="enteredby",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_attendee_token_is_a_sha256")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_attendee_name_length")),
        sa.ForeignKeyConstraint(
            ["showing_id"], ["showing.id"], name=op.f("fk_attendee_showing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendee")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attendee_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_attendee_token_hash")),
        sa.UniqueConstraint(
            "showing_id", "email_key", name=op.f("uq_attendee_showing_id_email_key")
        ),
    )


def downgrade() -> None:
    op.drop_table("attendee")
    op.drop_table("showing")
