"""The audit log: records who did what to which object, by IDs only."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from lms.core.acting_roles import ActingRole, acting_role
from lms.core.bulk_insert import write_rows
from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.model_base import Base
from lms.models.audit import AuditEntry

_ENTRIES: Final = Base.metadata.tables[AuditEntry.__tablename__]
Detail = Mapping[str, str | int | float | bool | None]
NO_DETAIL: Final[Detail] = MappingProxyType({})

_RECORD: Final = CompiledStatement(
    insert(_ENTRIES).values(
        {
            name: bindparam(f"new_{name}", type_=_ENTRIES.c[name].type)
            for name in ("at", "actor", "role", "act", "subject", "detail")
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
    detail: Detail = NO_DETAIL,
) -> None:
    """Record one act in the trail, in the transaction that does it.

    `act` is a noun and what was done to it (`job.retried`), `subject` and `actor` are public IDs; no
    actor means that no one was signed in. The role is the session's (lms/core/acting_roles.py).
    `detail` has IDs, codes and numbers, never a name or an address: erasure must reach everything.
    """
    session.add(
        AuditEntry(
            at=now,
            actor=actor,
            role=acting_role(session),
            act=act,
            subject=subject,
            detail=dict(detail),
        )
    )


def record_all(
    session: Session,
    act: str,
    subjects: Iterable[tuple[str, Detail]],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Record one act on many objects in the trail, each with its detail, at once."""
    role = acting_role(session)
    rows = [
        {
            "at": now,
            "actor": actor,
            "role": role,
            "act": act,
            "subject": subject,
            "detail": dict(detail),
        }
        for subject, detail in subjects
    ]
    write_rows(session, AuditEntry, rows)


def record_on(
    driver: Driver, act: str, subject: str, *, actor: str | None, role: ActingRole, now: datetime
) -> None:
    """Record one act without detail on the driver connection: for claims, which come in bursts."""
    values: dict[str, object] = {
        "at": now,
        "actor": actor,
        "role": role,
        "act": act,
        "subject": subject,
        "detail": {},
    }
    _RECORD.count(driver, {f"new_{name}": value for name, value in values.items()})


def last_act(session: Session, act: str) -> AuditEntry | None:
    """Return the latest audit entry of an action."""
    newest = select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id.desc())
    return session.scalar(newest.limit(1))


def subjects_of(session: Session, act: str, subjects: Iterable[str]) -> frozenset[str]:
    """Return those of the subjects to which an act was done."""
    columns = _ENTRIES.c
    done = select(columns.subject).where(columns.act == act, columns.subject.in_(list(subjects)))
    return frozenset(session.scalars(done.distinct()))
