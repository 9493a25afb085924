"""Linked accounts: a login's platform identities, and the reverse."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.errors import NotFound
from lms.lti_facade.login_merges import persons_logins
from lti.models.identities import Identity, IdentityLink
from lti.people.identities_joined_by_mappings import one_person
from lti.people.identity_names_and_platforms import Origin, origins_of


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """An LMS person linked to a login; `linked_at` is None unless they requested the link themselves."""

    public_id: str
    origin: Origin
    linked_at: datetime | None
    seen_at: datetime


def list_linked(session: Session, login_id: int) -> tuple[LinkedIdentity, ...]:
    """Return the LMS identities that are linked to a login, most recently seen first."""
    logins = persons_logins(session, login_id)[1:]
    standing = (
        select(func.max(IdentityLink.confirmed_at))
        .where(IdentityLink.identity_id == Identity.id, IdentityLink.ended_at.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(Identity.id, Identity.public_id, Identity.seen_at, standing.label("linked_at"))
        .where(Identity.login_id.in_(logins))
        .order_by(Identity.seen_at.desc(), Identity.id)
    ).all()
    origins = origins_of(session, [row.id for row in rows])
    return tuple(
        LinkedIdentity(row.public_id, origins[row.id], row.linked_at, row.seen_at) for row in rows
    )


def find_linked(session: Session, login_id: int, identity_id: str) -> LinkedIdentity:
    """Return one of a login's linked identities by public ID; raises NotFound for another person's."""
    for one in list_linked(session, login_id):
        if one.public_id == identity_id:
            return one
    raise NotFound


def companions(session: Session, login_id: int, identity_id: str) -> tuple[LinkedIdentity, ...]:
    """Return the other identities that are unlinked with one (public ID): an applied mapping joins them."""
    linked = list_linked(session, login_id)
    row_id = session.scalars(select(Identity.id).where(Identity.public_id == identity_id)).one()
    together = {one.public_id for one in one_person(session, row_id)} - {identity_id}
    return tuple(one for one in linked if one.public_id in together)


def find_sent_to(session: Session, identity_id: int, *, now: datetime) -> str | None:
    """Return the address that a platform person's open link was emailed to, or None; `identity_id` is a row id."""
    return session.scalar(
        select(IdentityLink.email).where(
            IdentityLink.identity_id == identity_id,
            IdentityLink.confirmed_at.is_(None),
            IdentityLink.ended_at.is_(None),
            IdentityLink.expires_at > now,
        )
    )
