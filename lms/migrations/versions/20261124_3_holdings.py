"""Offers and grants."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_3_holdings"
down_revision = "20261124_2_catalogue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "single",
                "group_seats",
                "group_showing",
                "institutional",
                "pass",
                name="offerkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_offer_currency_is_iso_4217")),
        sa.CheckConstraint("minimum >= 1", name=op.f("ck_offer_minimum_at_least_one")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_offer_price_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint(
            "kind", "minimum", "version", name=op.f("uq_offer_kind_minimum_version")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_offer_public_id")),
    )
    op.create_table(
        "grant_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "webinar",
                "presenter",
                "series",
                "everything",
                name="scope",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("presenter_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "revoked_as",
            sa.Enum(
                "refunded",
                "revoked",
                name="withdrawal",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(scope = 'webinar') = (webinar_id IS NOT NULL) AND (scope = 'presenter') = (presenter_id IS NOT NULL) AND (scope = 'series') = (series_id IS NOT NULL)",
            name=op.f("ck_grant_line_scope_names_its_target"),
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_as IS NULL)",
            name=op.f("ck_grant_line_revoked_with_a_reason"),
        ),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_grant_line_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_grant_line_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_grant_line_presenter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_grant_line_series_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_grant_line_webinar_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_line")),
        sa.UniqueConstraint("public_id", name=op.f("uq_grant_line_public_id")),
    )
    op.create_index("ix_grant_line_login_id", "grant_line", ["login_id"], unique=False)
    op.create_index(
        op.f("ix_grant_line_presenter_id"), "grant_line", ["presenter_id"], unique=False
    )
    op.create_index(op.f("ix_grant_line_series_id"), "grant_line", ["series_id"], unique=False)
    op.create_index("ix_grant_line_webinar_id", "grant_line", ["webinar_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_grant_line_webinar_id", table_name="grant_line")
    op.drop_index(op.f("ix_grant_line_series_id"), table_name="grant_line")
    op.drop_index(op.f("ix_grant_line_presenter_id"), table_name="grant_line")
    op.drop_index("ix_grant_line_login_id", table_name="grant_line")
    op.drop_table("grant_line")
    op.drop_table("offer")
