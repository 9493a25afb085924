"""A filled SQLite library and an empty PostgreSQL database, for tests that copy between them."""

import tempfile
from functools import cache
from pathlib import Path

from lms.core.database import Database
from lms.core.model_base import Base
from lms.core.runtime import Carrel
from lms.housekeeping.storage_audit import _named
from lms.migrations import upgrade
from lms.models.recordings import Recording
from tests.cast import Cast, assemble
from tests.rules.valid_rows import put

MASTER = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhigh.m3u8\n"
VARIANT = b"""#EXTM3U
#EXT-X-MAP:URI="high.mp4",BYTERANGE="100@0"
#EXTINF:6.0,
#EXT-X-BYTERANGE:400@100
high.mp4
#EXT-X-ENDLIST
"""


def filled_library(path: Path) -> tuple[Database, Cast]:
    """Create an SQLite database with the cast and at least one row in every table."""
    whole, cast = _filled_file()
    path.write_bytes(whole)
    return Database(f"sqlite:///{path}"), cast


@cache
def _filled_file() -> tuple[bytes, Cast]:
    # once per process: each test would spend half a second on the same migrations
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "carrel.sqlite3")
        database = Database(f"sqlite:///{path}")
        upgrade(database)
        with database.transaction() as session:
            cast = assemble(session)
        with database.transaction() as session:
            connection = session.connection()
            for table in Base.metadata.sorted_tables:
                if connection.execute(table.select().limit(1)).first() is None:
                    put(connection, table.name)
        database.dispose()
        return path.read_bytes(), cast


def store_files(carrel: Carrel, cast: Cast) -> None:
    """Store every file that a row names, and a playable recording of the cast."""
    with carrel.database.read_session() as session:
        recording = session.get_one(Recording, cast.recording_id)
        run = f"renditions/{recording.public_id}/{recording.run}"
    files = {one.key: bytes(one.size or 10) for one in _named(carrel.database)}
    files |= {
        f"{run}/master.m3u8": MASTER,
        f"{run}/high.m3u8": VARIANT,
        f"{run}/high.mp4": bytes(500),
    }
    for key, data in files.items():
        carrel.storage.put_bytes(key, data, "application/octet-stream")
