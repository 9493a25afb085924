"""Account linking: links a platform person to a login by emailed confirmation (I3).

People request the link inside their LMS, which proves who they are there, and confirm it from an email
to the login's address, which proves that they own it. Whether the two email addresses match is never
checked. The link is a merge (lms/people/login_merges.py): nothing is moved, so it can be undone without
loss.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Conflict, Gone, NotFound, or_not_found
from lms.core.model_base import locked
from lms.core.runtime import hash_secret
from lms.lti_facade.account_lookup_and_creation import (
    Account,
    Belongings,
    add_account,
    belongings,
    find_account,
    has_second_factor,
    read_account,
)
from lms.lti_facade.learner_logins import kept_login
from lms.lti_facade.login_merges import OnMerge, join, part, persons_logins, refusal_to_join
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lti.models.identities import Identity, IdentityLink
from lti.people.identities_joined_by_mappings import one_person
from lti.people.identity_names_and_platforms import Origin, origin_of

LASTS: Final = timedelta(days=1)
KEPT_AFTER_ITS_END: Final = timedelta(days=30)
LETTER: Final = "link_login"
SUBJECT: Final = N_("Link your LMS to your account")
OVER: Final = N_("This link has expired or was replaced by a newer one.")
DONE_BEFORE: Final = N_("This link was already used, and the accounts are linked.")
LINKED_ALREADY: Final = N_("This person in the LMS is already linked to an account.")
IS_TEST_USER: Final = N_("You can't link a test user.")


class LinkOver(Gone):
    """An emailed link that no longer works; `is_done` is True if it was already used to link the accounts."""

    def __init__(self, message: str = OVER, *, is_done: bool = False) -> None:
        super().__init__(message)
        self.is_done = is_done


@dataclass(frozen=True, slots=True)
class Offer:
    """What the owner of an address is asked to confirm: who wants to be linked, and to which account.

    `there` is what the LMS person has, `here` what the account has. `account` is None if the address
    has no login yet and one would be created. If `is_two_step`, only a person signed in to the account
    can confirm, since the mailbox is only the first factor. `why_not` is the reason why the two can't
    be linked, if any.
    """

    origin: Origin
    email: str
    account: Account | None
    is_two_step: bool
    asked_at: datetime
    there: Belongings
    here: Belongings
    why_not: str | None

    @property
    def twice(self) -> tuple[tuple[str, str], ...]:
        """Return the pools in which both sides have a seat."""
        return tuple(seat for seat in self.there.seats if seat in self.here.seats)


@dataclass(frozen=True, slots=True)
class Linked:
    """A link that was made; `is_new` is True if the login was created for it."""

    account: Account
    is_new: bool


def ask_link(
    session: Session, identity_id: int, address: Address, *, links: Links, now: datetime
) -> None:
    """Email the link that connects a platform person (row id) to the login of an address.

    It is also sent to an address without a login, for which one is created on confirmation, so that the
    response reveals nothing. Earlier links for this person become invalid. Raises NotFound, and
    Conflict for test users and for people who are already linked.
    """
    query = locked(select(Identity).where(Identity.id == identity_id))
    identity = or_not_found(session.scalar(query))
    if identity.is_test_user:
        raise Conflict(IS_TEST_USER)
    if account_of(session, identity.login_id) is not None:
        raise Conflict(LINKED_ALREADY)
    _end(session, IdentityLink.identity_id == identity_id, now=now)
    reached = find_account(session, address)
    email = address.shown if reached is None else reached.email
    secret = secrets.token_urlsafe(32)
    session.add(
        IdentityLink(
            identity_id=identity_id,
            token_hash=hash_secret(secret),
            email=email,
            email_key=address.key,
            created_at=now,
            expires_at=now + LASTS,
        )
    )
    mail_outbox.post(
        session,
        kind=LETTER,
        to=email,
        login_id=None if reached is None else reached.account.id,
        subject=SUBJECT,
        values={
            "action_url": links.page(f"/lti/link/{secret}"),
            "has_account": reached is not None,
            "origin": origin_of(session, identity_id),
        },
        now=now,
    )
    audit.record(session, "identity.link_asked", identity.public_id, actor=None, now=now)


def read_offer(session: Session, secret: str, *, now: datetime) -> Offer:
    """Return what an emailed link offers, without using it; raises LinkOver."""
    link = _open(session, secret, now)
    address = read_address(link.email or "")
    reached = find_account(session, address)
    account = None if reached is None else reached.account
    identity = session.get_one(Identity, link.identity_id)
    theirs = kept_login(session, identity.login_id)
    why_not = None
    if account_of(session, theirs) is not None:
        why_not = LINKED_ALREADY
    elif account is not None:
        why_not = refusal_to_join(session, account.id, theirs)
    nothing = Belongings((), ())
    return Offer(
        origin=origin_of(session, link.identity_id),
        email=address.shown,
        account=account,
        is_two_step=account is not None and has_second_factor(session, account.id),
        asked_at=link.created_at,
        there=belongings(session, theirs),
        here=nothing if account is None else belongings(session, account.id),
        why_not=why_not,
    )


def confirm_link(
    session: Session, secret: str, *, name: str, hooks: Sequence[OnMerge], now: datetime
) -> Linked:
    """Use an emailed link: merge the LMS person with the login of the address.

    `name` is for the login that is created if the address has none. `hooks` run when logins are merged.
    Of two simultaneous confirmations, one links and the other raises LinkOver. Raises LinkOver;
    Conflict if the two can't be merged (staff, blocked, linked meanwhile); Invalid for an invalid name.
    """
    link = _open(session, secret, now)
    identity = session.get_one(Identity, link.identity_id, populate_existing=True)
    theirs = persons_logins(session, identity.login_id)[0]
    if account_of(session, theirs) is not None:
        raise Conflict(LINKED_ALREADY)
    address = read_address(link.email or "")
    reached = find_account(session, address)
    account = reached.account if reached else add_account(session, address, name, now=now)
    join(session, account.id, theirs, hooks=hooks, actor=account.public_id, now=now)
    link.login_id, link.confirmed_at = account.id, now
    link.email = link.email_key = None
    session.flush()
    audit.record(
        session,
        "identity.linked",
        identity.public_id,
        actor=account.public_id,
        now=now,
        detail={"login": account.public_id},
    )
    return Linked(account, is_new=reached is None)


def turn_down(session: Session, secret: str, *, now: datetime) -> None:
    """Invalidate an emailed link that its recipient did not request; raises LinkOver."""
    link = _open(session, secret, now)
    identity = session.get_one(Identity, link.identity_id)
    link.ended_at, link.email, link.email_key = now, None, None
    session.flush()
    audit.record(session, "identity.link_turned_down", identity.public_id, actor=None, now=now)


def unlink(session: Session, login_id: int, identity_id: str, *, now: datetime) -> None:
    """Undo a link: the LMS person has a separate login again.

    `login_id` is the login they are linked to, `identity_id` a public ID. Each side keeps its own
    access and certificates; reported scores stay. Identities joined to them by an LMS migration
    (lti/id_mappings/mappings.py) are unlinked with them. Raises NotFound for other people's identities.
    """
    identity = session.scalar(select(Identity).where(Identity.public_id == identity_id))
    everybody = persons_logins(session, login_id)
    if identity is None or identity.login_id == login_id or identity.login_id not in everybody:
        raise NotFound
    account = read_account(session, login_id)
    leaving = sorted({one.login_id for one in one_person(session, identity.id)})
    part(session, leaving, actor=account.public_id, now=now)
    session.execute(
        update(IdentityLink)
        .where(
            IdentityLink.identity_id.in_(select(Identity.id).where(Identity.login_id.in_(leaving))),
            IdentityLink.confirmed_at.is_not(None),
            IdentityLink.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    audit.record(
        session,
        "identity.unlinked",
        identity.public_id,
        actor=account.public_id,
        now=now,
        detail={"login": account.public_id},
    )


def account_of(session: Session, login_id: int) -> Account | None:
    """Return the login with an address that a platform person is linked to, or None."""
    account = read_account(session, kept_login(session, login_id))
    return None if account.email is None else account


def forget_old(session: Session, *, now: datetime) -> None:
    """Expire emailed links and delete their addresses; delete links that ended 30 days ago."""
    _end(session, IdentityLink.expires_at <= now, now=now)
    session.execute(delete(IdentityLink).where(IdentityLink.ended_at < now - KEPT_AFTER_ITS_END))


def _open(session: Session, secret: str, now: datetime) -> IdentityLink:
    link = session.scalar(
        locked(select(IdentityLink).where(IdentityLink.token_hash == hash_secret(secret)))
    )
    if link is None:
        raise LinkOver
    if link.confirmed_at is not None and link.ended_at is None:
        raise LinkOver(DONE_BEFORE, is_done=True)
    if link.ended_at is not None or link.expires_at <= now:
        raise LinkOver
    return link


def _end(session: Session, which: ColumnElement[bool], *, now: datetime) -> None:
    session.execute(
        update(IdentityLink)
        .where(which, IdentityLink.confirmed_at.is_(None), IdentityLink.ended_at.is_(None))
        .values(ended_at=now, email=None, email_key=None)
    )
