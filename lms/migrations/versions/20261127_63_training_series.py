"""A training knows the series it was assigned as: its webinars stand in the order of that."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_63_training_series"
down_revision = "20261126_62_series_order"
branch_labels = None
depends_on = None

KEY = "fk_training_series_id"
INDEX = "ix_training_series_id"


def upgrade() -> None:
    """Go on; what was assigned before is of the series of its title, where that has all its webinars."""
    with op.batch_alter_table("training") as training:
        training.add_column(sa.Column("series_id", sa.Integer(), nullable=True))
        training.create_foreign_key(op.f(KEY), "series", ["series_id"], ["id"], ondelete="SET NULL")
        training.create_index(op.f(INDEX), ["series_id"])
    op.execute(
        "UPDATE training SET series_id = ("
        " SELECT min(series.id) FROM series WHERE series.title = training.title"
        " AND EXISTS (SELECT 1 FROM training_item WHERE training_item.training_id = training.id)"
        " AND NOT EXISTS (SELECT 1 FROM training_item WHERE training_item.training_id = training.id"
        " AND NOT EXISTS (SELECT 1 FROM webinar_series"
        " WHERE webinar_series.series_id = series.id"
        " AND webinar_series.webinar_id = training_item.webinar_id)))"
    )


def downgrade() -> None:
    """Go back; the webinars of every training follow their dates again."""
    with op.batch_alter_table("training") as training:
        training.drop_index(op.f(INDEX))
        training.drop_constraint(op.f(KEY), type_="foreignkey")
        training.drop_column("series_id")
