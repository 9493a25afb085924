"""Owners of requests: the people of our team who can answer them, and who usually does."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.models.accounts import Login, SellerRole
from lms.models.requests import DeskRequest, RequestKind

_ANSWERS: Final = (
    Login.seller_role.in_((SellerRole.OWNER, SellerRole.STAFF)),
    Login.blocked_at.is_(None),
    Login.merged_into.is_(None),
)


def list_owners(session: Session) -> Sequence[tuple[str, str]]:
    """Return the public ID and name of each person of our team who can answer requests, by name."""
    rows = session.execute(
        select(Login.public_id, Login.name)
        .where(*_ANSWERS)
        .order_by(func.lower(Login.name), Login.id)
    )
    return [(public_id, name) for public_id, name in rows]


def find_owner(session: Session, public_id: str | None) -> int | None:
    """Return the row ID of a person of our team who can answer requests; None for anyone else."""
    return session.scalar(select(Login.id).where(Login.public_id == public_id, *_ANSWERS))


def usual_owner(session: Session, kind: RequestKind) -> int | None:
    """Return the row ID of who closed the last request of a kind, or else of our first owner."""
    last = (
        select(DeskRequest.owner_id)
        .join(Login, Login.id == DeskRequest.owner_id)
        .where(DeskRequest.kind == kind, DeskRequest.closed_at.is_not(None), *_ANSWERS)
        .order_by(DeskRequest.closed_at.desc(), DeskRequest.id.desc())
        .limit(1)
    )
    first = select(func.min(Login.id)).where(Login.seller_role == SellerRole.OWNER, *_ANSWERS)
    return session.scalar(last) or session.scalar(first)
