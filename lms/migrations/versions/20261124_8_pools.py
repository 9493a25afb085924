"""Pools, their seats, and who has had each."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_8_pools"
down_revision = "20261124_7_sales"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
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
        sa.Column("is_permanent", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column(
            "claim_policy",
            sa.Enum(
                "invitation",
                "domain",
                name="claimpolicy",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("allotted_from_id", sa.Integer(), nullable=True),
        sa.Column("allotted", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(scope = 'webinar') = (webinar_id IS NOT NULL) AND (scope = 'presenter') = (presenter_id IS NOT NULL) AND (scope = 'series') = (series_id IS NOT NULL)",
            name=op.f("ck_pool_scope_names_its_target"),
        ),
        sa.CheckConstraint(
            "allotted IS NULL OR (allotted_from_id IS NOT NULL AND allotted >= 0)",
            name=op.f("ck_pool_allotted_from_a_pool"),
        ),
        sa.CheckConstraint(
            "allotted_from_id IS NULL OR allotted_from_id <> id",
            name=op.f("ck_pool_not_allotted_from_itself"),
        ),
        sa.CheckConstraint(
            "capacity IS NULL OR used <= capacity", name=op.f("ck_pool_not_oversold")
        ),
        sa.CheckConstraint("used >= 0", name=op.f("ck_pool_used_not_negative")),
        sa.ForeignKeyConstraint(
            ["allotted_from_id"],
            ["pool.id"],
            name=op.f("fk_pool_allotted_from_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_pool_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_pool_presenter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_pool_series_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_pool_webinar_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("public_id", name=op.f("uq_pool_public_id")),
    )
    op.create_index(op.f("ix_pool_allotted_from_id"), "pool", ["allotted_from_id"], unique=False)
    op.create_index(op.f("ix_pool_organisation_id"), "pool", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_pool_presenter_id"), "pool", ["presenter_id"], unique=False)
    op.create_index(op.f("ix_pool_series_id"), "pool", ["series_id"], unique=False)
    op.create_index(op.f("ix_pool_webinar_id"), "pool", ["webinar_id"], unique=False)
    op.create_table(
        "seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "taken",
                "free",
                "locked",
                name="seatstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "opens_at IS NULL OR state = 'locked'", name=op.f("ck_seat_only_a_locked_one_opens")
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_seat_pool_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("public_id", name=op.f("uq_seat_public_id")),
    )
    op.create_index("ix_seat_pool_id_state", "seat", ["pool_id", "state"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "invited",
                "offered",
                "claimed",
                "frozen",
                "released",
                name="assignmentstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_as",
            sa.Enum(
                "expired",
                "removed",
                "reassigned",
                "left",
                "over_capacity",
                "lapsed",
                "erased",
                name="assignmentend",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(state = 'released') = (ended_at IS NOT NULL)",
            name=op.f("ck_assignment_released_is_over"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('claimed', 'frozen') OR (login_id IS NOT NULL AND claimed_at IS NOT NULL)",
            name=op.f("ck_assignment_claimed_by_a_login"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('invited', 'offered') OR expires_at IS NOT NULL",
            name=op.f("ck_assignment_open_ones_expire"),
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)", name=op.f("ck_assignment_email_with_key")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)",
            name=op.f("ck_assignment_ended_with_a_reason"),
        ),
        sa.CheckConstraint(
            "email IS NOT NULL OR login_id IS NOT NULL", name=op.f("ck_assignment_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_assignment_login_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_assignment_pool_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["seat.id"], name=op.f("fk_assignment_seat_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_email_key"), "assignment", ["email_key"], unique=False)
    op.create_index(op.f("ix_assignment_login_id"), "assignment", ["login_id"], unique=False)
    op.create_index(op.f("ix_assignment_pool_id"), "assignment", ["pool_id"], unique=False)
    op.create_index(op.f("ix_assignment_seat_id"), "assignment", ["seat_id"], unique=False)
    op.create_index(
        "ix_assignment_state_expires_at", "assignment", ["state", "expires_at"], unique=False
    )
    op.create_index(
        "uq_assignment_active_pool_id_email_key",
        "assignment",
        ["pool_id", "email_key"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_assignment_active_pool_id_login_id",
        "assignment",
        ["pool_id", "login_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_assignment_active_seat_id",
        "assignment",
        ["seat_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("assignment")
    op.drop_table("seat")
    op.drop_table("pool")
