"""The slides of recordings."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_34_slides"
down_revision = "20261126_33_captions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slide",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("starts_s", sa.Double(), nullable=False),
        sa.Column("picture_s", sa.Double(), nullable=False),
        sa.Column("is_chapter", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "fate",
            sa.Enum(
                "shown",
                "joined",
                "removed",
                name="slidefate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("starts_s >= 0", name=op.f("ck_slide_starts_not_negative")),
        sa.CheckConstraint("picture_s >= starts_s", name=op.f("ck_slide_pictured_while_seen")),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_slide_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slide")),
        sa.UniqueConstraint("public_id", name=op.f("uq_slide_public_id")),
        sa.UniqueConstraint(
            "recording_id", "starts_s", name=op.f("uq_slide_recording_id_starts_s")
        ),
    )
    op.add_column(
        "recording", sa.Column("slides_edited_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Go back; what staff made of slides is lost, encoding again finds the slides anew."""
    op.drop_column("recording", "slides_edited_at")
    op.drop_table("slide")
