"""Exemptions: which exemption certificate of a payer covers a state on a day, and which one has ended (M13)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.tax import Exemption
from lms.organizations.payers import Payer


def covering_paper(
    session: Session, payer: Payer, *, state: str, on: date, by: datetime | None = None
) -> Exemption | None:
    """Return the first exemption certificate of a payer that covers a state on a day; None without one.

    With `by`, only papers added by then count.
    """
    papers = (one for one in _papers(session, payer, state) if by is None or one.created_at <= by)
    return next((one for one in papers if _holds(one, on)), None)


def ended_paper(session: Session, payer: Payer, *, state: str, on: date) -> Exemption | None:
    """Return the exemption certificate that ended last before a day, if none covers the state on that day."""
    papers = _papers(session, payer, state)
    if any(_holds(one, on) for one in papers):
        return None
    return max(papers, key=lambda one: one.until or on, default=None)


def _holds(paper: Exemption, on: date) -> bool:
    return paper.until is None or paper.until >= on


def _papers(session: Session, payer: Payer, state: str) -> Sequence[Exemption]:
    theirs = select(Exemption).where(payer.owns(Exemption))
    papers = session.scalars(theirs.order_by(Exemption.id))
    return [one for one in papers if not one.states or state in one.states.split()]
