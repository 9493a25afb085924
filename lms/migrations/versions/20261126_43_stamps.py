"""Handouts whose downloads say on each page whose copy they are."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_43_stamps"
down_revision = "20261126_42_handout_pages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("handout") as handout:
        handout.add_column(
            sa.Column("is_stamped", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        handout.create_check_constraint(
            op.f("ck_handout_only_a_pdf_is_stamped"), "kind = 'pdf' OR NOT is_stamped"
        )
    with op.batch_alter_table("handout") as handout:
        handout.alter_column("is_stamped", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("handout") as handout:
        handout.drop_constraint(op.f("ck_handout_only_a_pdf_is_stamped"), type_="check")
        handout.drop_column("is_stamped")
