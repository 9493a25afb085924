"""Training: what managers assign, to whom, by when, and how far each is."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_56_training"
down_revision = "20261126_54_room_reports"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "training_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 100", name=op.f("ck_training_group_name_length")
        ),
        _refers("training_group", "organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_group")),
        sa.UniqueConstraint("public_id", name=op.f("uq_training_group_public_id")),
        sa.UniqueConstraint(
            "organisation_id", "name", name=op.f("uq_training_group_organisation_id_name")
        ),
    )
    op.create_table(
        "training_group_member",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        _refers("training_group_member", "training_group", "group_id"),
        _refers("training_group_member", "login"),
        sa.PrimaryKeyConstraint("group_id", "login_id", name=op.f("pk_training_group_member")),
    )
    op.create_index(
        op.f("ix_training_group_member_login_id"), "training_group_member", ["login_id"]
    )
    op.create_table(
        "training",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(26), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "length(title) BETWEEN 1 AND 200", name=op.f("ck_training_title_length")
        ),
        sa.CheckConstraint("due_at > created_at", name=op.f("ck_training_due_after_creation")),
        _refers("training", "organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
        sa.UniqueConstraint("public_id", name=op.f("uq_training_public_id")),
    )
    op.create_index(op.f("ix_training_organisation_id"), "training", ["organisation_id"])
    op.create_index(op.f("ix_training_due_at"), "training", ["due_at"])
    for table, other, column in (
        ("training_item", "webinar", "webinar_id"),
        ("training_audience", "training_group", "group_id"),
    ):
        op.create_table(
            table,
            sa.Column("training_id", sa.Integer(), nullable=False),
            sa.Column(column, sa.Integer(), nullable=False),
            _refers(table, "training"),
            _refers(table, other, column),
            sa.PrimaryKeyConstraint("training_id", column, name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_table(
        "trainee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(26), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("is_begun", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=True),
        sa.CheckConstraint("reminded IN (0, 3, 14)", name=op.f("ck_trainee_reminded_on_a_day")),
        sa.CheckConstraint(
            "done_at IS NULL OR completed_at IS NOT NULL",
            name=op.f("ck_trainee_done_when_completed"),
        ),
        _refers("trainee", "training"),
        _refers("trainee", "login"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainee")),
        sa.UniqueConstraint("public_id", name=op.f("uq_trainee_public_id")),
        sa.UniqueConstraint(
            "training_id", "login_id", name=op.f("uq_trainee_training_id_login_id")
        ),
    )
    op.create_index(op.f("ix_trainee_login_id"), "trainee", ["login_id"])
    op.create_index(
        "ix_trainee_open_training_id",
        "trainee",
        ["training_id"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    """Go back; what was assigned is forgotten, what was watched stays."""
    for table in (
        "trainee",
        "training_audience",
        "training_item",
        "training",
        "training_group_member",
        "training_group",
    ):
        op.drop_table(table)


def _refers(table: str, other: str, column: str = "") -> sa.ForeignKeyConstraint:
    column = column or f"{other}_id"
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")
