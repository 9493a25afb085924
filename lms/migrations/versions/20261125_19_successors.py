"""Who has a seat next, named in the request that it may move."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_19_successors"
down_revision = "20261124_20_frames"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("desk_request") as request:
        request.add_column(sa.Column("to_email", sa.String(length=320), nullable=True))
        request.add_column(
            sa.Column("to_name", sa.String(length=200), nullable=False, server_default="")
        )
    with op.batch_alter_table("desk_request") as request:
        request.alter_column("to_name", server_default=None)


def downgrade() -> None:
    """Go back; who was named in a request is forgotten, and staff's approval lets a seat move."""
    with op.batch_alter_table("desk_request") as request:
        request.drop_column("to_name")
        request.drop_column("to_email")
