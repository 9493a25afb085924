"""Order sessions: the browser that placed an order can open what it bought (PRODUCT.md, S15).

Paying signs no one in, whether the address is known or new. The purchase belongs to a login without
an address until the buyer's is confirmed, so this browser opens that and nothing else.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.core.runtime import hash_secret
from lms.models.accounts import Login
from lms.models.orders import Order, OrderSession

LASTS: Final = timedelta(hours=24)


def new_token() -> str:
    """Return a secret of 256 bits for a browser's cookie."""
    return secrets.token_urlsafe(32)


def open_session(session: Session, token: str, order: Order, *, now: datetime) -> None:
    """Let the browser of a secret open what an order bought, for 24 hours or until confirmation."""
    session.execute(
        insert_into(session, OrderSession)
        .values(
            token_hash=hash_secret(token), order_id=order.id, created_at=now, expires_at=now + LASTS
        )
        .on_conflict_do_nothing()
    )


def opens_order(session: Session, token: str, order_id: int, *, now: datetime) -> bool:
    """Return whether the browser of a secret can open an order."""
    return (
        session.scalar(
            select(OrderSession.id).where(*_holds(token, now), OrderSession.order_id == order_id)
        )
        is not None
    )


def was_ended(session: Session, token: str, order_id: int, *, now: datetime) -> bool:
    """Return whether the browser of a secret ordered in the last 24 hours, and confirmation ended that."""
    found = select(OrderSession.id).where(
        OrderSession.token_hash == hash_secret(token),
        OrderSession.order_id == order_id,
        OrderSession.ended_at.is_not(None),
        OrderSession.expires_at > now,
    )
    return session.scalar(found) is not None


def buyers_of(session: Session, token: str, *, now: datetime) -> tuple[int, ...]:
    """Return the logins that own the orders of a browser, the newest order first."""
    return tuple(
        session.scalars(
            select(Order.contact_id)
            .join(OrderSession, OrderSession.order_id == Order.id)
            .join(Login, Login.id == Order.contact_id)
            .where(
                *_holds(token, now),
                Order.placed_at.is_not(None),
                Login.email.is_(None),
                Login.merged_into.is_(None),
                or_(Login.blocked_at.is_(None), Login.blocked_at > now),
            )
            .order_by(Order.placed_at.desc(), Order.id.desc())
        )
    )


def end_sessions(session: Session, order_ids: list[int], *, now: datetime) -> None:
    """End the sessions of orders whose buyer confirmed their address."""
    session.execute(
        update(OrderSession)
        .where(OrderSession.order_id.in_(order_ids), OrderSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete expired sessions."""
    session.execute(delete(OrderSession).where(OrderSession.expires_at < now))


def _holds(token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OrderSession.token_hash == hash_secret(token),
        OrderSession.ended_at.is_(None),
        OrderSession.expires_at > now,
    )
