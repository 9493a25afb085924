"""Embed links, and the framed sessions of launches and embeds."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_20_frames"
down_revision = "20261124_19_courses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embed_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("target", sa.JSON(), nullable=False),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column(
            "seat_rule",
            sa.Enum(
                "named",
                "institution",
                name="seatrule",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "expires_at IS NULL OR expires_at > created_at",
            name=op.f("ck_embed_link_expires_after_creation"),
        ),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_embed_link_token_is_a_sha256")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_embed_link_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_embed_link_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_embed_link_token_hash")),
    )
    op.create_index(
        op.f("ix_embed_link_organisation_id"), "embed_link", ["organisation_id"], unique=False
    )
    op.create_table(
        "lti_frame_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hand_over_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column(
            "purpose",
            sa.Enum(
                "watch",
                "pick",
                "review",
                "privacy",
                "embed",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "role",
            sa.Enum(
                "learner",
                "instructor",
                "anonymous",
                name="framerole",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=True),
        sa.Column("context_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("embed_link_id", sa.Integer(), nullable=True),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("is_test_user", sa.Boolean(), nullable=False),
        sa.Column("target", sa.JSON(), nullable=True),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'embed') = (embed_link_id IS NOT NULL)",
            name=op.f("ck_lti_frame_session_embedded_by_a_link"),
        ),
        sa.CheckConstraint(
            "purpose = 'embed' OR deployment_id IS NOT NULL",
            name=op.f("ck_lti_frame_session_launched_by_a_deployment"),
        ),
        sa.CheckConstraint(
            "role = 'anonymous' OR login_id IS NOT NULL",
            name=op.f("ck_lti_frame_session_somebody_unless_anonymous"),
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_lti_frame_session_expires_after_creation")
        ),
        sa.CheckConstraint(
            "length(secret_hash) = 32", name=op.f("ck_lti_frame_session_secret_is_a_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["lti_context.id"],
            name=op.f("fk_lti_frame_session_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["lti_deployment.id"],
            name=op.f("fk_lti_frame_session_deployment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["embed_link_id"],
            ["embed_link.id"],
            name=op.f("fk_lti_frame_session_embed_link_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["lti_identity.id"],
            name=op.f("fk_lti_frame_session_identity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["lti_resource_link.id"],
            name=op.f("fk_lti_frame_session_link_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["login.id"],
            name=op.f("fk_lti_frame_session_login_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_lti_frame_session_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_frame_session")),
        sa.UniqueConstraint("hand_over_hash", name=op.f("uq_lti_frame_session_hand_over_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lti_frame_session_public_id")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_lti_frame_session_secret_hash")),
    )
    op.create_index(
        op.f("ix_lti_frame_session_context_id"), "lti_frame_session", ["context_id"], unique=False
    )
    op.create_index(
        op.f("ix_lti_frame_session_deployment_id"),
        "lti_frame_session",
        ["deployment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lti_frame_session_embed_link_id"),
        "lti_frame_session",
        ["embed_link_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lti_frame_session_expires_at"), "lti_frame_session", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_lti_frame_session_identity_id"), "lti_frame_session", ["identity_id"], unique=False
    )
    op.create_index(
        op.f("ix_lti_frame_session_link_id"), "lti_frame_session", ["link_id"], unique=False
    )
    op.create_index(
        op.f("ix_lti_frame_session_login_id"), "lti_frame_session", ["login_id"], unique=False
    )
    op.create_index(
        op.f("ix_lti_frame_session_organisation_id"),
        "lti_frame_session",
        ["organisation_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("lti_frame_session")
    op.drop_table("embed_link")
