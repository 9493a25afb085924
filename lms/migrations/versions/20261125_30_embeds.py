"""Embed links in use: how often, by whom, codes by mail, and completions that come from elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_30_embeds"
down_revision = "20261125_29_selftest"
branch_labels = None
depends_on = None

RULE = "ck_embed_link_seatrule"
USES = "ck_embed_link_uses_not_negative"


def upgrade() -> None:
    with op.batch_alter_table("embed_link") as link:
        link.drop_constraint(op.f(RULE), type_="check")
        link.add_column(sa.Column("uses", sa.Integer(), nullable=False, server_default="0"))
        link.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        link.create_check_constraint(op.f(RULE), "seat_rule IN ('seated', 'named', 'institution')")
        link.create_check_constraint(op.f(USES), "uses >= 0")
    with op.batch_alter_table("embed_link") as link:
        link.alter_column("uses", existing_type=sa.Integer(), server_default=None)
    _make_codes()
    _make_viewers()
    _make_completions()


def downgrade() -> None:
    """Go back; codes under way, who watched by a link and what came from elsewhere are forgotten."""
    op.drop_table("outside_completion")
    op.drop_table("embed_viewer")
    op.drop_table("embed_code")
    op.execute("DELETE FROM embed_link WHERE seat_rule = 'seated'")
    with op.batch_alter_table("embed_link") as link:
        link.drop_constraint(op.f(USES), type_="check")
        link.drop_constraint(op.f(RULE), type_="check")
        link.create_check_constraint(op.f(RULE), "seat_rule IN ('named', 'institution')")
        link.drop_column("last_used_at")
        link.drop_column("uses")


def _make_codes() -> None:
    op.create_table(
        "embed_code",
        sa.Column("frame_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(code_hash) = 32", name=op.f("ck_embed_code_code_is_a_sha256")),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_embed_code_expires_after_creation")
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_embed_code_tries_not_negative")),
        sa.ForeignKeyConstraint(
            ["frame_id"],
            ["lti_frame_session.id"],
            name=op.f("fk_embed_code_frame_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("frame_id", name=op.f("pk_embed_code")),
    )
    op.create_index(op.f("ix_embed_code_email_key"), "embed_code", ["email_key"])
    op.create_index(op.f("ix_embed_code_expires_at"), "embed_code", ["expires_at"])


def _make_viewers() -> None:
    op.create_table(
        "embed_viewer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("embed_link_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["embed_link_id"],
            ["embed_link.id"],
            name=op.f("fk_embed_viewer_embed_link_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_embed_viewer_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_viewer")),
        sa.UniqueConstraint(
            "embed_link_id", "login_id", name=op.f("uq_embed_viewer_embed_link_id_login_id")
        ),
    )
    op.create_index(op.f("ix_embed_viewer_login_id"), "embed_viewer", ["login_id"])
    op.create_index(op.f("ix_embed_viewer_email_key"), "embed_viewer", ["email_key"])


def _make_completions() -> None:
    op.create_table(
        "outside_completion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_outside_completion_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_outside_completion_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_completion")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outside_completion_public_id")),
        sa.UniqueConstraint(
            "organisation_id",
            "webinar_id",
            "email_key",
            name=op.f("uq_outside_completion_organisation_id_webinar_id_email_key"),
        ),
    )
    op.create_index(op.f("ix_outside_completion_webinar_id"), "outside_completion", ["webinar_id"])
    op.create_index(op.f("ix_outside_completion_email_key"), "outside_completion", ["email_key"])
