"""Registrations for webinars to come, by those who hold them."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_14_registrations"
down_revision = "20261124_13_streams"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registration",
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_registration_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_registration_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("login_id", "webinar_id", name=op.f("pk_registration")),
    )
    op.create_index(
        op.f("ix_registration_webinar_id"), "registration", ["webinar_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("registration")
