"""Staff put the webinars of a series in an order of their own; without one they follow their dates."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_62_series_order"
down_revision = "20261126_61_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("webinar_series") as webinar_series:
        webinar_series.add_column(sa.Column("position", sa.Integer(), nullable=True))
    with op.batch_alter_table("webinar_series") as webinar_series:
        webinar_series.create_check_constraint(
            op.f("ck_webinar_series_position_from_one"), "position >= 1"
        )


def downgrade() -> None:
    """Go back; every series follows the dates of its webinars again."""
    with op.batch_alter_table("webinar_series") as webinar_series:
        webinar_series.drop_constraint(op.f("ck_webinar_series_position_from_one"), type_="check")
        webinar_series.drop_column("position")
