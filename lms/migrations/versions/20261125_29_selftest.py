"""Runs of the LTI self-test and their lines of proof."""

import sqlalchemy as sa
from alembic import op

from lms.db import UTCDateTime

revision = "20261125_29_selftest"
down_revision = "20261125_28_login_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lti_selftest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(26), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("proofs", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "passed >= 0 AND failed >= 0", name=op.f("ck_lti_selftest_counts_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_selftest_registration_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_selftest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_selftest_public_id")),
    )
    op.create_index(op.f("ix_lti_selftest_registration_id"), "lti_selftest", ["registration_id"])


def downgrade() -> None:
    """Go back; past runs are forgotten, and can be played anew."""
    op.drop_table("lti_selftest")
