"""Listed groups: created by simultaneous staff lists, and joined by people who accept later."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.models.organizations import MemberInvitation, Role
from lms.models.seats import AssignmentState, Pool
from lms.organizations import member_invitations
from lms.training import groups
from lms.training.listed_groups import admit_invited, find_or_make
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_assignment
from tests.seats.test_concurrent_claims import together
from tests.training.conftest import Elm


def test_two_simultaneous_lists_create_each_group_once(database: Database, elm: Elm) -> None:
    met = Barrier(2)

    def apply(place: int) -> dict[str, int]:
        with database.transaction() as session:
            find_or_make(session, elm.facts.id, ["Known"], now=NOW)
            with suppress(BrokenBarrierError):  # SQLite runs the transactions one after the other
                met.wait(0.5)
            names = ["Branch", "Desk", "desk"][:: 1 - 2 * place]
            return find_or_make(session, elm.facts.id, names, now=NOW)

    first, second = together(2, apply)
    assert first == second
    assert isinstance(first, dict)
    assert set(first) == {"Branch", "Desk", "desk"}
    assert first["Desk"] == first["desk"] != first["Branch"]


def test_invited_people_join_a_group_when_they_accept(
    database: Database, elm: Elm, cast: Cast
) -> None:
    """A manager can add invited people, as a staff list can; unknown people are refused."""
    with database.transaction() as session:
        session.add(
            MemberInvitation(
                organization_id=elm.facts.id,
                login_id=cast.dan.id,
                role=Role.MEMBER,
                email=cast.dan.email,
                email_key=cast.dan.email,
                name="Dan",
                created_at=NOW,
            )
        )
        pool = session.get_one(Pool, elm.pool_id)
        make_assignment(session, pool, None, state=AssignmentState.INVITED, email="zoe@example.org")
        named = f"bob@example.org, zoe@example.org, {cast.dan.email}"
        group = groups.make_group(session, elm.facts, "Desk", named, actor=None, now=NOW)
        with pytest.raises(Invalid):
            groups.add_people(session, elm.facts, group, "carol@example.org", actor=None, now=NOW)
    with database.read_session() as session:
        found = groups.read_group(session, elm.facts.id, group, offset=0)
    assert [one.name for one in found.items] == ["Bob"]
    assert found.invited == (cast.dan.email, "zoe@example.org")
    with database.transaction() as session:
        [offered] = member_invitations.offered_to(session, cast.dan.id)
        member_invitations.accept(session, offered.public_id, cast.dan.id, now=NOW)
        admit_invited(session, now=NOW)
        groups.remove_invited(session, elm.facts, group, "zoe@example.org", actor=None, now=NOW)
    with database.read_session() as session:
        found = groups.read_group(session, elm.facts.id, group, offset=0)
    assert ([one.name for one in found.items], found.invited) == (["Bob", "Dan"], ())
