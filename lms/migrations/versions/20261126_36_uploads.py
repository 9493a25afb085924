"""Files that are sent in pieces, and recordings of more than 2 GB on PostgreSQL."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_36_uploads"
down_revision = "20261126_35_posters"
branch_labels = None
depends_on = None


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.Integer(), nullable=True),
        sa.Column("purpose", _word("uploadpurpose", "recording", "handout"), nullable=False),
        sa.Column(
            "state", _word("uploadstate", "sending", "arrived", "done", "failed"), nullable=False
        ),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=300), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("turn", sa.String(length=26), nullable=True),
        sa.Column("turn_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_upload_size_positive")),
        sa.CheckConstraint(
            "kept_bytes BETWEEN 0 AND size_bytes", name=op.f("ck_upload_kept_within_its_size")
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_upload_expires_after_creation")
        ),
        sa.CheckConstraint(
            "(turn IS NULL) = (turn_until IS NULL)", name=op.f("ck_upload_turn_for_a_time")
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (failure IS NOT NULL)",
            name=op.f("ck_upload_failed_has_a_sentence"),
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_upload_webinar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["login.id"], name=op.f("fk_upload_login_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("public_id", name=op.f("uq_upload_public_id")),
    )
    op.create_index("ix_upload_webinar_id_state", "upload", ["webinar_id", "state"])
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"])
    op.create_index(op.f("ix_upload_login_id"), "upload", ["login_id"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite's integers have 64 bits
        op.alter_column(
            "recording",
            "size_bytes",
            existing_type=sa.Integer(),
            existing_nullable=False,
            type_=sa.BigInteger(),
        )


def downgrade() -> None:
    """Go back; what was sent in part stays in the storage, where nothing leads to it.

    The size of a recording keeps its room: there may be some of more than 2 GB.
    """
    op.drop_table("upload")
