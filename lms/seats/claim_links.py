"""Claim links: 256 random bits of which only the hash is stored (PRODUCT.md, S5)."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import accounts, login_lookup
from lms.core.email_addresses import Address, masked
from lms.core.errors import N_, Gone, Invalid
from lms.core.runtime import hash_secret
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, ClaimLink, Pool, Seat
from lms.seats.mails import About, about_pool
from lms.seats.seat_counts import OPEN

MOST_USES: Final = 10_000
LINK_IS_OVER = N_("This link was already used or withdrawn. Ask for a new one.")
BAD_EXPIRY = N_("Choose a time in the future.")
BAD_LIMIT = N_("Enter a number of people from 1 to 10,000.")


class LinkState(StrEnum):
    """The state of a claim link; an expired one can still claim while a seat is free (S4)."""

    GOOD = "good"
    EXPIRED = "expired"
    USED = "used"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link, its pool, the assignment it invites to (None for a shared link), and its state."""

    link: ClaimLink
    about: About
    invited: Assignment | None
    state: LinkState


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What a link's page shows before sign-in: no complete address, and no name of a person in a seat.

    `for_whom` is the masked address of the invited person, "" for a shared link. `invited_by` is ""
    if no person invited them. `slug` is that of what the pool covers; `webinar` is the slug if the
    pool covers one webinar, and `is_off` says that it was canceled or removed. `begins_account` means
    that the invited address has no account yet, so that claiming creates one (S13); only then are
    `name` and `email` set, as invited.
    """

    pool: str
    organization: str
    covers: str
    slug: str
    webinar: str | None
    invited_by: str
    for_whom: str
    is_open: bool
    state: LinkState
    has_room: bool
    is_off: bool
    begins_account: bool
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class OpenLinkFacts:
    """A pool's shared link as its managers see it; the URL itself is shown only once."""

    public_id: str
    expires_at: datetime
    uses: int
    most_uses: int


def add_link(
    session: Session,
    assignment: Assignment,
    *,
    is_mailed: bool,
    expires_at: datetime,
    now: datetime,
) -> str:
    """Add a link to an invitation and return its token; earlier links still work.

    `is_mailed` means that the link is only emailed to the invited address, so using it proves the
    address.
    """
    return _keep(
        session,
        ClaimLink(
            token_hash=b"",
            pool_id=assignment.pool_id,
            assignment_id=assignment.id,
            is_mailed=is_mailed,
            created_at=now,
            expires_at=expires_at,
        ),
    )


def void_links(session: Session, assignment_id: int, *, now: datetime) -> None:
    """Revoke all links of an invitation."""
    session.execute(
        update(ClaimLink)
        .where(ClaimLink.assignment_id == assignment_id, ClaimLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def extend_links(session: Session, assignment_id: int, *, until: datetime) -> None:
    """Extend the links of an invitation that aren't revoked."""
    session.execute(
        update(ClaimLink)
        .where(ClaimLink.assignment_id == assignment_id, ClaimLink.revoked_at.is_(None))
        .values(expires_at=until)
    )


def open_link(
    session: Session,
    pool_id: int,
    *,
    expires_at: datetime,
    most_uses: int,
    actor: str | None,
    now: datetime,
) -> str:
    """Create the pool's shared link and return its token; the previous one stops working.

    Anyone who has it can claim, so it has an expiry and a limit on uses (S5). Raises Invalid.
    """
    if expires_at <= now:
        raise Invalid(BAD_EXPIRY, field="expires_at")
    if not 1 <= most_uses <= MOST_USES:
        raise Invalid(BAD_LIMIT, field="most_uses")
    _void_open_links(session, pool_id, now=now)
    link = ClaimLink(
        token_hash=b"",
        pool_id=pool_id,
        most_uses=most_uses,
        created_at=now,
        expires_at=expires_at,
    )
    token = _keep(session, link)
    audit.record(session, "link.opened", link.public_id, actor=actor, now=now)
    return token


def close_open_link(session: Session, pool_id: int, *, actor: str | None, now: datetime) -> None:
    """Turn off the pool's shared link; people who claimed with it keep their seats."""
    closed = _void_open_links(session, pool_id, now=now)
    for public_id in closed:
        audit.record(session, "link.closed", public_id, actor=actor, now=now)


def find_open_link(session: Session, pool_id: int, *, now: datetime) -> OpenLinkFacts | None:
    """Return a pool's working shared link, or None."""
    row = session.execute(
        select(
            ClaimLink.public_id,
            ClaimLink.expires_at,
            ClaimLink.uses,
            ClaimLink.most_uses,
        )
        .where(
            ClaimLink.pool_id == pool_id,
            ClaimLink.assignment_id.is_(None),
            ClaimLink.revoked_at.is_(None),
            ClaimLink.expires_at > now,
        )
        .order_by(ClaimLink.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else OpenLinkFacts(*row)


def find_link(session: Session, token: str, *, now: datetime) -> FoundLink:
    """Return the link for a token, with its state; raises Gone for an unknown token."""
    link = session.scalar(
        select(ClaimLink)
        .where(ClaimLink.token_hash == hash_secret(token))
        .execution_options(populate_existing=True)
    )
    if link is None:
        raise Gone(LINK_IS_OVER)
    invited = None
    if link.assignment_id is not None:
        invited = session.get_one(Assignment, link.assignment_id, populate_existing=True)
    about = about_pool(session, session.get_one(Pool, link.pool_id, populate_existing=True))
    return FoundLink(link, about, invited, _state_of(link, invited, now))


def use_link(session: Session, link: ClaimLink) -> None:
    """Count one use, never more than the link allows, even under concurrency. Raises Gone."""
    used = session.scalar(
        update(ClaimLink)
        .where(
            ClaimLink.id == link.id,
            ClaimLink.uses < ClaimLink.most_uses,
            ClaimLink.revoked_at.is_(None),
        )
        .values(uses=ClaimLink.uses + 1)
        .returning(ClaimLink.id)
    )
    if used is None:
        raise Gone(LINK_IS_OVER)


def facts_of(session: Session, found: FoundLink) -> LinkFacts:
    """Return what a link's page shows before sign-in."""
    link, about, invited = found.link, found.about, found.invited
    pool = about.pool
    begins = invited is not None and begins_account(session, link, invited)
    return LinkFacts(
        pool=pool.public_id,
        organization=about.organization,
        covers=about.covers,
        slug=about.slug,
        webinar=about.webinar,
        invited_by=_by_whom(session, link, invited),
        for_whom=masked(invited.email) if invited is not None and invited.email else "",
        is_open=invited is None,
        state=found.state,
        has_room=pool.capacity is None or pool.used < pool.capacity,
        is_off=about.is_off,
        begins_account=begins,
        name=invited.name if invited is not None and begins else "",
        email=(invited.email or "") if invited is not None and begins else "",
    )


def begins_account(session: Session, link: ClaimLink, invited: Assignment) -> bool:
    """Return whether claiming with a link creates the account of the invited address (S13).

    An emailed link also takes over an unconfirmed account created with a copied link, because that
    account's address was never proven.
    """
    if invited.email is None or invited.email_key is None:
        return False
    known = login_lookup.look_up(session, Address(invited.email, invited.email_key))
    if known is None:
        return True
    if known.is_confirmed:
        return False
    return link.is_mailed or not accounts.read_account(session, known.own_id).has_password


def _state_of(link: ClaimLink, invited: Assignment | None, now: datetime) -> LinkState:
    if link.uses >= link.most_uses:
        return LinkState.USED
    if link.revoked_at is not None:
        return LinkState.TAKEN_BACK
    if invited is not None and invited.state not in OPEN:
        is_theirs = invited.state is not AssignmentState.RELEASED
        if is_theirs:
            return LinkState.USED
        ran_out = invited.ended_as is AssignmentEnd.EXPIRED
        return LinkState.EXPIRED if ran_out else LinkState.TAKEN_BACK
    return LinkState.GOOD if link.expires_at > now else LinkState.EXPIRED


def _by_whom(session: Session, link: ClaimLink, invited: Assignment | None) -> str:
    acts = ["seat.invited", "seat.readdressed", "seat.reassigned", "link.opened"]
    about = link.public_id
    if invited is not None:
        about = session.scalars(select(Seat.public_id).where(Seat.id == invited.seat_id)).one()
    name = session.scalar(
        select(Login.name)
        .join(AuditEntry, AuditEntry.actor == Login.public_id)
        .where(AuditEntry.subject == about, AuditEntry.act.in_(acts))
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return name or ""


def _void_open_links(session: Session, pool_id: int, *, now: datetime) -> list[str]:
    return list(
        session.scalars(
            update(ClaimLink)
            .where(
                ClaimLink.pool_id == pool_id,
                ClaimLink.assignment_id.is_(None),
                ClaimLink.revoked_at.is_(None),
            )
            .values(revoked_at=now)
            .returning(ClaimLink.public_id)
        )
    )


def _keep(session: Session, link: ClaimLink) -> str:
    token = secrets.token_urlsafe(32)
    link.token_hash = hash_secret(token)
    session.add(link)
    session.flush()
    return token
