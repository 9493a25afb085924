"""Staff lists on their way into a pool."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_15_imports"
down_revision = "20261124_14_registrations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seat_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("source_key", sa.String(length=200), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "reading",
                "checked",
                "applying",
                "applied",
                "failed",
                name="importstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("ok", sa.Integer(), nullable=False),
        sa.Column("already", sa.Integer(), nullable=False),
        sa.Column("invalid", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("no_seat", sa.Integer(), nullable=False),
        sa.Column("seated", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ok >= 0 AND already >= 0 AND invalid >= 0 AND duplicate >= 0 AND no_seat >= 0"
            " AND seated >= 0",
            name=op.f("ck_seat_import_counts_not_negative"),
        ),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)",
            name=op.f("ck_seat_import_applied_at_a_moment"),
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_seat_import_pool_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["login.id"], name=op.f("fk_seat_import_made_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_seat_import_public_id")),
    )
    op.create_index(op.f("ix_seat_import_pool_id"), "seat_import", ["pool_id"])
    op.create_index(op.f("ix_seat_import_made_by"), "seat_import", ["made_by"])
    op.create_table(
        "seat_import_row",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("raw", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("seat_public_id", sa.String(length=26), nullable=True),
        sa.CheckConstraint(
            "line >= 1 AND number >= 1", name=op.f("ck_seat_import_row_counted_from_one")
        ),
        sa.CheckConstraint(
            "(answer = 'invalid') = (fault IS NOT NULL)",
            name=op.f("ck_seat_import_row_invalid_has_a_fault"),
        ),
        sa.CheckConstraint(
            "(fault IS NULL) = (email_key IS NOT NULL)",
            name=op.f("ck_seat_import_row_an_address_or_a_fault"),
        ),
        sa.CheckConstraint(
            "(email IS NULL) = (email_key IS NULL)",
            name=op.f("ck_seat_import_row_email_with_key"),
        ),
        sa.CheckConstraint(
            "answer = 'ok' OR answer = 'already' OR answer = 'invalid' OR answer = 'duplicate'"
            " OR answer = 'no_seat'",
            name=op.f("ck_seat_import_row_answer"),
        ),
        sa.CheckConstraint(
            "fault = 'no_address' OR fault = 'not_an_address' OR fault = 'several_addresses'",
            name=op.f("ck_seat_import_row_fault"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["seat_import.id"],
            name=op.f("fk_seat_import_row_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_seat_import_row")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("seat_import_row")
    op.drop_table("seat_import")
