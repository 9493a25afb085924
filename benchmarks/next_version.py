"""A simulated next version, for upgrades under load.

It adds a column, a table, an index, and a status value, and drops a column that this version
doesn't read.
"""

import shutil
from pathlib import Path
from typing import Final

from sqlalchemy import text

from lms.core.database import Database
from lms.migrations import head
from lms.worker.web_and_worker_supervisor import ROOT

PRODUCT: Final = ("lms", "lti", "media", "templates")
EXPAND: Final = "20991231_next"
BESIDE: Final = "20991231_next_index"
# Release N allows and reads the value; only release N + 1 writes it, so old code never reads it.
MODEL: Final = (
    ('    TAKEN_OVER = "taken_over"\n', '    TAKEN_OVER = "taken_over"\n    PAUSED = "paused"\n'),
    (
        "    is_preview: Mapped[bool] = mapped_column(default=False)\n",
        "    is_preview: Mapped[bool] = mapped_column(default=False)\n"
        '    stars: Mapped[int] = mapped_column(default=3, server_default="3")\n',
    ),
)
MIGRATION: Final = '''"""{what}."""

import sqlalchemy as sa
from alembic import op

from lms.migrations import beside_writers
from lms.models.playback import PlaybackEnd

revision = "{revision}"
down_revision = "{follows}"
branch_labels = depends_on = None
CHECK = "ck_playback_session_playbackend"
ENDS = ", ".join(f"'{{one.value}}'" for one in PlaybackEnd)


def upgrade() -> None:
{upgrades}

def downgrade() -> None:
    pass
'''
EXPANDS: Final = """\
    op.create_table(
        "star",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("session_id", sa.Integer(), sa.ForeignKey("playback_session.id")),
    )
    op.add_column(
        "playback_session", sa.Column("stars", sa.Integer(), server_default="3", nullable=False)
    )
    op.drop_column("playback_session", "unread")
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("playback_session") as table:
            table.drop_constraint(op.f(CHECK), type_="check")
            table.create_check_constraint(op.f(CHECK), f"ended_as IN ({ENDS})")
    else:
        op.drop_constraint(op.f(CHECK), "playback_session", type_="check")
        op.execute(
            f"ALTER TABLE playback_session ADD CONSTRAINT {CHECK} CHECK (ended_as IN ({ENDS})) NOT VALID"
        )
"""
ADDS_BESIDE: Final = """\
    with beside_writers():
        op.create_index(
            "ix_playback_session_beat_at",
            "playback_session",
            ["beat_at"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        if op.get_bind().dialect.name != "sqlite":
            op.execute(f"ALTER TABLE playback_session VALIDATE CONSTRAINT {CHECK}")
"""


def install(place: Path) -> Path:
    """Install this version into a directory and return it."""
    for name in PRODUCT:
        shutil.copytree(ROOT / name, place / name)
    shutil.copy2(ROOT / "wsgi.py", place)
    return place


def add_unread_column(database: Database) -> None:
    """Add a column that only an older version read; the next version drops it."""
    with database.transaction() as session:
        session.execute(text("ALTER TABLE playback_session ADD COLUMN unread VARCHAR(20)"))


def install_next(place: Path) -> None:
    """Install the next version over this one."""
    versions = place / "lms/migrations/versions"
    for revision, follows, upgrades in (
        (EXPAND, head(), EXPANDS),
        (BESIDE, EXPAND, ADDS_BESIDE),
    ):
        script = MIGRATION.format(
            what="The next version", revision=revision, follows=follows, upgrades=upgrades
        )
        (versions / f"{revision}.py").write_text(script)
    model = place / "lms/models/playback.py"
    source = model.read_text()
    for before, after in MODEL:
        if before not in source:
            raise LookupError(before)
        source = source.replace(before, after, 1)
    model.write_text(source)
