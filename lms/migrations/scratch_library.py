"""The scratch installation of a self-test: a separate database and files, deleted afterward."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from media.delivery.delivery_modes import Way

PREFIX: Final = "trial-"
LEFT_OVER_AFTER_S: Final = 3600.0


@contextmanager
def scratch_library(settings: Settings, *, base_url: str, now: datetime) -> Iterator[Carrel]:
    """Create a temporary installation with the same migrations, and delete it afterward.

    It shares only the code and the time zone with the real one: database, files, keys, emails and
    limits are separate or absent. Leftovers of a killed self-test are deleted by the next one.
    """
    _sweep(settings.scratch, now)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.scratch) as place:
        here = Path(place)
        (here / "files").mkdir()
        carrel = open_carrel(
            replace(
                settings,
                data_dir=here,
                scratch=here,
                base_url=base_url,
                secret_key=secrets.token_urlsafe(48),
                database_url=f"sqlite:///{here / 'library.sqlite3'}",
                delivery=Way.EMBEDDED,
                storage_former=None,
                storage_url=(here / "files").as_uri(),
                redis_url=None,
                smtp_url=None,
                trusted_proxies=(),
            )
        )
        try:
            upgrade(carrel.database)
            yield carrel
        finally:
            carrel.database.dispose()


def _sweep(scratch: Path, now: datetime) -> None:
    for left in scratch.glob(f"{PREFIX}*"):
        try:
            is_old = left.stat().st_mtime < now.timestamp() - LEFT_OVER_AFTER_S
        except OSError:
            continue  # another self-test has just ended
        if is_old:
            shutil.rmtree(left, ignore_errors=True)
