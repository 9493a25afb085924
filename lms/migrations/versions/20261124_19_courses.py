"""People, courses and links on platforms, and what is reported of each person."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_19_courses"
down_revision = "20261124_18_platforms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lti_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("sub", sa.String(length=255), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("is_test_user", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)", name=op.f("ck_lti_identity_email_with_key")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_lti_identity_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_lti_identity_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_identity")),
        sa.UniqueConstraint(
            "issuer",
            "organisation_id",
            "sub",
            name=op.f("uq_lti_identity_issuer_organisation_id_sub"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_identity_public_id")),
    )
    op.create_index(op.f("ix_lti_identity_email_key"), "lti_identity", ["email_key"], unique=False)
    op.create_index(op.f("ix_lti_identity_login_id"), "lti_identity", ["login_id"], unique=False)
    op.create_index(
        op.f("ix_lti_identity_organisation_id"), "lti_identity", ["organisation_id"], unique=False
    )
    op.create_table(
        "lti_context",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("context_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("line_items_url", sa.String(length=2000), nullable=True),
        sa.Column("memberships_url", sa.String(length=2000), nullable=True),
        sa.Column("differences_url", sa.String(length=2000), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_failure", sa.Text(), nullable=True),
        sa.Column("held_back", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "held_back IS NULL OR held_back >= 0",
            name=op.f("ck_lti_context_held_back_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["lti_deployment.id"],
            name=op.f("fk_lti_context_deployment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_context")),
        sa.UniqueConstraint(
            "deployment_id", "context_id", name=op.f("uq_lti_context_deployment_id_context_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_context_public_id")),
    )
    op.create_table(
        "lti_resource_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("context_id", sa.Integer(), nullable=False),
        sa.Column("resource_link_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("target", sa.JSON(), nullable=True),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column(
            "rule",
            sa.Enum(
                "threshold",
                "proportional",
                name="completionrule",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("line_item_url", sa.String(length=2000), nullable=True),
        sa.Column("line_item_failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "threshold BETWEEN 1 AND 100",
            name=op.f("ck_lti_resource_link_threshold_is_a_percentage"),
        ),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["lti_context.id"],
            name=op.f("fk_lti_resource_link_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_lti_resource_link_webinar_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_resource_link")),
        sa.UniqueConstraint(
            "context_id",
            "resource_link_id",
            name=op.f("uq_lti_resource_link_context_id_resource_link_id"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_resource_link_public_id")),
    )
    op.create_index(
        op.f("ix_lti_resource_link_webinar_id"), "lti_resource_link", ["webinar_id"], unique=False
    )
    op.create_table(
        "lti_roster_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("context_id", sa.Integer(), nullable=False),
        sa.Column("sub", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("is_instructor", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("missed >= 0", name=op.f("ck_lti_roster_member_missed_not_negative")),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["lti_context.id"],
            name=op.f("fk_lti_roster_member_context_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_roster_member")),
        sa.UniqueConstraint("context_id", "sub", name=op.f("uq_lti_roster_member_context_id_sub")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_roster_member_public_id")),
    )
    op.create_table(
        "lti_score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("given", sa.Double(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "delivered",
                "refused",
                name="scorestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'delivered' OR delivered_at IS NOT NULL",
            name=op.f("ck_lti_score_delivered_at_a_time"),
        ),
        sa.CheckConstraint("given BETWEEN 0 AND 1", name=op.f("ck_lti_score_given_is_a_share")),
        sa.CheckConstraint("share BETWEEN 0 AND 1", name=op.f("ck_lti_score_share_is_a_share")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_lti_score_tries_not_negative")),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["lti_identity.id"],
            name=op.f("fk_lti_score_identity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["lti_resource_link.id"],
            name=op.f("fk_lti_score_link_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_score")),
        sa.UniqueConstraint(
            "link_id", "identity_id", name=op.f("uq_lti_score_link_id_identity_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_score_public_id")),
    )
    op.create_index(op.f("ix_lti_score_identity_id"), "lti_score", ["identity_id"], unique=False)
    op.create_index("ix_lti_score_state_run_at", "lti_score", ["state", "run_at"], unique=False)


def downgrade() -> None:
    op.drop_table("lti_score")
    op.drop_table("lti_roster_member")
    op.drop_table("lti_resource_link")
    op.drop_table("lti_context")
    op.drop_table("lti_identity")
