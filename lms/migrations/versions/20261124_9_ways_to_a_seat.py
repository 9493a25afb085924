"""Claim links, waiting lists, verified domains, and the desk of requests."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_9_ways_to_a_seat"
down_revision = "20261124_8_pools"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "assignment_id IS NULL OR most_uses = 1",
            name=op.f("ck_claim_link_a_bound_one_works_once"),
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_claim_link_expires_after_creation")
        ),
        sa.CheckConstraint("length(token_hash) = 32", name=op.f("ck_claim_link_token_is_a_sha256")),
        sa.CheckConstraint(
            "uses BETWEEN 0 AND most_uses", name=op.f("ck_claim_link_not_used_too_often")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_claim_link_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_claim_link_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claim_link_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_claim_link_token_hash")),
    )
    op.create_index(
        op.f("ix_claim_link_assignment_id"), "claim_link", ["assignment_id"], unique=False
    )
    op.create_index(op.f("ix_claim_link_pool_id"), "claim_link", ["pool_id"], unique=False)
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_as",
            sa.Enum(
                "offered",
                "seated",
                "left",
                "removed",
                name="waitingend",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)", name=op.f("ck_waiting_entry_email_with_key")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)",
            name=op.f("ck_waiting_entry_ended_with_a_reason"),
        ),
        sa.CheckConstraint(
            "email IS NOT NULL OR login_id IS NOT NULL", name=op.f("ck_waiting_entry_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_waiting_entry_login_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_waiting_entry_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
        sa.UniqueConstraint("public_id", name=op.f("uq_waiting_entry_public_id")),
    )
    op.create_index(
        op.f("ix_waiting_entry_email_key"), "waiting_entry", ["email_key"], unique=False
    )
    op.create_index(op.f("ix_waiting_entry_login_id"), "waiting_entry", ["login_id"], unique=False)
    op.create_index(
        "uq_waiting_entry_active_pool_id_email_key",
        "waiting_entry",
        ["pool_id", "email_key"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_waiting_entry_active_pool_id_login_id",
        "waiting_entry",
        ["pool_id", "login_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "verified_domain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "domain = lower(domain)", name=op.f("ck_verified_domain_domain_in_lower_case")
        ),
        sa.CheckConstraint(
            "length(domain) BETWEEN 3 AND 255", name=op.f("ck_verified_domain_domain_length")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_verified_domain_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verified_domain")),
        sa.UniqueConstraint("domain", name=op.f("uq_verified_domain_domain")),
        sa.UniqueConstraint("public_id", name=op.f("uq_verified_domain_public_id")),
    )
    op.create_index(
        op.f("ix_verified_domain_organisation_id"),
        "verified_domain",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "desk_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "register",
                "group",
                "showing",
                "institution",
                "contract",
                "purchase_order",
                "invoice",
                "check",
                "trouble",
                "more_seats",
                "reassign",
                "domain",
                name="requestkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "in_hand",
                "done",
                "declined",
                name="requeststate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("organisation_name", sa.String(length=200), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("seat_id", sa.Integer(), nullable=True),
        sa.Column("sale_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("refusal", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'declined')) = (closed_at IS NOT NULL)",
            name=op.f("ck_desk_request_closed_when_ended"),
        ),
        sa.CheckConstraint(
            "(file_key IS NULL) = (file_name IS NULL)",
            name=op.f("ck_desk_request_file_with_a_name"),
        ),
        sa.CheckConstraint("due_at >= created_at", name=op.f("ck_desk_request_due_after_creation")),
        sa.CheckConstraint(
            "quantity IS NULL OR quantity >= 1", name=op.f("ck_desk_request_quantity_at_least_one")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_desk_request_login_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_desk_request_organisation_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_desk_request_pool_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["sale_id"], ["sale.id"], name=op.f("fk_desk_request_sale_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seat.id"], name=op.f("fk_desk_request_seat_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_desk_request_webinar_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_desk_request_public_id")),
    )
    op.create_index(op.f("ix_desk_request_login_id"), "desk_request", ["login_id"], unique=False)
    op.create_index(
        op.f("ix_desk_request_organisation_id"), "desk_request", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_desk_request_pool_id"), "desk_request", ["pool_id"], unique=False)
    op.create_index(op.f("ix_desk_request_sale_id"), "desk_request", ["sale_id"], unique=False)
    op.create_index(op.f("ix_desk_request_seat_id"), "desk_request", ["seat_id"], unique=False)
    op.create_index(
        "ix_desk_request_state_due_at", "desk_request", ["state", "due_at"], unique=False
    )
    op.create_index(
        op.f("ix_desk_request_webinar_id"), "desk_request", ["webinar_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("desk_request")
    op.drop_table("verified_domain")
    op.drop_table("waiting_entry")
    op.drop_table("claim_link")
