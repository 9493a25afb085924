"""Lists of what was sold before, and whom of its buyers no letter has told yet."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_21_history"
down_revision = "20261125_19_successors"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "past_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
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
        sa.Column("brought", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "ok >= 0 AND already >= 0 AND invalid >= 0 AND brought >= 0",
            name=op.f("ck_past_import_counts_not_negative"),
        ),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)",
            name=op.f("ck_past_import_applied_at_a_moment"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["login.id"], name=op.f("fk_past_import_made_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_past_import_public_id")),
    )
    op.create_index(op.f("ix_past_import_made_by"), "past_import", ["made_by"])
    op.create_table(
        "past_import_row",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "ok",
                "already",
                "invalid",
                "brought",
                name="pastanswer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sentence", sa.String(length=500), nullable=False),
        sa.Column("sale_public_id", sa.String(length=26), nullable=True),
        sa.CheckConstraint(
            "line >= 1 AND number >= 1", name=op.f("ck_past_import_row_counted_from_one")
        ),
        sa.CheckConstraint(
            "(answer = 'invalid') = (sentence <> '')",
            name=op.f("ck_past_import_row_invalid_has_a_sentence"),
        ),
        sa.CheckConstraint(
            "answer = 'invalid' OR sale_public_id IS NOT NULL",
            name=op.f("ck_past_import_row_a_sale_or_invalid"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["past_import.id"],
            name=op.f("fk_past_import_row_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_past_import_row")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_past_import_row_import_id_answer",
        "past_import_row",
        ["import_id", "answer", "number"],
    )
    op.create_table(
        "past_buyer",
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("brought_at", MOMENT, nullable=False),
        sa.Column("batch", sa.String(length=26), nullable=True),
        sa.Column("invited_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "invited_at IS NULL OR batch IS NOT NULL",
            name=op.f("ck_past_buyer_invited_in_a_batch"),
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_past_buyer_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_past_buyer")),
    )
    op.create_index("ix_past_buyer_batch", "past_buyer", ["batch", "login_id"])
    # whoever was brought in before has had no letter either
    op.execute(
        "INSERT INTO past_buyer (login_id, brought_at)"
        " SELECT contact_id, max(sold_at) FROM sale"
        " WHERE terms = 'history' AND contact_id IS NOT NULL GROUP BY contact_id"
    )


def downgrade() -> None:
    """Go back; lists that were not brought in are lost, and who had a letter is forgotten."""
    op.drop_table("past_buyer")
    op.drop_table("past_import_row")
    op.drop_table("past_import")
