"""Assign lines: seats that a manager can assign, with the next step for each pool (S12)."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.models.grants import Scope
from lms.seats.seats_to_assign import ToAssign, seats_to_assign
from lms.web.core.current_user import Viewer
from lms.web.seats.pool_texts import CHOOSE_PURPOSE, pool_title, seats_line


@dataclass(frozen=True, slots=True)
class AssignLine:
    """A pool with seats to assign; `take_url` is None if the manager already has one of them."""

    title: str
    organization: str
    words: str
    take_url: str | None
    second: tuple[str, str]  # another action: its label and URL
    area_url: str
    slug: str | None  # of the webinar, if the pool is for one


def assign_lines(session: Session, person: Viewer, *, now: datetime) -> list[AssignLine]:
    """Return the pools with seats that a person can assign, newest first."""
    if not person.manages:
        return []
    return [_line(each) for each in seats_to_assign(session, person.login_id, now=now)]


def _line(each: ToAssign) -> AssignLine:
    card, organization_id = each.pool, each.organization_id
    return AssignLine(
        title=pool_title(card),
        organization=each.organization,
        words=seats_line(card.unassigned, has_own=each.has_own),
        take_url=None if each.has_own else take_url(card.public_id),
        second=_second(each),
        area_url=url_for("organizations.overview", organization_id=organization_id),
        slug=card.target if card.scope is Scope.WEBINAR else None,
    )


def _second(each: ToAssign) -> tuple[str, str]:
    card, organization_id = each.pool, each.organization_id
    if card.awaits_purpose:
        return _(CHOOSE_PURPOSE), purpose_url(organization_id, card.public_id)
    url = url_for(
        "organization_inviting.begin", organization_id=organization_id, pool=card.public_id
    )
    return _("Invite people"), url


def purpose_url(organization_id: str, pool: str) -> str:
    """Return the page where a manager chooses who unlimited seats are for."""
    return url_for("organization_purpose.ask", organization_id=organization_id, pool_id=pool)


def take_url(pool: str) -> str:
    """Return the URL to which a manager posts to claim a seat of a pool."""
    return url_for("own_seats.claim", pool=pool)
