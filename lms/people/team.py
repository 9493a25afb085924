"""The seller's team: list its members and change their roles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import accounts, login_lookup
from lms.accounts.accounts import Account, NewLogin
from lms.accounts.power_over_others import close_before_power
from lms.core.email_addresses import Address
from lms.core.errors import N_, Conflict, NotFound, or_not_found
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import Login, SellerRole
from lms.models.playback import PlaybackEnd
from lms.people.role_texts import SELLER_ROLES
from lms.playback import sessions as playback_sessions

JOINED: Final = N_("You were added to our team")
LEFT: Final = N_("You were removed from our team")
LEFT_TEAM: Final = N_("%(name)s was removed from our team")
LAST_OWNER: Final = N_("The team needs at least one owner. Make another person an owner first.")
PREVIEWERS: Final = (SellerRole.OWNER, SellerRole.STAFF)  # of recordings, without access
_ORDER: Final = case(
    {role.value: place for place, role in enumerate(SellerRole)}, value=Login.seller_role
)


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A member of the team."""

    public_id: str
    name: str
    email: str | None
    role: SellerRole
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class NewTeamMember:
    """A person to add to the team; the name is for a new account."""

    address: Address
    role: SellerRole
    name: str = ""


def list_team(session: Session) -> tuple[TeamMember, ...]:
    """Return the team members: owners, staff, bookkeepers, each by name."""
    rows = session.execute(
        select(
            Login.public_id,
            Login.name,
            Login.email,
            Login.seller_role,
            Login.blocked_at.is_not(None).label("is_blocked"),
        )
        .where(Login.seller_role.is_not(None))
        .order_by(_ORDER, func.lower(Login.name), Login.id)
    )
    return tuple(
        TeamMember(row.public_id, row.name, row.email, row.seller_role, row.is_blocked)
        for row in rows
        if row.seller_role is not None
    )


def find_team_member(session: Session, public_id: str) -> TeamMember:
    """Return a team member; raises NotFound."""
    for member in list_team(session):
        if member.public_id == public_id:
            return member
    raise NotFound


def add_to_team(
    session: Session, new: NewTeamMember, *, links: Links, actor: str | None, now: datetime
) -> str:
    """Give the person with an address a role in the team; returns their name.

    If the address has no account, one is made, and its owner is emailed the link for choosing a
    password; the owner of an account is emailed what they can see now. Raises Invalid for an invalid
    name, Conflict as `set_role` does.
    """
    try:
        account = accounts.find_by_email(session, new.address.shown)
        is_known = account.is_confirmed
    except NotFound:
        is_known = False
    if not is_known:
        name = new.name or new.address.shown.rpartition("@")[0]
        account = accounts.add_login(session, NewLogin(new.address, name), actor=actor, now=now)
        accounts.invite_to_set_password(session, account, links=links, now=now)
        set_role(session, account.public_id, new.role, actor=actor, now=now)
    else:
        give_role(session, account, new.role, links=links, actor=actor, now=now)
    return account.name


def give_role(
    session: Session,
    account: Account,
    role: SellerRole,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Give an account a role in the team; its owner is emailed if they weren't on it.

    Raises as `set_role` does.
    """
    set_role(session, account.public_id, role, actor=actor, now=now)
    if account.email and account.seller_role is None:
        mail_outbox.post(
            session,
            kind="team_joined",
            to=account.email,
            login_id=account.id,
            subject=JOINED,
            values={
                "name": account.name,
                "role": SELLER_ROLES[role],
                "action_url": links.page("/staff"),
            },
            now=now,
        )


def remove_from_team(
    session: Session, public_id: str, *, links: Links, actor: str | None, now: datetime
) -> None:
    """Take a person off the team, and email them and its owners; who did it isn't emailed.

    Does nothing if they aren't on it; raises as `set_role` does.
    """
    person = or_not_found(session.scalar(select(Login).where(Login.public_id == public_id)))
    if person.seller_role is None:
        return
    set_role(session, public_id, None, actor=actor, now=now)
    owners = session.scalars(select(Login).where(Login.seller_role == SellerRole.OWNER)).all()
    for reader in (person, *owners):
        if reader.public_id == actor or not reader.email or reader.blocked_at is not None:
            continue
        is_own = reader is person
        mail_outbox.post(
            session,
            kind="team_left",
            to=reader.email,
            login_id=reader.id,
            subject=LEFT if is_own else LEFT_TEAM % {"name": person.name},
            values={
                "name": person.name,
                "email": person.email,
                "is_own": is_own,
                "action_url": links.page("/library" if is_own else "/staff/team"),
            },
            now=now,
        )


def set_role(
    session: Session, public_id: str, role: SellerRole | None, *, actor: str | None, now: datetime
) -> None:
    """Give a person another role in the team, or none.

    Raises NotFound for an unknown or merged account, Conflict if the team would lose its last owner, or
    for an account whose address isn't proven: the person who claimed it may be another (PRODUCT.md, S13).
    """
    # locked, so that two owners who leave at the same time can't both succeed
    owners = session.scalars(
        select(Login.public_id)
        .where(Login.seller_role == SellerRole.OWNER)
        .order_by(Login.id)
        .with_for_update()
    ).all()
    query = select(Login).where(Login.public_id == public_id, Login.merged_into.is_(None))
    login = or_not_found(session.scalar(query))
    if login.seller_role is role:
        return
    if role is not None and login.confirmed_at is None:
        raise Conflict(login_lookup.UNPROVEN, code="unconfirmed")
    if owners == [public_id]:
        raise Conflict(LAST_OWNER, code="last_owner")
    can_preview = login.seller_role in PREVIEWERS
    login.seller_role = role
    session.flush()
    if can_preview and role not in PREVIEWERS:
        playback_sessions.end_for_login(session, login.id, ended_as=PlaybackEnd.REVOKED, now=now)
    if role is not None:
        # by the command line, it is another person, too
        close_before_power(session, [login.id], actor=actor or "", now=now)
    audit.record(
        session,
        "login.role_set",
        public_id,
        actor=actor,
        now=now,
        detail={"role": role.value if role else None},
    )
