"""The six people every test may know, and the one webinar that they are about."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from lms.models.accounts import Login
from lms.models.organizations import Role
from tests.clock import NOW
from tests.factories import (
    make_grant,
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
    """One of the cast: the id the database knows, the one shown outside, and the address."""

    id: int
    public_id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Who they are to the webinar: one whose recording is ready, held a month before NOW."""

    alice: Person  # holds it for good
    bob: Person  # has a pass
    carol: Person  # had a pass; it has ended
    dan: Person  # holds nothing
    mia: Person  # manages Elm County
    ada: Person  # is staff
    webinar_id: int
    slug: str
    recording_id: int
    organization_id: int


def assemble(session: Session) -> Cast:
    """Add the cast, their webinar and their organization."""
    webinar = make_webinar(session, "reading-rooms")
    recording = make_recording(session, webinar)
    alice, bob, carol, dan, mia = (
        make_login(session, f"{name.lower()}@example.org", name=name)
        for name in ("Alice", "Bob", "Carol", "Dan", "Mia")
    )
    ada = make_login(session, "ada@example.org", name="Ada", is_staff=True)
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


def _person(login: Login) -> Person:
    return Person(login.id, login.public_id, login.email or "", login.name)
