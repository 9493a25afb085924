"""A lane for files that have arrived: reading one of 20 GB holds up no letter and no encode."""

from alembic import op

revision = "20261126_59_files_lane"
down_revision = "20261126_58_passages_said"
branch_labels = None
depends_on = None

LANE = "ck_job_lane"


def upgrade() -> None:
    with op.batch_alter_table("job") as job:
        job.drop_constraint(op.f(LANE), type_="check")
        job.create_check_constraint(op.f(LANE), "lane IN ('media', 'prompt', 'files')")


def downgrade() -> None:
    """Go back; what waits in the lane is done among the short ones."""
    op.execute("UPDATE job SET lane = 'prompt' WHERE lane = 'files'")
    with op.batch_alter_table("job") as job:
        job.drop_constraint(op.f(LANE), type_="check")
        job.create_check_constraint(op.f(LANE), "lane IN ('media', 'prompt')")
