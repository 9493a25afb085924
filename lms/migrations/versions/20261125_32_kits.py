"""Delivery kits, and which organisations may take them."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_32_kits"
down_revision = "20261125_31_people_maps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kit_permit",
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_kit_permit_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_kit_permit")),
    )
    op.create_table(
        "delivery_kit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "making",
                "ready",
                "failed",
                "cancelled",
                "gone",
                name="kitstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("failure_detail", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'ready') = (file_key IS NOT NULL)",
            name=op.f("ck_delivery_kit_ready_with_a_file"),
        ),
        sa.CheckConstraint(
            "state <> 'ready' OR expires_at IS NOT NULL",
            name=op.f("ck_delivery_kit_ready_for_a_time"),
        ),
        sa.CheckConstraint(
            "token_hash IS NULL OR length(token_hash) = 32",
            name=op.f("ck_delivery_kit_token_is_a_sha256"),
        ),
        sa.CheckConstraint(
            "size_bytes >= 0 AND downloads >= 0", name=op.f("ck_delivery_kit_counts_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_delivery_kit_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_delivery_kit_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_kit")),
        sa.UniqueConstraint("public_id", name=op.f("uq_delivery_kit_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_delivery_kit_token_hash")),
    )
    op.create_index("ix_delivery_kit_organisation_id_id", "delivery_kit", ["organisation_id", "id"])
    op.create_index(op.f("ix_delivery_kit_recording_id"), "delivery_kit", ["recording_id"])


def downgrade() -> None:
    """Go back; the files of kits stay under kits/ in the storage, where nothing leads to them."""
    op.drop_table("delivery_kit")
    op.drop_table("kit_permit")
