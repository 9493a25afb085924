"""Notes of people's own on webinars."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_51_notes"
down_revision = "20261126_50_live"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("at_s >= 0", name=op.f("ck_note_moment_not_negative")),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 4000", name=op.f("ck_note_text_length")),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_note_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_note_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("public_id", name=op.f("uq_note_public_id")),
    )
    op.create_index(op.f("ix_note_webinar_id"), "note", ["webinar_id"])
    op.create_index("ix_note_login_id_webinar_id", "note", ["login_id", "webinar_id"])
    op.create_index(
        "ix_note_deleted_at",
        "note",
        ["deleted_at"],
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Go back; notes that were written are lost."""
    op.drop_table("note")
