"""Uploaded lists of an organization, stored for a day between preview and import."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from lms.core.errors import NotFound
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.jobs import queue as job_queue
from lms.models.jobs import Lane
from lms.seat_imports.imports import DROP
from lms.seat_imports.uploaded_list_job import fetched
from lms.seat_imports.uploaded_list_lifecycle import NO_SUCH_LIST
from media.storage.object_keys import BadKey, checked_key
from media.storage.storage_protocol import content_type_of

KEPT_FOR: Final = timedelta(days=1)
ID_LENGTH: Final = 26


def keep_list(carrel: Carrel, organization: str, path: Path, *, now: datetime) -> str:
    """Store a list of an organization (public ID); return the list's ID.

    It is deleted automatically after a day. Call outside of transactions.
    """
    list_id = new_public_id()
    key = _key(organization, list_id)
    carrel.storage.put_file(key, path, content_type_of(key))
    with carrel.database.transaction() as session:
        drop = job_queue.enqueue(
            session, kind=DROP, lane=Lane.PROMPT, subject=list_id, payload={"key": key}, now=now
        )
        drop.run_at = now + KEPT_FOR
    return list_id


@contextmanager
def open_list(carrel: Carrel, organization: str, list_id: str) -> Iterator[BinaryIO]:
    """Open a list for reading; raises NotFound if it was deleted or belongs to another organization."""
    key = _key(organization, list_id)
    if carrel.storage.stat(key) is None:
        raise NotFound(NO_SUCH_LIST)
    with fetched(carrel, key) as file:
        yield file


def drop_list(carrel: Carrel, organization: str, list_id: str) -> None:
    """Delete a list."""
    carrel.storage.delete(_key(organization, list_id))


def _key(organization: str, list_id: str) -> str:
    if len(list_id) != ID_LENGTH or not list_id.isalnum():
        raise NotFound(NO_SUCH_LIST)
    try:
        return checked_key(f"imports/{organization}/{list_id}.csv")
    except BadKey:
        raise NotFound(NO_SUCH_LIST) from None
