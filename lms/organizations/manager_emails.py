"""Emails to an organization's managers: who gets them, and that a role in it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import family_of
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.organizations import MANAGING, Membership, Role
from lms.organizations.organizations import OrganizationFacts

ROLE_ENDED = N_("Your role at %(organization)s ended")
MANAGER_LEFT = N_("%(organization)s: %(name)s is no longer a manager")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person to email; `login_id` is None if they are known only by an address."""

    login_id: int | None
    email: str
    name: str


def emailed_managers(session: Session, organization_id: int) -> tuple[Recipient, ...]:
    """Return the people who are emailed about an organization: managers and owners with an address."""
    return _people(session, organization_id, MANAGING)


def managers_or_billing(session: Session, organization_id: int) -> tuple[Recipient, ...]:
    """Return its managers with an address or, if there are none, its billing contacts with one."""
    managers = emailed_managers(session, organization_id)
    return managers or _people(session, organization_id, (Role.BILLING,))


def _people(session: Session, organization_id: int, roles: Sequence[Role]) -> tuple[Recipient, ...]:
    kept = aliased(Login)
    rows = session.execute(
        select(kept.id, kept.email, kept.name)
        .select_from(Membership)
        .join(Login, Login.id == Membership.login_id)
        .join(kept, kept.id == func.coalesce(Login.merged_into, Login.id))
        .where(
            Membership.organization_id.in_(family_of(organization_id)),
            Membership.role.in_(roles),
            kept.email.is_not(None),
            kept.blocked_at.is_(None),
        )
        .distinct()
        .order_by(kept.id)
    )
    return tuple(Recipient(row.id, row.email or "", row.name) for row in rows)


def send_role_ended(  # noqa: PLR0913  (organization, person, role, and time)
    session: Session,
    organization: OrganizationFacts,
    login: str,
    before: Role,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Email a person that their role ended, and a manager's to the managers who stay.

    The person who did it isn't emailed, and no one if a merged account of theirs still manages it. `login` and `actor` are public IDs.
    """
    kept = aliased(Login)
    person = session.scalars(
        select(kept)
        .join(Login, kept.id == func.coalesce(Login.merged_into, Login.id))
        .where(Login.public_id == login)
    ).one()
    by = session.scalar(select(Login.id).where(Login.public_id == actor))
    managers = emailed_managers(session, organization.id)
    others = [one for one in managers if one.login_id != person.id]
    if len(others) < len(managers):  # they still manage it by another of their merged accounts
        return
    values = {
        "name": person.name,
        "email": person.email or N_("no email address"),
        "organization": organization.name,
        "is_manager": before in MANAGING,
    }
    if person.email and person.blocked_at is None and person.id != by:
        mail_outbox.post(
            session,
            kind="role_ended",
            to=person.email,
            login_id=person.id,
            subject=ROLE_ENDED % values,
            values={
                **values,
                "is_own": True,
                "manager": others[0].name if others else "",
                "action_url": links.page("/library"),
            },
            now=now,
        )
    if before not in MANAGING:
        return
    for reader in others:
        if reader.login_id == by:
            continue
        mail_outbox.post(
            session,
            kind="role_ended",
            to=reader.email,
            login_id=reader.login_id,
            subject=MANAGER_LEFT % values,
            values={
                **values,
                "is_own": False,
                "manager": "",
                "action_url": links.page(f"/organization/{organization.public_id}/members"),
            },
            now=now,
        )
