"""The runtime: settings, database, and storage that the app, commands, and worker share."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

from sqlalchemy import make_url

from lms.core.acting_roles import ActingRole
from lms.core.database import Database
from lms.core.dates_and_time_zones import set_default_zone
from lms.core.languages import set_default
from lms.core.settings import Settings
from media.delivery.media_tokens import Signer
from media.storage.storage_during_migration import StoragePair
from media.storage.storage_protocol import Storage, StorageAway, open_storage

PASSWORDS: Final = ("password", "sslpassword")  # libpq takes them as options of an address, too


@dataclass(frozen=True, slots=True)
class Carrel:
    """One running installation: its settings, database, file storage and media signer.

    `old_keys` returns the previous secret key while media addresses and open forms accept it.
    """

    settings: Settings
    database: Database
    storage: Storage
    signer: Signer
    old_keys: Callable[[], tuple[str, ...]] = tuple

    def acting_as(self, role: ActingRole) -> "Carrel":
        """Return the same installation with another role for the audit entries of its actions."""
        return replace(self, database=self.database.acting_as(role))

    def accepting(self, old_keys: Callable[[], tuple[str, ...]]) -> "Carrel":
        """Return the same installation that accepts other secret keys, which are asked for at each use."""
        return replace(self, old_keys=old_keys, signer=_signer(self.settings, old_keys))


def open_carrel(settings: Settings) -> Carrel:
    """Open the database and the storage of the settings; creates only the storage's directory."""
    set_default(settings.language)
    set_default_zone(settings.zone)
    storage = open_place(settings, settings.storage_url)
    storage.prepare()
    if settings.storage_former is not None:
        former = open_place(settings, settings.storage_former)
        storage = StoragePair(storage, former)
    return Carrel(settings, Database(settings.database_url), storage, _signer(settings, tuple))


def open_without_storage(settings: Settings, fault: StorageAway) -> Carrel:
    """Open an installation whose storage can't be opened; whatever uses it raises `fault`."""
    storage = cast("Storage", _AwayStorage(fault))
    return Carrel(settings, Database(settings.database_url), storage, _signer(settings, tuple))


class _AwayStorage:
    """A storage of which everything raises why it couldn't be opened."""

    def __init__(self, fault: StorageAway) -> None:
        self._fault = fault

    def __getattr__(self, _name: str) -> object:
        raise self._fault


def database_file(url: str) -> Path | None:
    """Return the file of an SQLite database, None for PostgreSQL."""
    made = make_url(url)
    is_file = made.get_backend_name() == "sqlite"
    return Path(made.database) if is_file and made.database else None


def shown_url(url: str) -> str:
    """Return the address of a database as operators write it, without its password."""
    made = make_url(url)
    plain = made.set(drivername=made.get_backend_name()).difference_update_query(PASSWORDS)
    return plain.render_as_string(hide_password=True)


def open_place(settings: Settings, url: str) -> Storage:
    """Open one storage, with the S3 settings; raises ValueError for an unknown address."""
    return open_storage(
        url,
        endpoint=settings.s3_endpoint or "",
        region=settings.s3_region,
        access_key=settings.s3_access_key or "",
        secret_key=settings.s3_secret_key or "",
    )


def _signer(settings: Settings, old_keys: Callable[[], tuple[str, ...]]) -> Signer:
    def derived(key: str) -> bytes:
        return derived_key(key, "media addresses")

    return Signer(derived(settings.secret_key), lambda: map(derived, old_keys()))


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256, 32 bytes, under which a random secret of a link or a cookie is stored."""
    return hashlib.sha256(secret.encode()).digest()


def derived_key(secret: str, purpose: str) -> bytes:
    """Return 32 bytes derived for one purpose, so that no two uses share a key."""
    return hmac.digest(secret.encode(), f"carrel: {purpose}".encode(), hashlib.sha256)
