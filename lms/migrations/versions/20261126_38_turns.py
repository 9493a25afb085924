"""One index for all places of a person or in a seat also keeps at most one of them active."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_38_turns"
down_revision = "20261126_37_versions"
branch_labels = None
depends_on = None

TURN = sa.text("(CASE WHEN ended_at IS NULL THEN 0 ELSE id END)")
ACTIVE = sa.text("ended_at IS NULL")
NOW = {
    "uq_assignment_active_seat_id": ["seat_id"],
    "uq_assignment_active_login_id_pool_id": ["login_id", "pool_id"],
    "uq_assignment_active_email_key_pool_id": ["email_key", "pool_id"],
}
BEFORE = {
    "uq_assignment_active_seat_id": ["seat_id"],
    "uq_assignment_active_pool_id_login_id": ["pool_id", "login_id"],
    "uq_assignment_active_pool_id_email_key": ["pool_id", "email_key"],
}
ALONE = ("seat_id", "login_id", "email_key")


def upgrade() -> None:
    for name in BEFORE:
        op.drop_index(name, "assignment")
    for column in ALONE:
        op.drop_index(f"ix_assignment_{column}", "assignment")
    for name, columns in NOW.items():
        op.create_index(name, "assignment", [*columns, TURN], unique=True)


def downgrade() -> None:
    for name in NOW:
        op.drop_index(name, "assignment")
    for column in ALONE:
        op.create_index(f"ix_assignment_{column}", "assignment", [column])
    for name, columns in BEFORE.items():
        op.create_index(
            name,
            "assignment",
            columns,
            unique=True,
            sqlite_where=ACTIVE,
            postgresql_where=ACTIVE,
        )
