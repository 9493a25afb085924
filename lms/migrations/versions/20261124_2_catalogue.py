"""Webinars, their recordings and handouts."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_2_catalogue"
down_revision = "20261124_1_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presenter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("biography", sa.Text(), nullable=False),
        sa.Column("picture_key", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presenter")),
        sa.UniqueConstraint("public_id", name=op.f("uq_presenter_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_presenter_slug")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("public_id", name=op.f("uq_series_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_series_slug")),
    )
    op.create_table(
        "webinar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=400), nullable=False),
        sa.Column("overview", sa.Text(), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("live_link", sa.String(length=2000), nullable=True),
        sa.Column("free", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "announced",
                "cancelled",
                "withdrawn",
                "pulled",
                name="webinarstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("pulled_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'pulled') = (pulled_reason IS NOT NULL)",
            name=op.f("ck_webinar_pulled_with_a_reason"),
        ),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 200", name=op.f("ck_webinar_title_length")),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 1440", name=op.f("ck_webinar_minutes_within_a_day")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webinar")),
        sa.UniqueConstraint("public_id", name=op.f("uq_webinar_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_webinar_slug")),
    )
    op.create_index("ix_webinar_state_held_at", "webinar", ["state", "held_at"], unique=False)
    op.create_table(
        "handout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("preview_key", sa.String(length=400), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pages > 0", name=op.f("ck_handout_pages_positive")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_handout_size_positive")),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinar.id"], name=op.f("fk_handout_webinar_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handout")),
        sa.UniqueConstraint("public_id", name=op.f("uq_handout_public_id")),
    )
    op.create_index(
        "ix_handout_webinar_id_position", "handout", ["webinar_id", "position"], unique=False
    )
    op.create_table(
        "recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "processing",
                "ready",
                "failed",
                "cancelled",
                name="recordingstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("original_key", sa.String(length=400), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("has_video", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("run", sa.String(length=26), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'ready' OR run IS NOT NULL", name=op.f("ck_recording_ready_has_a_run")
        ),
        sa.CheckConstraint(
            "run IS NULL OR seconds IS NOT NULL", name=op.f("ck_recording_playable_has_a_length")
        ),
        sa.CheckConstraint(
            "seconds IS NULL OR seconds > 0", name=op.f("ck_recording_seconds_positive")
        ),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_recording_size_not_negative")),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_recording_webinar_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recording_public_id")),
        sa.UniqueConstraint("webinar_id", "number", name=op.f("uq_recording_webinar_id_number")),
    )
    op.create_index(
        "uq_recording_current_webinar_id",
        "recording",
        ["webinar_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "webinar_presenter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("presenter_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["presenter_id"],
            ["presenter.id"],
            name=op.f("fk_webinar_presenter_presenter_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_webinar_presenter_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webinar_presenter")),
        sa.UniqueConstraint(
            "webinar_id", "presenter_id", name=op.f("uq_webinar_presenter_webinar_id_presenter_id")
        ),
    )
    op.create_index(
        op.f("ix_webinar_presenter_presenter_id"),
        "webinar_presenter",
        ["presenter_id"],
        unique=False,
    )
    op.create_table(
        "webinar_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["series.id"],
            name=op.f("fk_webinar_series_series_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinar.id"],
            name=op.f("fk_webinar_series_webinar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webinar_series")),
        sa.UniqueConstraint(
            "webinar_id", "series_id", name=op.f("uq_webinar_series_webinar_id_series_id")
        ),
    )
    op.create_index(
        op.f("ix_webinar_series_series_id"), "webinar_series", ["series_id"], unique=False
    )
    op.create_table(
        "caption",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_caption_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caption")),
        sa.UniqueConstraint("public_id", name=op.f("uq_caption_public_id")),
        sa.UniqueConstraint(
            "recording_id", "language", name=op.f("uq_caption_recording_id_language")
        ),
    )


def downgrade() -> None:
    op.drop_table("caption")
    op.drop_index(op.f("ix_webinar_series_series_id"), table_name="webinar_series")
    op.drop_table("webinar_series")
    op.drop_index(op.f("ix_webinar_presenter_presenter_id"), table_name="webinar_presenter")
    op.drop_table("webinar_presenter")
    op.drop_index(
        "uq_recording_current_webinar_id",
        table_name="recording",
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.drop_table("recording")
    op.drop_index("ix_handout_webinar_id_position", table_name="handout")
    op.drop_table("handout")
    op.drop_index("ix_webinar_state_held_at", table_name="webinar")
    op.drop_table("webinar")
    op.drop_table("series")
    op.drop_table("presenter")
