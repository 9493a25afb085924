"""Minutes that staff entered by hand are told from those of a room's report, and both are kept."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_60_minutes_by_hand"
down_revision = "20261126_59_files_lane"
branch_labels = None
depends_on = None

# Who has stays in a report had their minutes counted from it, whoever entered some before.
REPORTED = """
UPDATE attendance SET by_hand = false, reported_minutes = minutes
WHERE EXISTS (
    SELECT 1 FROM room_stay
    WHERE room_stay.webinar_id = attendance.webinar_id
    AND room_stay.login_id = attendance.login_id
)
"""


def upgrade() -> None:
    with op.batch_alter_table("attendance") as attendance:
        attendance.add_column(
            sa.Column("by_hand", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        attendance.add_column(sa.Column("reported_minutes", sa.Integer(), nullable=True))
    op.execute(REPORTED)
    with op.batch_alter_table("attendance") as attendance:
        attendance.create_check_constraint(
            op.f("ck_attendance_reported_within_a_day"), "reported_minutes BETWEEN 0 AND 1440"
        )
        attendance.create_check_constraint(
            op.f("ck_attendance_reported_unless_by_hand"),
            "by_hand OR reported_minutes = minutes",
        )


def downgrade() -> None:
    """Go back; what counts goes on counting, and what a report said beside it is forgotten."""
    with op.batch_alter_table("attendance") as attendance:
        attendance.drop_constraint(op.f("ck_attendance_reported_unless_by_hand"), type_="check")
        attendance.drop_constraint(op.f("ck_attendance_reported_within_a_day"), type_="check")
        attendance.drop_column("reported_minutes")
        attendance.drop_column("by_hand")
