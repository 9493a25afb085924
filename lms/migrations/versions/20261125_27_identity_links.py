"""Links between a learning system's people and logins, asked for there and confirmed by letter."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_27_identity_links"
down_revision = "20261125_26_expiring"
branch_labels = None
depends_on = None

TABLE = "lti_identity_link"
MOMENT = sa.DateTime(timezone=True)
STANDING = sa.text("confirmed_at IS NOT NULL AND ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_lti_identity_link_token_is_a_sha256")
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_lti_identity_link_expires_after_creation")
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)",
            name=op.f("ck_lti_identity_link_email_with_key"),
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (login_id IS NULL)",
            name=op.f("ck_lti_identity_link_confirmed_with_a_login"),
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL AND ended_at IS NULL) = (email IS NOT NULL)",
            name=op.f("ck_lti_identity_link_addressed_while_open"),
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["lti_identity.id"],
            name=op.f("fk_lti_identity_link_identity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_lti_identity_link_login_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_identity_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_identity_link_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_lti_identity_link_token_hash")),
    )
    for column in ("identity_id", "email_key", "login_id"):
        op.create_index(op.f(f"ix_lti_identity_link_{column}"), TABLE, [column])
    op.create_index(
        "uq_lti_identity_link_standing",
        TABLE,
        ["identity_id"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )


def downgrade() -> None:
    """Go back; people who were linked stay so, as two merged logins."""
    op.drop_table(TABLE)
