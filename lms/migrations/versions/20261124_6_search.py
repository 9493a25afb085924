"""The words of each webinar, and the index over them."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_6_search"
down_revision = "20261124_5_upkeep"
branch_labels = None
depends_on = None

FTS5 = (
    "CREATE VIRTUAL TABLE webinar_search USING fts5(title, names, body, content='webinar_words', "
    "content_rowid='webinar_id', tokenize='porter unicode61')",
    "CREATE TRIGGER webinar_words_added AFTER INSERT ON webinar_words BEGIN "
    "INSERT INTO webinar_search(rowid, title, names, body) "
    "VALUES (new.webinar_id, new.title, new.names, new.body); END",
    "CREATE TRIGGER webinar_words_removed AFTER DELETE ON webinar_words BEGIN "
    "INSERT INTO webinar_search(webinar_search, rowid, title, names, body) "
    "VALUES ('delete', old.webinar_id, old.title, old.names, old.body); END",
    "CREATE TRIGGER webinar_words_changed AFTER UPDATE ON webinar_words BEGIN "
    "INSERT INTO webinar_search(webinar_search, rowid, title, names, body) "
    "VALUES ('delete', old.webinar_id, old.title, old.names, old.body); "
    "INSERT INTO webinar_search(rowid, title, names, body) "
    "VALUES (new.webinar_id, new.title, new.names, new.body); END",
)


def upgrade() -> None:
    op.create_table(
        "webinar_words",
        sa.Column("webinar_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_webinar_words_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webinar_id", name=op.f("pk_webinar_words")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in FTS5:
            op.execute(statement)
    else:
        op.execute(
            "CREATE INDEX ix_webinar_words_searched ON webinar_words USING gin "
            "(to_tsvector('english', title || ' ' || names || ' ' || body))"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE webinar_search")
    op.drop_table("webinar_words")
