"""Grants may be held by pools."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_10_pool_grants"
down_revision = "20261124_9_ways_to_a_seat"
branch_labels = None
depends_on = None

KINDS = ("single", "group_seats", "group_showing", "institutional", "pass", "contract")


def upgrade() -> None:
    with op.batch_alter_table("grant_line") as line:
        line.add_column(sa.Column("pool_id", sa.Integer(), nullable=True))
        line.add_column(sa.Column("sale_id", sa.Integer(), nullable=True))
        line.add_column(sa.Column("kind", sa.String(length=40), nullable=True))
        line.add_column(sa.Column("seats", sa.Integer(), nullable=True))
        line.add_column(sa.Column("grace_until", sa.DateTime(timezone=True), nullable=True))
        line.add_column(
            sa.Column("awaits_payment_since", sa.DateTime(timezone=True), nullable=True)
        )
        line.alter_column("login_id", existing_type=sa.Integer(), nullable=True)
        line.create_foreign_key(
            op.f("fk_grant_line_pool_id"), "pool", ["pool_id"], ["id"], ondelete="RESTRICT"
        )
        line.create_foreign_key(
            op.f("fk_grant_line_sale_id"), "sale", ["sale_id"], ["id"], ondelete="RESTRICT"
        )
    op.execute(
        "UPDATE grant_line SET kind = CASE WHEN scope = 'webinar' THEN 'single' ELSE 'pass' END"
    )
    with op.batch_alter_table("grant_line") as line:
        line.alter_column("kind", existing_type=sa.String(length=40), nullable=False)
        line.create_check_constraint(op.f("ck_grant_line_offerkind"), sa.column("kind").in_(KINDS))
        line.create_check_constraint(
            op.f("ck_grant_line_one_holder"), "(login_id IS NULL) <> (pool_id IS NULL)"
        )
        line.create_check_constraint(
            op.f("ck_grant_line_seats_of_a_pool"),
            "seats IS NULL OR (pool_id IS NOT NULL AND seats >= 1)",
        )
        line.create_check_constraint(
            op.f("ck_grant_line_grace_follows_the_end"),
            "grace_until IS NULL OR (ends_at IS NOT NULL AND grace_until >= ends_at)",
        )
    op.create_index(op.f("ix_grant_line_pool_id"), "grant_line", ["pool_id"], unique=False)
    op.create_index(op.f("ix_grant_line_sale_id"), "grant_line", ["sale_id"], unique=False)


def downgrade() -> None:
    """Go back; what pools held is not kept, since there is nowhere to keep it."""
    op.execute("DELETE FROM grant_line WHERE pool_id IS NOT NULL")
    op.drop_index(op.f("ix_grant_line_sale_id"), table_name="grant_line")
    op.drop_index(op.f("ix_grant_line_pool_id"), table_name="grant_line")
    with op.batch_alter_table("grant_line") as line:
        for name in ("offerkind", "one_holder", "seats_of_a_pool", "grace_follows_the_end"):
            line.drop_constraint(op.f(f"ck_grant_line_{name}"), type_="check")
        line.drop_constraint(op.f("fk_grant_line_pool_id"), type_="foreignkey")
        line.drop_constraint(op.f("fk_grant_line_sale_id"), type_="foreignkey")
        line.alter_column("login_id", existing_type=sa.Integer(), nullable=False)
        for column in (
            "pool_id",
            "sale_id",
            "kind",
            "seats",
            "grace_until",
            "awaits_payment_since",
        ):
            line.drop_column(column)
