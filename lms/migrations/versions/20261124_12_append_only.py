"""The audit trail can only grow; logins have further addresses, and reasons are kept.

Whoever rebuilds audit_entry one day makes its triggers again: they go with the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_12_append_only"
down_revision = "20261124_11_desk"
branch_labels = None
depends_on = None

ON_SQLITE = (
    "CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END",
    "CREATE TRIGGER audit_entry_is_never_removed BEFORE DELETE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'an audit entry is never removed'); END",
)
ON_POSTGRESQL = (
    "CREATE FUNCTION refuse_to_touch_the_audit_trail() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'an audit entry is never changed or removed'; END $$",
    "CREATE TRIGGER audit_entry_is_never_touched BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION refuse_to_touch_the_audit_trail()",
    "CREATE TRIGGER audit_entry_is_never_emptied BEFORE TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_touch_the_audit_trail()",
)


def upgrade() -> None:
    op.create_table(
        "login_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_login_alias_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_alias")),
        sa.UniqueConstraint("email_key", name=op.f("uq_login_alias_email_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_login_alias_public_id")),
    )
    op.create_index(op.f("ix_login_alias_login_id"), "login_alias", ["login_id"], unique=False)
    op.add_column("login", sa.Column("blocked_reason", sa.Text(), nullable=True))
    op.add_column("grant_line", sa.Column("revoked_reason", sa.Text(), nullable=True))
    op.create_index("ix_audit_entry_actor_id", "audit_entry", ["actor", "id"], unique=False)
    op.create_index("ix_audit_entry_act_id", "audit_entry", ["act", "id"], unique=False)
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in ON_SQLITE if on_sqlite else ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Go back; further addresses and reasons are not kept, since there is nowhere to keep them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entry_is_never_removed")
        op.execute("DROP TRIGGER audit_entry_is_never_changed")
    else:
        op.execute("DROP TRIGGER audit_entry_is_never_emptied ON audit_entry")
        op.execute("DROP TRIGGER audit_entry_is_never_touched ON audit_entry")
        op.execute("DROP FUNCTION refuse_to_touch_the_audit_trail()")
    op.drop_index("ix_audit_entry_act_id", table_name="audit_entry")
    op.drop_index("ix_audit_entry_actor_id", table_name="audit_entry")
    op.drop_column("grant_line", "revoked_reason")
    op.drop_column("login", "blocked_reason")
    op.drop_index(op.f("ix_login_alias_login_id"), table_name="login_alias")
    op.drop_table("login_alias")
