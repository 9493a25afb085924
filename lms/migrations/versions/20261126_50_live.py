"""Live webinars: who won't come after all, who came in, what was moved, entries in letters."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_50_live"
down_revision = "20261126_49_certificate_designs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "registration", sa.Column("turns", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "live_join",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_live_join_webinar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_live_join_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_join")),
    )
    op.create_index(op.f("ix_live_join_login_id"), "live_join", ["login_id"])
    op.create_index("ix_live_join_webinar_id_login_id", "live_join", ["webinar_id", "login_id"])
    op.add_column("webinar", sa.Column("notice", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("webinar", sa.Column("notice_said", sa.Text(), nullable=False, server_default=""))
    op.add_column("webinar", sa.Column("moved_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webinar", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mail", sa.Column("invitation", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Go back; who said that they won't come counts as registered again."""
    op.drop_column("mail", "invitation")
    for name in ("moved_at", "moved_from", "notice_said", "notice"):
        op.drop_column("webinar", name)
    op.drop_table("live_join")
    op.drop_column("registration", "turns")
    op.drop_column("registration", "left_at")
