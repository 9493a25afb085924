"""The export: everything that an installation has, in formats that any program reads.

    tables/NAME.jsonl    one JSON object for each row
    files/KEY            the stored files
    README.txt           what is where

Secrets are left out: hashes of passwords and links, and private keys. All other values are as the
database stores them.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import N_, Conflict
from lms.core.version import VERSION
from lms.operations.row_copy import tables
from media.storage.errors_and_file_facts import Missing
from media.storage.storage_protocol import Storage

BATCH: Final = 1_000
SECRETS: Final = ("private_key", "sealed_secret")
SECRET_ENDS: Final = ("_hash",)
README: Final = """Exported from Carrel {version} at {at}.

tables/NAME.jsonl  one JSON object for each row of a table, one per line. Times are in UTC (ISO 8601),
                   money is in cents, and bytes are in Base64. A column that ends in _id is the id of
                   a row in another table. Certificates are in certificate.jsonl; customer orders,
                   documents, and payments are in the tables of those names.
files/KEY          the stored files. The columns that end in "key" name them: original recordings are
                   in files/originals, processed recordings (HLS and MP4) in files/renditions,
                   captions (WebVTT) beside them, and invoices and other documents as PDFs.

Not included: hashes of passwords and of secret links, private keys, and secrets of
authenticator apps.
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written."""

    directory: str
    tables: int
    rows: int
    files: int


def export(
    database: Database,
    storage: Storage,
    directory: Path,
    *,
    now: datetime,
    tell: Callable[[int], None] = lambda _files: None,
) -> Exported:
    """Write everything into an empty directory; raises Conflict if it isn't empty.

    All rows are as of one point in time. A file that is deleted meanwhile is left out. `tell` is called with the number of files so far.
    """
    if directory.exists() and any(directory.iterdir()):
        raise Conflict(N_("The directory isn't empty. Use a new one."), code="not_empty")
    (directory / "tables").mkdir(parents=True)
    directory.chmod(0o700)
    with database.snapshot() as session:
        rows = sum(_write(session, table, directory / "tables") for table in tables())
    files = 0
    for key in storage.list(""):
        path = directory / "files" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            storage.fetch(key, path)
        except Missing:  # deleted since it was listed
            continue
        files += 1
        tell(files)
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    (directory / "README.txt").write_text(README.format(version=VERSION, at=at), encoding="utf-8")
    return Exported(str(directory), len(tables()), rows, files)


def _write(session: Session, table: Table, folder: Path) -> int:
    shown = [column for column in table.columns if not _is_secret(column.name)]
    query = select(*shown).order_by(*table.primary_key.columns)
    rows = 0
    with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
        found = session.execute(query, execution_options={"yield_per": BATCH})
        for row in found.mappings():
            file.write(json.dumps(_plain(row), ensure_ascii=False) + "\n")
            rows += 1
    return rows


def _is_secret(name: str) -> bool:
    return name in SECRETS or name.endswith(SECRET_ENDS)


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in row.items()}


def _value(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal():
            return str(value)
        case _:
            return value
