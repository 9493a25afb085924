"""Uninvited buyers from past sales: chosen in batches, each invited once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from lms.core.database import insert_into
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.orders import Order, OrderLine, Terms
from lms.models.past_sales import PastBuyer


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many people were not chosen yet, how many are in a batch but not emailed, and how many were emailed."""

    left: int
    asked: int
    written: int


def note(session: Session, login_id: int, *, now: datetime) -> None:
    """Record that a person has purchases about which they were not emailed."""
    put = insert_into(session, PastBuyer).values(login_id=login_id, brought_at=now)
    session.execute(put.on_conflict_do_nothing())


def note_all(session: Session, login_ids: Iterable[int], *, now: datetime) -> None:
    """Record that people have purchases about which they were not emailed."""
    rows = [{"login_id": login_id, "brought_at": now} for login_id in sorted(set(login_ids))]
    if rows:
        session.execute(insert_into(session, PastBuyer).on_conflict_do_nothing(), rows)


def count_waiting(session: Session, *, now: datetime) -> Waiting:
    """Return how many people can be emailed, and the progress of those chosen."""
    left = session.scalar(
        select(func.count())
        .select_from(PastBuyer)
        .join(Login, Login.id == PastBuyer.login_id)
        .where(*_can_be_asked(now))
    )
    asked, written = session.execute(
        select(
            func.count().filter(PastBuyer.invited_at.is_(None)),
            func.count().filter(PastBuyer.invited_at.is_not(None)),
        )
        .select_from(PastBuyer)
        .where(PastBuyer.batch.is_not(None))
    ).one()
    return Waiting(left or 0, asked, written)


def choose(session: Session, most: int, batch: str, *, now: datetime) -> int:
    """Add the next people to a batch, in the order of their import; return how many.

    If two batches are chosen at once, each person is in only one.
    """
    chosen = (
        select(PastBuyer.login_id)
        .join(Login, Login.id == PastBuyer.login_id)
        .where(*_can_be_asked(now))
        .order_by(PastBuyer.brought_at, PastBuyer.login_id)
        .limit(most)
        .with_for_update(of=PastBuyer, skip_locked=True)
        .cte("chosen")  # evaluated once; PostgreSQL may repeat a subquery for every row
    )
    found = session.execute(
        update(PastBuyer)
        .where(PastBuyer.login_id.in_(select(chosen.c.login_id)), PastBuyer.batch.is_(None))
        .values(batch=batch)
        .returning(PastBuyer.login_id)
    )
    return len(found.all())


def take_next(session: Session, batch: str, most: int, *, now: datetime) -> Sequence[int]:
    """Return the next people of a batch, marked as emailed: the caller emails them now."""
    next_ = (
        select(PastBuyer.login_id)
        .where(PastBuyer.batch == batch, PastBuyer.invited_at.is_(None))
        .order_by(PastBuyer.login_id)
        .limit(most)
        .with_for_update(of=PastBuyer)
        .cte("next")
    )
    return session.scalars(
        update(PastBuyer)
        .where(PastBuyer.login_id.in_(select(next_.c.login_id)), PastBuyer.invited_at.is_(None))
        .values(invited_at=now)
        .returning(PastBuyer.login_id)
    ).all()


def let_go(session: Session, batch: str) -> None:
    """Return the people of a batch who were not emailed to the waiting ones."""
    session.execute(
        update(PastBuyer)
        .where(PastBuyer.batch == batch, PastBuyer.invited_at.is_(None))
        .values(batch=None)
    )


def _can_be_asked(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for people who were not chosen, can be emailed, and own something valid."""
    has_something = (
        exists()
        .where(
            Order.contact_id == PastBuyer.login_id,
            Order.terms == Terms.HISTORY,
            OrderLine.order_id == Order.id,
            Grant.order_line_id == OrderLine.id,
            Grant.revoked_at.is_(None),
            or_(Grant.ends_at.is_(None), Grant.ends_at > now),
        )
        .correlate(PastBuyer)
    )
    return (
        PastBuyer.batch.is_(None),
        Login.email.is_not(None),
        Login.merged_into.is_(None),
        Login.blocked_at.is_(None),
        has_something,
    )
