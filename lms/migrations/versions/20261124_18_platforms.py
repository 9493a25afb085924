"""Platforms that launch the tool, our keys and theirs, and the log of launches."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_18_platforms"
down_revision = "20261124_17_renewals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lti_platform_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jwks_url", sa.String(length=1000), nullable=False),
        sa.Column("document", sa.JSON(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_platform_keys")),
        sa.UniqueConstraint("jwks_url", name=op.f("uq_lti_platform_keys_jwks_url")),
    )
    op.create_table(
        "lti_signing_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "next",
                "active",
                "retired",
                name="keystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'next') = (active_since IS NULL)",
            name=op.f("ck_lti_signing_key_next_was_never_active"),
        ),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)",
            name=op.f("ck_lti_signing_key_retired_at_a_time"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_signing_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_lti_signing_key_kid")),
    )
    op.create_index(
        "uq_lti_signing_key_active",
        "lti_signing_key",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "lti_registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("product", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("auth_url", sa.String(length=1000), nullable=False),
        sa.Column("token_url", sa.String(length=1000), nullable=False),
        sa.Column("jwks_url", sa.String(length=1000), nullable=False),
        sa.Column("token_audience", sa.String(length=1000), nullable=True),
        sa.Column("frame_origins", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "active",
                "disabled",
                name="registrationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("leeway_s", sa.Integer(), nullable=False),
        sa.Column("admits_anonymous", sa.Boolean(), nullable=False),
        sa.Column("allows_loopback", sa.Boolean(), nullable=False),
        sa.Column("update_token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "leeway_s BETWEEN 0 AND 300", name=op.f("ck_lti_registration_leeway_is_short")
        ),
        sa.CheckConstraint(
            "update_token_hash IS NULL OR length(update_token_hash) = 32",
            name=op.f("ck_lti_registration_update_token_is_a_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_lti_registration_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_registration")),
        sa.UniqueConstraint(
            "issuer", "client_id", name=op.f("uq_lti_registration_issuer_client_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_registration_public_id")),
        sa.UniqueConstraint(
            "update_token_hash", name=op.f("uq_lti_registration_update_token_hash")
        ),
    )
    op.create_index(
        op.f("ix_lti_registration_organisation_id"),
        "lti_registration",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "lti_deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.String(length=255), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "approved",
                "refused",
                name="deploymentstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR organisation_id IS NOT NULL",
            name=op.f("ck_lti_deployment_approved_for_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_lti_deployment_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_deployment_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_deployment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_deployment_public_id")),
        sa.UniqueConstraint(
            "registration_id",
            "deployment_id",
            name=op.f("uq_lti_deployment_registration_id_deployment_id"),
        ),
    )
    op.create_index(
        op.f("ix_lti_deployment_organisation_id"),
        "lti_deployment",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "lti_pending_login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("nonce_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("storage_target", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_lti_pending_login_expires_after_creation")
        ),
        sa.CheckConstraint(
            "length(browser_hash) = 32", name=op.f("ck_lti_pending_login_browser_is_a_sha256")
        ),
        sa.CheckConstraint(
            "length(nonce_hash) = 32", name=op.f("ck_lti_pending_login_nonce_is_a_sha256")
        ),
        sa.CheckConstraint(
            "length(state_hash) = 32", name=op.f("ck_lti_pending_login_state_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_pending_login_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_pending_login")),
        sa.UniqueConstraint("nonce_hash", name=op.f("uq_lti_pending_login_nonce_hash")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_lti_pending_login_state_hash")),
    )
    op.create_index(
        op.f("ix_lti_pending_login_expires_at"), "lti_pending_login", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_lti_pending_login_registration_id"),
        "lti_pending_login",
        ["registration_id"],
        unique=False,
    )
    op.create_table(
        "lti_registration_invite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("allows_loopback", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "expires_at > created_at",
            name=op.f("ck_lti_registration_invite_expires_after_creation"),
        ),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_lti_registration_invite_token_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_lti_registration_invite_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_registration_invite_registration_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_registration_invite")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_registration_invite_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_lti_registration_invite_token_hash")),
    )
    op.create_index(
        op.f("ix_lti_registration_invite_organisation_id"),
        "lti_registration_invite",
        ["organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lti_registration_invite_registration_id"),
        "lti_registration_invite",
        ["registration_id"],
        unique=False,
    )
    op.create_table(
        "lti_launch_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("deployment_id", sa.Integer(), nullable=True),
        sa.Column("message_type", sa.String(length=80), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "refused",
                name="launchoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["lti_deployment.id"],
            name=op.f("fk_lti_launch_entry_deployment_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_launch_entry_registration_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_launch_entry")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_launch_entry_public_id")),
    )
    op.create_index(op.f("ix_lti_launch_entry_at"), "lti_launch_entry", ["at"], unique=False)
    op.create_index(
        op.f("ix_lti_launch_entry_deployment_id"),
        "lti_launch_entry",
        ["deployment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lti_launch_entry_registration_id"),
        "lti_launch_entry",
        ["registration_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("lti_launch_entry")
    op.drop_table("lti_registration_invite")
    op.drop_table("lti_pending_login")
    op.drop_table("lti_deployment")
    op.drop_table("lti_registration")
    op.drop_table("lti_signing_key")
    op.drop_table("lti_platform_keys")
