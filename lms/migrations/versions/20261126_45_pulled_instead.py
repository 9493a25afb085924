"""What holders of a pulled webinar get for it."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_45_pulled_instead"
down_revision = "20261126_44_sequence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.Enum(
        "webinar",
        "refund",
        "words",
        name="insteadkind",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "pulled_instead",
        sa.Column("webinar_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'webinar') = (other_id IS NOT NULL)",
            name=op.f("ck_pulled_instead_names_the_other"),
        ),
        sa.CheckConstraint("other_id <> webinar_id", name=op.f("ck_pulled_instead_is_another")),
        sa.CheckConstraint(
            "kind <> 'words' OR length(said) > 0", name=op.f("ck_pulled_instead_words_are_said")
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_pulled_instead_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["webinar.id"],
            name=op.f("fk_pulled_instead_other_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("webinar_id", name=op.f("pk_pulled_instead")),
    )
    op.create_index(op.f("ix_pulled_instead_other_id"), "pulled_instead", ["other_id"])


def downgrade() -> None:
    """Go back; what was offered is no longer known."""
    op.drop_table("pulled_instead")
