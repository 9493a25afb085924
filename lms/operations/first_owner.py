"""The first owner: the first login of a new installation, and its link for choosing a password."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts import accounts
from lms.accounts.accounts import NewLogin
from lms.core.email_addresses import Address
from lms.core.errors import N_, Conflict
from lms.mail import link_tokens_and_codes
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login, SellerRole

ALREADY = N_(
    "Already set up. To add an owner: carrel login add EMAIL --owner, which emails them a link."
)


@dataclass(frozen=True, slots=True)
class FirstOwner:
    """The owner's address, and the link, which is valid for 14 days and works once."""

    email: str
    link: str


def add_first_owner(
    session: Session, address: Address, name: str, *, links: Links, now: datetime
) -> FirstOwner:
    """Add the owner of a new installation; raises Conflict if the address has a login."""
    new = NewLogin(address, accounts.checked_name(name), seller_role=SellerRole.OWNER)
    account = accounts.add_login(session, new, actor=None, now=now)
    return _with_link(session, account.id, address.shown, links=links, now=now)


def renew_first_link(
    session: Session, address: Address, *, links: Links, now: datetime
) -> FirstOwner:
    """Return a new link for an owner without a password; raises Conflict if no owner is without one."""
    owner = session.execute(
        select(Login.id, Login.email).where(
            Login.email_key == address.key,
            Login.seller_role == SellerRole.OWNER,
            Login.password_hash.is_(None),
        )
    ).one_or_none()
    if owner is None:
        raise Conflict(ALREADY, code="not_empty")
    link_tokens_and_codes.void(session, owner.id, EmailPurpose.SET_PASSWORD, now=now)
    return _with_link(session, owner.id, str(owner.email), links=links, now=now)


def _with_link(
    session: Session, login_id: int, email: str, *, links: Links, now: datetime
) -> FirstOwner:
    secret = link_tokens_and_codes.issue(
        session, login_id, EmailPurpose.SET_PASSWORD, email=email, now=now
    )
    link = links.secret_page(EmailPurpose.SET_PASSWORD, secret, onward="/staff")
    return FirstOwner(email, link)
