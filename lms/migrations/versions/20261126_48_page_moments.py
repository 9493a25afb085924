"""When the pages of handouts are seen in recordings."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_48_page_moments"
down_revision = "20261126_47_ended_kit_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_moment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("starts_s", sa.Double(), nullable=True),
        sa.Column("is_by_staff", sa.Boolean(), nullable=False),
        sa.CheckConstraint("starts_s >= 0", name=op.f("ck_page_moment_starts_not_negative")),
        sa.CheckConstraint(
            "starts_s IS NOT NULL OR is_by_staff", name=op.f("ck_page_moment_never_by_staff_alone")
        ),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["handout_page.id"],
            name=op.f("fk_page_moment_page_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_page_moment_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_moment")),
        sa.UniqueConstraint(
            "page_id", "recording_id", name=op.f("uq_page_moment_page_id_recording_id")
        ),
    )
    op.create_index(op.f("ix_page_moment_recording_id"), "page_moment", ["recording_id"])


def downgrade() -> None:
    op.drop_table("page_moment")
