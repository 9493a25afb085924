"""The keys that sign the badges of certificates."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_46_badge_keys"
down_revision = "20261126_45_pulled_instead"
branch_labels = None
depends_on = None


def upgrade() -> None:
    states = sa.Enum(
        "active",
        "retired",
        "withdrawn",
        name="badgekeystate",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "badge_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=True),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'active') = (retired_at IS NULL)",
            name=op.f("ck_badge_key_retired_at_a_time"),
        ),
        sa.CheckConstraint(
            "(state = 'active') = (private_key IS NOT NULL)",
            name=op.f("ck_badge_key_signs_with_its_secret"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_badge_key_kid")),
    )
    where = sa.text("state = 'active'")
    op.create_index(
        "uq_badge_key_active",
        "badge_key",
        ["state"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    """Go back; badges that were saved before can't be verified any more."""
    op.drop_table("badge_key")
