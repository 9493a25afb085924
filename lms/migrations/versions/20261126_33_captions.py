"""Captions that are drafted, corrected and searched: their texts, and passages of all that is said."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_33_captions"
down_revision = "20261125_32_kits"
branch_labels = None
depends_on = None

SHOWN_OR_DRAFTED = "ck_caption_shown_or_drafted"
SHOWN_WITH_ITS_FILE = "ck_caption_shown_with_its_file"
DEFAULT = "uq_caption_default_recording_id"
FTS5 = (
    "CREATE VIRTUAL TABLE passage_search USING fts5(text, content='passage', content_rowid='id', "
    "tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN "
    "INSERT INTO passage_search(rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER passage_removed AFTER DELETE ON passage BEGIN "
    "INSERT INTO passage_search(passage_search, rowid, text) "
    "VALUES ('delete', old.id, old.text); END",
    "CREATE TRIGGER passage_changed AFTER UPDATE ON passage BEGIN "
    "INSERT INTO passage_search(passage_search, rowid, text) "
    "VALUES ('delete', old.id, old.text); "
    "INSERT INTO passage_search(rowid, text) VALUES (new.id, new.text); END",
)


def upgrade() -> None:
    with op.batch_alter_table("caption") as caption:
        caption.alter_column("key", existing_type=sa.String(length=400), nullable=True)
        caption.add_column(
            sa.Column("is_default", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        caption.add_column(sa.Column("shown", sa.Text(), nullable=True))
        caption.add_column(sa.Column("draft", sa.Text(), nullable=True))
        caption.add_column(
            sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1"))
        )
        caption.add_column(sa.Column("edited_by", sa.String(length=26), nullable=True))
        caption.add_column(sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
        caption.create_check_constraint(
            op.f(SHOWN_OR_DRAFTED), "key IS NOT NULL OR draft IS NOT NULL"
        )
        caption.create_check_constraint(
            op.f(SHOWN_WITH_ITS_FILE), "shown IS NULL OR key IS NOT NULL"
        )
    with op.batch_alter_table("caption") as caption:
        caption.alter_column("is_default", existing_type=sa.Boolean(), server_default=None)
        caption.alter_column("version", existing_type=sa.Integer(), server_default=None)
    op.create_index(
        DEFAULT,
        "caption",
        ["recording_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "passage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "transcript",
                "handout",
                "slide",
                name="passagekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=26), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("starts_s", sa.Double(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "starts_s IS NOT NULL OR page IS NOT NULL", name=op.f("ck_passage_has_a_place")
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_passage_webinar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
    )
    op.create_index(op.f("ix_passage_source"), "passage", ["source"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in FTS5:
            op.execute(statement)
    else:
        op.execute(
            "CREATE INDEX ix_passage_searched ON passage USING gin (to_tsvector('english', "
            "regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]', '', 'g')))"
        )


def downgrade() -> None:
    """Go back; drafts that were never shown are gone, and so is what was changed and not shown."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE passage_search")
    op.drop_table("passage")
    op.execute("DELETE FROM caption WHERE key IS NULL")
    op.drop_index(DEFAULT, table_name="caption")
    with op.batch_alter_table("caption") as caption:
        caption.drop_constraint(op.f(SHOWN_WITH_ITS_FILE), type_="check")
        caption.drop_constraint(op.f(SHOWN_OR_DRAFTED), type_="check")
        for name in ("edited_at", "edited_by", "version", "draft", "shown", "is_default"):
            caption.drop_column(name)
        caption.alter_column("key", existing_type=sa.String(length=400), nullable=False)
