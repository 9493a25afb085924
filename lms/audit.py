"""The audit trail: who did what to which thing, by ids only."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import bindparam, insert
from sqlalchemy.orm import Session

from lms.db import Base
from lms.lean import Driver, Lean
from lms.models.upkeep import AuditEntry

_ENTRIES: Final = Base.metadata.tables[AuditEntry.__tablename__]
Detail = Mapping[str, str | int | float | bool | None]

_RECORD: Final = Lean(
    insert(_ENTRIES).values(
        {
            name: bindparam(f"new_{name}", type_=_ENTRIES.c[name].type)
            for name in ("at", "actor", "act", "subject", "detail")
        }
    )
)


def record(
    session: Session,
    act: str,
    subject: str,
    *,
    actor: str | None,
    now: datetime,
    detail: Detail = MappingProxyType({}),
) -> None:
    """Write one act into the trail, in the transaction that does it.

    `act` is a noun and what was done to it (`job.retried`), `subject` and `actor` are outside ids; no actor
    means the command line or the house itself. `detail` holds ids, codes and numbers, never a
    name or an address: erasure must reach everything.
    """
    session.add(AuditEntry(at=now, actor=actor, act=act, subject=subject, detail=dict(detail)))


def record_on(driver: Driver, act: str, subject: str, *, actor: str | None, now: datetime) -> None:
    """Write one act without detail into the trail, on the driver: for claims, which come in crowds."""
    values: dict[str, object] = {
        "at": now,
        "actor": actor,
        "act": act,
        "subject": subject,
        "detail": {},
    }
    _RECORD.count(driver, {f"new_{name}": value for name, value in values.items()})
