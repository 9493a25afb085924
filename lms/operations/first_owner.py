"""The first owner: the first login of a new installation, and its link for choosing a password."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.accounts import accounts
from lms.accounts.accounts import NewLogin
from lms.core.email_addresses import Address
from lms.mail import link_tokens_and_codes
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, SellerRole


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
    secret = link_tokens_and_codes.issue(
        session, account.id, EmailPurpose.SET_PASSWORD, email=address.shown, now=now
    )
    link = links.secret_page(EmailPurpose.SET_PASSWORD, secret, onward="/staff")
    return FirstOwner(address.shown, link)
