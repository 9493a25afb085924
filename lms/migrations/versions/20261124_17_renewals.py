"""Grace that staff gave, people chosen to go, and mail that came back."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_17_renewals"
down_revision = "20261124_16_showings"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("grant_line") as line:
        line.add_column(sa.Column("grace_given_until", MOMENT, nullable=True))
        line.create_check_constraint(
            op.f("ck_grant_line_given_grace_is_kept"),
            "grace_given_until IS NULL"
            " OR (grace_until IS NOT NULL AND grace_until >= grace_given_until)",
        )
    op.add_column("assignment", sa.Column("leaving_since", MOMENT, nullable=True))
    op.add_column("mail", sa.Column("bounced_at", MOMENT, nullable=True))
    op.add_column("mail", sa.Column("recipient_key", sa.String(length=320), nullable=True))
    op.execute("UPDATE mail SET recipient_key = lower(recipient)")
    op.create_index(op.f("ix_mail_recipient_key"), "mail", ["recipient_key"], unique=False)


def downgrade() -> None:
    """Go back; grace stays as long as it is, and which mail came back is forgotten."""
    op.drop_index(op.f("ix_mail_recipient_key"), table_name="mail")
    op.drop_column("mail", "recipient_key")
    op.drop_column("mail", "bounced_at")
    op.drop_column("assignment", "leaving_since")
    with op.batch_alter_table("grant_line") as line:
        line.drop_constraint(op.f("ck_grant_line_given_grace_is_kept"), type_="check")
        line.drop_column("grace_given_until")
