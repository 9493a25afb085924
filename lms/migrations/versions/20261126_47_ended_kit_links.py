"""Links of delivery kits that work no more, so that who follows one is told so."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_47_ended_kit_links"
down_revision = "20261126_46_badge_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_kit_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kit_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_ended_kit_link_token_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["kit_id"],
            ["delivery_kit.id"],
            name=op.f("fk_ended_kit_link_kit_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_kit_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_ended_kit_link_token_hash")),
    )
    op.create_index(op.f("ix_ended_kit_link_kit_id"), "ended_kit_link", ["kit_id"])


def downgrade() -> None:
    """Go back; who follows an ended link is told that there never was one."""
    op.drop_table("ended_kit_link")
