"""Captions that were removed or replaced can be put back."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_41_removed"
down_revision = "20261126_40_certificates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_caption",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=True),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_former_caption_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_caption")),
        sa.UniqueConstraint("public_id", name=op.f("uq_former_caption_public_id")),
    )
    op.create_index(op.f("ix_former_caption_recording_id"), "former_caption", ["recording_id"])
    op.create_index(op.f("ix_former_caption_removed_at"), "former_caption", ["removed_at"])


def downgrade() -> None:
    """Go back; what waits to be deleted stays in the storage, where a check of it finds it."""
    op.drop_table("former_caption")
