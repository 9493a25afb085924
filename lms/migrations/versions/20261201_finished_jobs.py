"""Find the jobs that ended lately by an index.

Revision: 20261201_finished_jobs
Follows: 20261130_baseline
"""

from alembic import op

from lms.migrations import beside_writers

revision = "20261201_finished_jobs"
down_revision = "20261130_baseline"
branch_labels = None
depends_on = None

INDEX = "ix_job_finished_at_lane"


def upgrade() -> None:
    with beside_writers():
        op.create_index(
            INDEX, "job", ["finished_at", "lane"], postgresql_concurrently=True, if_not_exists=True
        )


def downgrade() -> None:
    op.drop_index(INDEX, "job")
