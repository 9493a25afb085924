"""Places in an organisation that somebody was asked to take and has not accepted yet."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_22_member_invitations"
down_revision = "20261125_21_history"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "member",
                "manager",
                "owner",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_member_invitation_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_member_invitation_login_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_member_invitation_public_id")),
        sa.UniqueConstraint(
            "organisation_id",
            "email_key",
            name=op.f("uq_member_invitation_organisation_id_email_key"),
        ),
    )
    op.create_index(op.f("ix_member_invitation_login_id"), "member_invitation", ["login_id"])


def downgrade() -> None:
    """Go back; whoever was asked and has not accepted does not belong."""
    op.drop_table("member_invitation")
