"""Lists that an organisation sent, kept for a day between the dry run and taking them in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from lms import jobs
from lms.db import new_public_id
from lms.errors import NotFound
from lms.import_view import NO_SUCH_LIST
from lms.importing import fetched
from lms.imports import DROP
from lms.models.jobs import Lane
from lms.runtime import Carrel
from media.keys import BadKey, checked_key
from media.storage import content_type_of

KEPT_FOR: Final = timedelta(days=1)
ID_LENGTH: Final = 26


def keep_list(carrel: Carrel, organisation: str, path: Path, *, now: datetime) -> str:
    """Store a list of an organisation's, named by its outside id; returns the list's id.

    It goes by itself after a day. Call it outside any transaction.
    """
    list_id = new_public_id()
    key = _key(organisation, list_id)
    carrel.storage.put_file(key, path, content_type_of(key))
    with carrel.database.transaction() as session:
        drop = jobs.enqueue(
            session, kind=DROP, lane=Lane.PROMPT, subject=list_id, payload={"key": key}, now=now
        )
        drop.run_at = now + KEPT_FOR
    return list_id


@contextmanager
def open_list(carrel: Carrel, organisation: str, list_id: str) -> Iterator[BinaryIO]:
    """Open a list for reading; raises NotFound for one that is gone, or another organisation's."""
    key = _key(organisation, list_id)
    if carrel.storage.stat(key) is None:
        raise NotFound(NO_SUCH_LIST)
    with fetched(carrel, key) as file:
        yield file


def drop_list(carrel: Carrel, organisation: str, list_id: str) -> None:
    """Throw a list away."""
    carrel.storage.delete(_key(organisation, list_id))


def _key(organisation: str, list_id: str) -> str:
    if len(list_id) != ID_LENGTH or not list_id.isalnum():
        raise NotFound(NO_SUCH_LIST)
    try:
        return checked_key(f"imports/{organisation}/{list_id}.csv")
    except BadKey:
        raise NotFound(NO_SUCH_LIST) from None
