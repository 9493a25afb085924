"""The person record: the public IDs that a person's timeline is about, and their invitations."""

from collections.abc import Sequence

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.models.accounts import Login, LoginAlias
from lms.models.grants import Grant
from lms.models.organizations import MemberInvitation, Organization
from lms.people.profile_read_model import Place


def role_invitations_of(session: Session, login_id: int) -> Sequence[Place]:
    """Return the roles that a person was offered and may accept, the latest first."""
    rows = session.execute(
        select(
            Organization.slug,
            Organization.name,
            MemberInvitation.role,
            MemberInvitation.created_at,
        )
        .select_from(MemberInvitation)
        .join(Organization, Organization.id == kept_organization(MemberInvitation.organization_id))
        .where(MemberInvitation.login_id.in_(logins_of(login_id)))
        .order_by(MemberInvitation.id.desc())
    )
    return [Place(*row) for row in rows]


def subjects_of_person(login_id: int) -> Select[str]:
    """Return the subquery of the public IDs in a person's timeline: logins and grants."""
    theirs = logins_of(login_id)
    found = union(
        select(Login.public_id).where(Login.id.in_(theirs)),
        select(Grant.public_id).where(Grant.login_id.in_(theirs)),
    ).subquery()
    return select(found.c.public_id)


def keys_of_person(login_id: int) -> Select[str]:
    """Return the subquery of the keys of all of a person's addresses."""
    theirs = logins_of(login_id)
    found = union(
        select(Login.email_key).where(Login.id.in_(theirs), Login.email_key.is_not(None)),
        select(LoginAlias.email_key).where(LoginAlias.login_id.in_(theirs)),
    ).subquery()
    return select(found.c.email_key)
