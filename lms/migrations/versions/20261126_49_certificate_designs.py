"""How certificates look and what they say."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_49_certificate_designs"
down_revision = "20261126_48_page_moments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate_design",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("heading", sa.String(length=80), nullable=False),
        sa.Column("before", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("signer", sa.String(length=120), nullable=False),
        sa.Column("signer_role", sa.String(length=120), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("signature_type", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(signature IS NULL) = (signature_type IS NULL)",
            name=op.f("ck_certificate_design_signature_with_its_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_design")),
    )
    op.create_index(op.f("ix_certificate_design_created_at"), "certificate_design", ["created_at"])


def downgrade() -> None:
    """Go back; certificates are printed with the built-in words again."""
    op.drop_table("certificate_design")
