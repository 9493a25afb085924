"""Elm County with a manager, a pool for one webinar, and a contract, with people in both."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.models.organizations import Organization, Role
from lms.models.seats import Pool
from lms.seats import allotments
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login, make_membership, make_organization
from tests.seat_rows import add_pool, let_go, seat, watched
from tests.servers.databases import fill
from tests.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Elm:
    """Public ids of Elm County's objects, and of the same objects of another organization."""

    id: str
    pool: str
    contract: str
    alices_seat: str
    invited_seat: str
    locked_seat: str
    owner_id: int
    owner: str
    other: str
    others_pool: str
    others_seat: str
    others_manager: str
    part: str
    others_part: str


@pytest.fixture
def elm(database: Database, cast: Cast, clock: Clock) -> Elm:
    """Elm County: Alice and an invited address have webinar seats, Bob is under the contract."""

    def managed(session: Session) -> Elm:
        place = session.get_one(Organization, cast.organization_id)
        pool = add_pool(session, place, cast.webinar_id, seats=4)
        contract = add_pool(session, place, seats=1, ends_at=NOW + timedelta(days=20))
        alices = seat(session, pool, cast.alice.id)
        invited = seat(session, pool, email="zoe@example.org")
        dans = seat(session, pool, cast.dan.id)
        let_go(session, dans, opens_at=None)
        seat(session, contract, cast.bob.id)
        watched(session, cast.alice.id, cast.recording_id, 0.5)
        owner = make_login(session, "olga@example.org", name="Olga")
        make_membership(session, place, owner, role=Role.OWNER)
        other = make_organization(session, "oak-county", name="Oak County Library")
        others_pool = add_pool(session, other, cast.webinar_id)
        others_seat = seat(session, others_pool, cast.carol.id)
        others_manager = make_login(session, "otto@example.org", name="Otto")
        make_membership(session, other, others_manager, role=Role.OWNER)
        part = allotted_nothing(session, place, pool)
        others_part = allotted_nothing(session, other, others_pool)
        return Elm(
            id=place.public_id,
            pool=pool.public_id,
            contract=contract.public_id,
            alices_seat=alices.public_id,
            invited_seat=invited.public_id,
            locked_seat=dans.public_id,
            owner_id=owner.id,
            owner=owner.public_id,
            other=other.public_id,
            others_pool=others_pool.public_id,
            others_seat=others_seat.public_id,
            others_manager=others_manager.public_id,
            part=part,
            others_part=others_part,
        )

    return fill(database, "Elm County with its manager", managed)


@pytest.fixture
def mia(client: Visitor, cast: Cast, elm: Elm) -> Visitor:
    """Elm County's manager."""
    client.sign_in(cast.mia.id)
    return client


def allotted_nothing(session: Session, parent: Organization, pool: Pool) -> str:
    """Add a branch with an allotment of no seats; return the public id of the allotment."""
    branch = make_organization(session, f"{parent.slug}-branch", name=f"{parent.name} Branch")
    branch.parent_id = parent.id
    session.flush()
    return allotments.allot(session, pool.id, branch.id, 0, actor=None, now=NOW).public_id
