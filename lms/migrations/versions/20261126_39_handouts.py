"""Handouts of three kinds, cleaned where need be, removed for a time before they are gone."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_39_handouts"
down_revision = "20261126_38_turns"
branch_labels = None
depends_on = None

KINDS = sa.Enum(
    "pdf",
    "pptx",
    "docx",
    name="documentkind",
    native_enum=False,
    create_constraint=True,
    length=40,
)


def upgrade() -> None:
    with op.batch_alter_table("handout") as handout:
        handout.add_column(sa.Column("kind", KINDS, nullable=False, server_default="pdf"))
        handout.add_column(
            sa.Column("taken_out", sa.String(length=100), nullable=False, server_default="")
        )
        handout.add_column(sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
        handout.drop_constraint(op.f("ck_handout_pages_positive"), type_="check")
        handout.create_check_constraint(
            op.f("ck_handout_pages_where_they_are"), "(pages > 0) = (kind <> 'docx')"
        )
    with op.batch_alter_table("handout") as handout:
        handout.alter_column("kind", server_default=None)
        handout.alter_column("taken_out", server_default=None)


def downgrade() -> None:
    """Go back; what is no PDF, and what was removed, is no longer known: its files stay."""
    op.execute("DELETE FROM handout WHERE kind <> 'pdf' OR removed_at IS NOT NULL")
    with op.batch_alter_table("handout") as handout:
        handout.drop_constraint(op.f("ck_handout_pages_where_they_are"), type_="check")
        handout.drop_constraint(op.f("ck_handout_documentkind"), type_="check")
        handout.drop_column("removed_at")
        handout.drop_column("taken_out")
        handout.drop_column("kind")
        handout.create_check_constraint(op.f("ck_handout_pages_positive"), "pages > 0")
