"""Claim methods: claim a seat by link, by invitation, or by email domain."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.accounts import accounts, login_lookup
from lms.accounts.accounts import NewLogin
from lms.core.email_addresses import Address
from lms.core.errors import N_, Conflict, Forbidden, Gone, NotFound
from lms.live import mails as live_mails
from lms.mail.links import Links
from lms.models.accounts import Login, LoginAlias
from lms.models.catalog import Webinar
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    ClaimLink,
    ClaimPolicy,
    Pool,
    VerifiedDomain,
)
from lms.seats import claim_links, claims, waitlist
from lms.seats import mails as seat_mails
from lms.seats.claim_links import LINK_IS_OVER, LinkState
from lms.seats.claims import Already, Claim, Claimed, Closed
from lms.seats.seat_counts import OPEN, Full
from lms.seats.waitlist import Offered, Waiting

SIGN_IN = N_("This address has an account. Sign in with it to claim the seat.")
TAKES_NO_ONE = N_("No one can take these seats at the moment. Ask who invited you.")
ANOTHER_ADDRESS = N_("This link is for another address. Sign in with the address it was sent to.")

LinkClaim = Claim | Waiting | Offered


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a person enters who claims a seat and has no account yet."""

    name: str
    password_hash: str


def claim_as_newcomer(
    session: Session, token: str, new: Newcomer, *, links: Links, now: datetime
) -> tuple[int, LinkClaim]:
    """Make the account of the invited address and claim; returns the login's row id and what came.

    A mailed link proves the mailbox. By a copied one the address stays unproven (S13). Raises Gone as
    `claim_by_link` does, and Conflict for an address that has an account, or a pool that takes no one.
    """
    link = claim_links.find_link(session, token)
    if link.assignment_id is None:
        raise Conflict(SIGN_IN)
    invited = session.get_one(Assignment, link.assignment_id, populate_existing=True)
    if claim_links.state_of(link, invited, now) in (LinkState.USED, LinkState.TAKEN_BACK):
        raise Gone(LINK_IS_OVER)
    if not claim_links.begins_account(session, link, invited):
        raise Conflict(SIGN_IN)
    address = Address(invited.email or "", invited.email_key or "")
    login = NewLogin(address, new.name, password_hash=new.password_hash)
    if link.is_mailed:
        account = accounts.add_login(session, login, actor=None, now=now)
    else:
        account = accounts.add_unproven(session, login, now=now)
    if invited.state in OPEN:
        invited.login_id = account.id
        session.flush()
    done = claim_by_link(session, token, account.id, links=links, actor=account.public_id, now=now)
    if isinstance(done, Closed | Full):
        raise Conflict(TAKES_NO_ONE)
    return account.id, done


def claim_by_link(
    session: Session, token: str, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> LinkClaim:
    """Take a seat by a mailed link, or by a pool's open one; write the letter that says so.

    A link that ran out claims while a seat is free, and else puts its person on the waiting list
    (S4). Raises Gone for one that was used, taken back or never was, and for who lost their seat
    since it was made; Forbidden for another person's than the invited address's, Conflict when the
    pool takes nobody.
    """
    link = claim_links.find_link(session, token)
    invited = None
    if link.assignment_id is not None:
        invited = session.get_one(Assignment, link.assignment_id, populate_existing=True)
        _check_owner(session, invited, login_id)
    state = claim_links.state_of(link, invited, now)
    if state in (LinkState.USED, LinkState.TAKEN_BACK):
        return _again(session, link.pool_id, login_id)
    if invited is None and state is LinkState.EXPIRED:
        raise Gone(LINK_IS_OVER)
    if link.is_mailed and invited is not None and invited.email_key is not None:
        accounts.confirm_address(session, login_id, invited.email_key, now=now)
    is_kept_for_them = invited is not None and state is LinkState.GOOD
    if not is_kept_for_them and _lost_since(session, link, login_id):
        raise Gone(LINK_IS_OVER)
    done = claims.claim(session, link.pool_id, login_id, actor=actor, now=now)
    if isinstance(done, Claimed):
        claim_links.use_link(session, link)
        _tell_claimed(session, link.pool_id, login_id, links=links, now=now)
    if isinstance(done, Full) and invited is not None:
        return waitlist.join(session, link.pool_id, login_id, actor=actor, now=now)
    return done


def accept(
    session: Session, pool_id: int, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> Claim:
    """Take the seat that is kept for a signed-in person, without a link, and write the letter.

    Raises NotFound when none is kept for them in this pool.
    """
    sitter = claims.asking_sitter(session, login_id)
    if claims.seat_held(session, pool_id, sitter) is None:
        raise NotFound
    done = claims.claim(session, pool_id, login_id, actor=actor, now=now)
    if isinstance(done, Claimed):
        _tell_claimed(session, pool_id, login_id, links=links, now=now)
    return done


def claim_by_domain(
    session: Session, pool_id: int, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> Claim:
    """Take a free seat by a confirmed address of the organization's own domain (S7).

    Raises NotFound where the pool doesn't let people of a domain in, or this person has no
    address of one, or was removed by a manager of that organization.
    """
    pool = session.get_one(Pool, pool_id, populate_existing=True)
    own = login_lookup.kept_login(session, login_id)
    is_open = pool.claim_policy is ClaimPolicy.DOMAIN
    if not is_open or not _has_domain(session, pool, own) or _was_removed(session, pool, own):
        raise NotFound
    done = claims.claim(session, pool_id, own, actor=actor, now=now)
    if isinstance(done, Claimed):
        _tell_claimed(session, pool_id, own, links=links, now=now)
    return done


def claim_managed(
    session: Session, pool_id: int, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> Claim:
    """Take a free seat of a pool that the person manages, and send the email about it (S12)."""
    done = claims.claim(session, pool_id, login_id, actor=actor, now=now)
    if isinstance(done, Claimed):
        _tell_claimed(session, pool_id, login_id, links=links, now=now)
    return done


def _keys_of(session: Session, login_id: int) -> list[str]:
    """Return the addresses that are surely a person's."""
    own = or_(Login.id == login_id, Login.merged_into == login_id)
    first = select(Login.email_key).where(own, Login.confirmed_at.is_not(None))
    further = select(LoginAlias.email_key).join(Login, Login.id == LoginAlias.login_id).where(own)
    return [key for query in (first, further) for key in session.scalars(query) if key]


def _has_domain(session: Session, pool: Pool, login_id: int) -> bool:
    domains = {key.rpartition("@")[2] for key in _keys_of(session, login_id)}
    known = exists().where(
        VerifiedDomain.organization_id.in_(family_of(pool.organization_id)),
        VerifiedDomain.domain.in_(domains),
    )
    return bool(session.scalar(select(known)))


def _was_removed(session: Session, pool: Pool, login_id: int) -> bool:
    keys = _keys_of(session, login_id)
    removed = (
        select(Assignment.id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            Pool.organization_id.in_(family_of(pool.organization_id)),
            Assignment.ended_as == AssignmentEnd.REMOVED,
            or_(Assignment.login_id.in_(logins_of(login_id)), Assignment.email_key.in_(keys)),
        )
    )
    return session.scalar(removed.limit(1)) is not None


def _lost_since(session: Session, link: ClaimLink, login_id: int) -> bool:
    """Tell whether a manager took this person's seat after the link was made: it gives none back."""
    lost = exists().where(
        Assignment.pool_id == link.pool_id,
        Assignment.login_id.in_(logins_of(login_id)),
        Assignment.ended_as.in_((AssignmentEnd.REMOVED, AssignmentEnd.REASSIGNED)),
        Assignment.ended_at >= link.created_at,
    )
    return bool(session.scalar(select(lost)))


def is_for(session: Session, token: str, login_id: int) -> bool:
    """Tell whether this person may claim by a link: an open one, or one for an address of theirs."""
    link = claim_links.find_link(session, token)
    if link.assignment_id is None:
        return True
    try:
        _check_owner(session, session.get_one(Assignment, link.assignment_id), login_id)
    except Forbidden:
        return False
    return True


def _check_owner(session: Session, invited: Assignment, login_id: int) -> None:
    own = login_lookup.kept_login(session, login_id)
    if invited.login_id is not None and invited.login_id == own:
        return
    its_key = session.scalar(select(Login.email_key).where(Login.id == own))
    if invited.email_key is not None and its_key == invited.email_key:
        return  # signed in with that address, proven or not
    if invited.email is not None and invited.email_key is not None:
        try:
            address = Address(invited.email, invited.email_key)
            known = login_lookup.find_known(session, address)
        except NotFound:
            known = None
        if known is not None and known.login_id == own and known.is_confirmed:
            return
    raise Forbidden(ANOTHER_ADDRESS, code="another_address")


def _again(session: Session, pool_id: int, login_id: int) -> Already:
    """Answer a second click of the same person; for anybody else the link is over."""
    held = claims.seat_held(session, pool_id, claims.asking_sitter(session, login_id))
    if held is None or held.state is not AssignmentState.CLAIMED:
        raise Gone(LINK_IS_OVER)
    return Already(held.seat)


def _tell_claimed(
    session: Session, pool_id: int, login_id: int, *, links: Links, now: datetime
) -> None:
    pool = session.get_one(Pool, pool_id)
    own = login_lookup.kept_login(session, login_id)
    entry = None
    if pool.webinar_id is not None:
        # the seat's holder is registered by it, in the next round of live webinars
        webinar = session.get_one(Webinar, pool.webinar_id)
        entry = live_mails.entry_for(session, webinar, own, links=links, now=now)
    seat_mails.send_claimed(session, own, pool, entry, links=links, now=now)
