"""Delivering scores: turns at platforms, what progress was looked at, and scores still to come."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_23_turns"
down_revision = "20261125_22_member_invitations"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CHECK = "ck_lti_score_scorestate"


def upgrade() -> None:
    op.create_table(
        "lti_turn",
        sa.Column("registration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leased_by", sa.String(length=100), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("asks_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(leased_by IS NULL) = (lease_until IS NULL)",
            name=op.f("ck_lti_turn_leased_by_somebody"),
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_lti_turn_failures_not_negative")),
        sa.CheckConstraint(
            "(failures = 0) = (failing_since IS NULL)",
            name=op.f("ck_lti_turn_failing_since_a_time"),
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["lti_registration.id"],
            name=op.f("fk_lti_turn_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_lti_turn")),
    )
    op.create_table(
        "lti_progress_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("looked_until", MOMENT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_lti_progress_mark_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_progress_mark")),
    )
    _let_states_be("queued", "delivered", "refused", "watching")


def downgrade() -> None:
    """Go back; people whose score is still to come are found again when they launch."""
    op.execute("DELETE FROM lti_score WHERE state = 'watching'")
    _let_states_be("queued", "delivered", "refused")
    op.drop_table("lti_progress_mark")
    op.drop_table("lti_turn")


def _let_states_be(*states: str) -> None:
    among = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table("lti_score") as score:
        score.drop_constraint(op.f(CHECK), type_="check")
        score.create_check_constraint(op.f(CHECK), f"state IN ({among})")
