"""Pages of handouts, each with its picture and its words."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_42_handout_pages"
down_revision = "20261126_41_removed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("handout", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "handout_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handout_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_handout_page_counted_from_one")),
        sa.CheckConstraint(
            "width >= 0 AND (width > 0) = (height > 0)", name=op.f("ck_handout_page_has_both_sides")
        ),
        sa.ForeignKeyConstraint(
            ["handout_id"],
            ["handout.id"],
            name=op.f("fk_handout_page_handout_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handout_page")),
        sa.UniqueConstraint("handout_id", "number", name=op.f("uq_handout_page_handout_id_number")),
    )


def downgrade() -> None:
    """Go back; the pages' pictures stay in the storage until their handout goes."""
    op.drop_table("handout_page")
    op.drop_column("handout", "read_at")
