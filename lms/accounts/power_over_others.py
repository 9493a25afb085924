"""Power over others: accounts on our team or that manage an organization, which only their own address opens."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.accounts import browser_sessions, login_lookup
from lms.mail import link_tokens_and_codes
from lms.models.accounts import Login
from lms.models.organizations import MANAGING, Membership


def has_power(session: Session, login_id: int) -> bool:
    """Return whether signing in with a login opens an account on our team, or that manages an organization."""
    kept_id = login_lookup.kept_login(session, login_id)
    on_team = exists().where(Login.id == kept_id, Login.seller_role.is_not(None))
    manages = exists().where(
        Membership.login_id.in_(logins_of(kept_id)), Membership.role.in_(MANAGING)
    )
    return bool(session.scalar(select(or_(on_team, manages))))


def close_before_power(
    session: Session, login_ids: Collection[int], *, actor: str | None, now: datetime
) -> None:
    """Close what other people may have opened of logins that get power over others.

    That is emailed links, and the browsers of an account with addresses that staff added or merged
    before: their owners could sign in while it opened less. Browsers stay for what a person (`actor`) did
    alone, and if there is no actor, as when an order that they placed is paid.
    """
    link_tokens_and_codes.void_before_power(session, login_ids, actor=actor, now=now)
    if actor is None:
        return
    others = select(Login.id).where(Login.id.in_(login_ids), Login.public_id != actor)
    for login_id in session.scalars(others.order_by(Login.id)).all():
        kept_id = login_lookup.kept_login(session, login_id)
        if login_lookup.list_further(session, kept_id):
            browser_sessions.end_ways_in(session, kept_id, now=now)
