"""Platform people for an ID mapping: who launched, and who is only listed on a roster."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from lms.core.email_addresses import read_address
from lms.core.errors import Invalid
from lms.lti_facade.learner_logins import NAMELESS, names_of
from lms.lti_facade.login_merges import kept_of, seats_of
from lti.id_mappings.person_match_proposals import Somebody
from lti.models.courses import Context, RosterMember
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Deployment, Registration


@dataclass(frozen=True, slots=True)
class System:
    """An LMS of an organization; ids are row ids, `name` is the registration's name.

    With `takes_unnoted`, people without a recorded registration count as its own.
    """

    registration_id: int
    public_id: str
    issuer: str
    name: str
    organization_id: int
    takes_unnoted: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """A person's data in rosters, empty where missing."""

    name: str = ""
    email: str | None = None
    sis_id: str | None = None


def people_who_came(session: Session, system: System) -> tuple[Somebody, ...]:
    """Return the people with an identity on an LMS, without test users, oldest first."""
    listed = listed_people(session, system)
    identities = session.scalars(
        select(Identity)
        .where(_is_of(system), Identity.is_test_user.is_(False))
        .order_by(Identity.id)
    ).all()
    logins = [each.login_id for each in identities]
    names, kept = names_of(session, logins), kept_of(session, logins)
    seats = seats_of(session, system.organization_id, kept.values())
    nobody = Listed()
    return tuple(
        Somebody(
            sub=each.sub,
            name=_named(names[each.login_id]) or listed.get(each.sub, nobody).name,
            email_key=each.email_key or _key(listed.get(each.sub, nobody).email),
            sis_id=each.sis_id or listed.get(each.sub, nobody).sis_id,
            identity_id=each.id,
            person=kept[each.login_id],
            seats=seats.get(kept[each.login_id], frozenset()),
        )
        for each in identities
    )


def everybody(session: Session, system: System) -> tuple[Somebody, ...]:
    """Return the people who launched from an LMS, then those only on its rosters."""
    came = people_who_came(session, system)
    known = {each.sub for each in came}
    return (
        *came,
        *(
            Somebody(sub=sub, name=each.name, email_key=_key(each.email), sis_id=each.sis_id)
            for sub, each in sorted(listed_people(session, system).items())
            if sub not in known
        ),
    )


def roster_name(session: Session, system: System, sub: str) -> str | None:
    """Return a person's name in an LMS's rosters, None if they have none."""
    found = listed_people(session, system, (sub,)).get(sub)
    return found.name or None if found else None


def _is_of(system: System) -> ColumnElement[bool]:
    came_by_it = Identity.registration_id == system.registration_id
    if system.takes_unnoted:
        came_by_it = or_(came_by_it, Identity.registration_id.is_(None))
    return and_(
        Identity.issuer == system.issuer,
        Identity.organization_id == system.organization_id,
        came_by_it,
    )


def listed_people(
    session: Session, system: System, subs: Collection[str] | None = None
) -> Mapping[str, Listed]:
    """Return the people on the rosters of an LMS by their IDs there; `subs` limits them."""
    query = (
        select(RosterMember.sub, RosterMember.name, RosterMember.email, RosterMember.sis_id)
        .join(Context, Context.id == RosterMember.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(
            Registration.id == system.registration_id,
            Deployment.organization_id == system.organization_id,
        )
        .order_by(RosterMember.seen_at)
    )
    if subs is not None:
        query = query.where(RosterMember.sub.in_(subs))
    said: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for sub, name, email, sis_id in session.execute(query):
        given = {"name": name, "email": email, "sis_id": sis_id}
        said[sub] |= {what: value for what, value in given.items() if value}
    return {
        sub: Listed(each.get("name", ""), each.get("email"), each.get("sis_id"))
        for sub, each in said.items()
    }


def _key(email: str | None) -> str | None:
    if email is None:
        return None
    try:
        return read_address(email).key
    except Invalid:
        return None


def _named(name: str) -> str:
    return "" if name == NAMELESS else name
