"""The audit trail: who did what to which thing, by ids only."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from lms.models.upkeep import AuditEntry

Detail = Mapping[str, str | int | float | bool | None]


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
