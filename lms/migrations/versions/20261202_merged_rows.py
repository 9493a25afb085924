"""Index only the logins and organizations that were merged into another.

Almost none are. After ANALYZE, SQLite, which counts NULL as one value, thought that a search in the
whole index finds every row, so it read them all.

Revision: 20261202_merged_rows
Follows: 20261201_finished_jobs
"""

from alembic import op
from sqlalchemy import text

from lms.migrations import beside_writers

revision = "20261202_merged_rows"
down_revision = "20261201_finished_jobs"
branch_labels = None
depends_on = None

MERGED = text("merged_into IS NOT NULL")
TABLES = ("login", "organization")


def upgrade() -> None:
    with beside_writers():
        for table in TABLES:
            op.create_index(
                f"ix_{table}_merged",
                table,
                ["merged_into"],
                sqlite_where=MERGED,
                postgresql_where=MERGED,
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            op.drop_index(
                f"ix_{table}_merged_into",
                table,
                postgresql_concurrently=True,
                if_exists=True,
            )


def downgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_merged_into", table, ["merged_into"])
        op.drop_index(f"ix_{table}_merged", table)
