"""Claim methods: claim a seat by link, by invitation, or by email domain."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of, logins_of_kept
from lms.access.merged_organizations import family_of
from lms.access.self_enrollment import is_bar
from lms.accounts import accounts, login_lookup
from lms.accounts.accounts import NewLogin
from lms.core.email_addresses import Address
from lms.core.errors import N_, Conflict, Forbidden, Gone, NotFound
from lms.live import mails as live_mails
from lms.mail.links import Links
from lms.models.accounts import Login, LoginAlias
from lms.models.catalog import Webinar
from lms.models.seats import (
    BY_A_MANAGER,
    Assignment,
    AssignmentState,
    ClaimLink,
    ClaimPolicy,
    Pool,
    VerifiedDomain,
)
from lms.seats import claim_links, claims, waitlist
from lms.seats import mails as seat_mails
from lms.seats.claim_links import LINK_IS_OVER, FoundLink, LinkState
from lms.seats.claim_statements import Full
from lms.seats.claims import Already, Claim, Claimed, Closed
from lms.seats.mails import About
from lms.seats.seat_counts import OPEN
from lms.seats.waitlist import Offered, Waiting
from lms.seats.waitlist_offers import IS_OFF_NOW

SIGN_IN = N_("This address has an account. Sign in with it to claim the seat.")
TAKES_NO_ONE = N_("No one can claim these seats right now. Ask the person who invited you.")
ANOTHER_ADDRESS = N_("This link is for another address. Sign in with the address it was sent to.")

LinkClaim = Claim | Waiting | Offered

_LOST = select(
    exists().where(
        Assignment.pool_id == bindparam("pool"),
        Assignment.login_id.in_(logins_of(bindparam("login"))),
        Assignment.ended_as.in_(BY_A_MANAGER),
        Assignment.ended_at >= bindparam("since"),
    )
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a person without an account enters to claim a seat."""

    name: str
    password_hash: str


def claim_as_newcomer(
    session: Session, found: FoundLink, new: Newcomer, *, links: Links, now: datetime
) -> tuple[int, LinkClaim]:
    """Create the account of the invited address and claim; return the login's row ID and the result.

    An emailed link proves the address; after a copied one it stays unconfirmed (S13). Raises Gone
    as `claim_by_link` does, and Conflict if the address has an account or the pool admits no one.
    """
    link, invited = found.link, found.invited
    if invited is None:
        raise Conflict(SIGN_IN)
    if found.state in (LinkState.USED, LinkState.TAKEN_BACK):
        raise Gone(LINK_IS_OVER)
    if not claim_links.begins_account(session, link, invited):
        raise Conflict(SIGN_IN)
    address = Address(invited.email or "", invited.email_key or "")
    login = NewLogin(address, new.name, password_hash=new.password_hash)
    if link.is_mailed:
        account = accounts.add_proven(session, login, now=now)
    else:
        account = accounts.add_unproven(session, login, now=now)
    if invited.state in OPEN:
        invited.login_id = account.id
        session.flush()
    done = claim_by_link(session, found, account.id, links=links, actor=account.public_id, now=now)
    if isinstance(done, Closed | Full):
        raise Conflict(TAKES_NO_ONE)
    return account.id, done


def claim_by_link(
    session: Session,
    found: FoundLink,
    login_id: int,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> LinkClaim:
    """Claim a seat with an invitation link or a pool's shared link, and email a confirmation.

    An expired invitation link claims while a seat is free, and otherwise adds the person to the
    waitlist (S4). Raises Gone for a used or revoked link, and if the person's seat was taken since
    the link was made; Forbidden if the link is for another address; Conflict if the webinar was
    canceled or removed. Returns Closed if the pool admits no one.
    """
    link, invited, state = found.link, found.invited, found.state
    if invited is not None:
        _check_owner(session, invited, login_id)
    if state in (LinkState.USED, LinkState.TAKEN_BACK):
        return _again(session, link.pool_id, login_id)
    _check_claimable(session, found, login_id)
    if link.is_mailed and invited is not None and invited.email_key is not None:
        accounts.confirm_address(session, login_id, invited.email_key, now=now)
    done = _claim(session, found.about, login_id, links=links, actor=actor, now=now)
    if isinstance(done, Claimed):
        claim_links.use_link(session, link)
    if isinstance(done, Full) and invited is not None:
        return waitlist.join(session, link.pool_id, login_id, actor=actor, now=now)
    return done


def _check_claimable(session: Session, found: FoundLink, login_id: int) -> None:
    link, invited, state = found.link, found.invited, found.state
    if invited is None and state is LinkState.EXPIRED:
        raise Gone(LINK_IS_OVER)
    if found.about.is_off:
        raise Conflict(IS_OFF_NOW)
    is_kept_for_them = invited is not None and state is LinkState.GOOD
    if not is_kept_for_them and _lost_since(session, link, login_id):
        raise Gone(LINK_IS_OVER)


def accept(
    session: Session, pool_id: int, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> Claim:
    """Claim the seat reserved for a signed-in person, without a link, and email a confirmation.

    Raises NotFound if none is reserved for them in this pool.
    """
    sitter = claims.asking_sitter(session, login_id)
    if claims.seat_held(session, pool_id, sitter) is None:
        raise NotFound
    return claim_and_tell(session, pool_id, login_id, links=links, actor=actor, now=now)


def claim_by_domain(
    session: Session, pool_id: int, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> Claim:
    """Claim a free seat with a confirmed address at the organization's verified domain (S7).

    Raises NotFound if the pool doesn't allow self-enrollment, the person has no address at a
    verified domain, or a manager of the organization has taken their seat.
    """
    pool = session.get_one(Pool, pool_id, populate_existing=True)
    own = login_lookup.kept_login(session, login_id)
    is_open = pool.claim_policy is ClaimPolicy.DOMAIN
    if not is_open or not _may_by_domain(session, pool, own):
        raise NotFound
    about = seat_mails.about_pool(session, pool)
    return _claim(session, about, own, links=links, actor=actor, now=now)


def claim_and_tell(
    session: Session, pool_id: int, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> Claim:
    """Claim a seat of a pool, and email a confirmation with a calendar entry for a live webinar."""
    about = seat_mails.about_pool(session, session.get_one(Pool, pool_id))
    return _claim(session, about, login_id, links=links, actor=actor, now=now)


def _claim(
    session: Session, about: About, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> Claim:
    pool = about.pool
    done = claims.claim(session, pool.id, login_id, actor=actor, now=now)
    if not isinstance(done, Claimed):
        return done
    entry = None
    if pool.webinar_id is not None:
        # the next round of live webinars registers the person because of the seat
        webinar = session.get_one(Webinar, pool.webinar_id)
        entry = live_mails.entry_for(session, webinar, login_id, links=links, now=now)
    seat_mails.send_claimed(session, done.sitter, about, entry, links=links, now=now)
    return done


def _keys_of(session: Session, login_id: int) -> list[str]:
    """Return the confirmed addresses of a person."""
    own = logins_of_kept(login_id)
    first = select(Login.email_key).where(Login.id.in_(own), Login.confirmed_at.is_not(None))
    further = select(LoginAlias.email_key).where(LoginAlias.login_id.in_(own))
    return [key for query in (first, further) for key in session.scalars(query) if key]


def _may_by_domain(session: Session, pool: Pool, login_id: int) -> bool:
    """Return whether a person has an address at the organization's domain and no manager took their seat."""
    keys = _keys_of(session, login_id)
    family = family_of(pool.organization_id)
    known = exists().where(
        VerifiedDomain.organization_id.in_(family),
        VerifiedDomain.domain.in_({key.rpartition("@")[2] for key in keys}),
    )
    has_lost = exists().where(
        Pool.organization_id.in_(family),
        Assignment.pool_id == Pool.id,
        is_bar(Assignment.ended_as, Assignment.pool_id, pool.id),
        or_(Assignment.login_id.in_(logins_of(login_id)), Assignment.email_key.in_(keys)),
    )
    return bool(session.scalar(select(known & ~has_lost)))


def _lost_since(session: Session, link: ClaimLink, login_id: int) -> bool:
    """Return whether this person lost their seat to a manager's action after the link was created."""
    asked = {"pool": link.pool_id, "login": login_id, "since": link.created_at}
    return bool(session.scalar(_LOST, asked))


def is_for(session: Session, found: FoundLink, login_id: int) -> bool:
    """Return whether this person can use a link: a shared one, or one for an address of theirs."""
    try:
        if found.invited is not None:
            _check_owner(session, found.invited, login_id)
    except Forbidden:
        return False
    return True


def _check_owner(session: Session, invited: Assignment, login_id: int) -> None:
    own = claims.asking_sitter(session, login_id)
    if invited.login_id is not None and invited.login_id == own.login_id:
        return
    if invited.email_key is not None and own.email_key == invited.email_key:
        return  # signed in with that address, confirmed or not
    if invited.email is not None and invited.email_key is not None:
        known = login_lookup.look_up(session, Address(invited.email, invited.email_key))
        if known is not None and known.login_id == own.login_id and known.is_confirmed:
            return
    raise Forbidden(ANOTHER_ADDRESS, code="another_address")


def _again(session: Session, pool_id: int, login_id: int) -> Already:
    """Answer a person's repeated click; raises Gone for anyone else."""
    held = claims.seat_held(session, pool_id, claims.asking_sitter(session, login_id))
    if held is None or held.state is not AssignmentState.CLAIMED:
        raise Gone(LINK_IS_OVER)
    return Already(held.seat)
