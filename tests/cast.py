"""Six people and a webinar that tests share, and people with other roles."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from lms.models.accounts import Login, SellerRole
from lms.models.organizations import Organization, Role
from lms.models.training import GroupSupervisor
from tests.clock import NOW
from tests.factories import (
    make_grant,
    make_group,
    make_login,
    make_membership,
    make_organization,
    make_recording,
    make_webinar,
)

PASS_ENDED = NOW - timedelta(days=1)
PASS_ENDS = NOW + timedelta(days=200)


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the cast: database ID, public ID, and email address."""

    id: int
    public_id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The people and their access to one webinar, held before NOW, with a ready recording."""

    alice: Person  # has permanent access
    bob: Person  # has a pass
    carol: Person  # has an expired pass
    dan: Person  # has no access
    mia: Person  # manages Elm County
    ada: Person  # is staff
    webinar_id: int
    slug: str
    recording_id: int
    organization_id: int


def assemble(session: Session) -> Cast:
    """Add the people, their webinar, and their organization."""
    webinar = make_webinar(session, "reading-rooms")
    recording = make_recording(session, webinar)
    alice, bob, carol, dan, mia = (
        make_login(session, f"{name.lower()}@example.org", name=name)
        for name in ("Alice", "Bob", "Carol", "Dan", "Mia")
    )
    ada = make_login(session, "ada@example.org", name="Ada", seller_role=SellerRole.STAFF)
    make_grant(session, alice, webinar)
    make_grant(session, bob, ends_at=PASS_ENDS)
    make_grant(session, carol, starts_at=NOW - timedelta(days=366), ends_at=PASS_ENDED)
    elm = make_organization(session, "elm-county", name="Elm County Library")
    make_membership(session, elm, mia, role=Role.MANAGER)
    return Cast(
        alice=_person(alice),
        bob=_person(bob),
        carol=_person(carol),
        dan=_person(dan),
        mia=_person(mia),
        ada=_person(ada),
        webinar_id=webinar.id,
        slug=webinar.slug,
        recording_id=recording.id,
        organization_id=elm.id,
    )


@dataclass(frozen=True, slots=True)
class Roles:
    """People with other roles on the seller's team and in Elm County."""

    owen: Person  # owns the seller
    beth: Person  # is the seller's bookkeeper
    olive: Person  # owns Elm County
    sue: Person  # supervises the circulation desk of Elm County
    bill: Person  # handles billing for Elm County
    lee: Person  # is the LMS admin of Elm County
    max: Person  # manages Oak Grove, another organization
    rita: Person  # works at the circulation desk
    hugo: Person  # works in cataloging, which sue doesn't supervise
    circulation: str  # public IDs of the groups
    cataloging: str


def assemble_roles(session: Session, cast: Cast) -> Roles:
    """Add the people with other roles, and groups that a supervisor can and can't see."""
    owen = make_login(session, "owen@example.org", name="Owen", seller_role=SellerRole.OWNER)
    beth = make_login(session, "beth@example.org", name="Beth", seller_role=SellerRole.BOOKKEEPER)
    elm = session.get_one(Organization, cast.organization_id)
    people = {}
    for name, role in (
        ("olive", Role.OWNER),
        ("sue", Role.SUPERVISOR),
        ("bill", Role.BILLING),
        ("lee", Role.LMS_ADMIN),
        ("rita", Role.MEMBER),
        ("hugo", Role.MEMBER),
    ):
        login = make_login(session, f"{name}@example.org", name=name.title())
        make_membership(session, elm, login, role=role)
        people[name] = login
    circulation = make_group(session, elm, "Circulation", people["rita"])
    cataloging = make_group(session, elm, "Cataloging", people["hugo"])
    session.add(GroupSupervisor(group_id=circulation.id, login_id=people["sue"].id))
    oak = make_organization(session, "oak-grove", name="Oak Grove Library")
    max_ = make_login(session, "max@example.org", name="Max")
    make_membership(session, oak, max_, role=Role.MANAGER)
    return Roles(
        owen=_person(owen),
        beth=_person(beth),
        max=_person(max_),
        circulation=circulation.public_id,
        cataloging=cataloging.public_id,
        **{name: _person(login) for name, login in people.items()},
    )


def _person(login: Login) -> Person:
    return Person(login.id, login.public_id, login.email or "", login.name)
