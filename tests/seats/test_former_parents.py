"""An organization gets another parent: unused seats return, and people keep their seats."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import Conflict
from lms.mail.passages import passages_of
from lms.models.mail import Mail
from lms.models.organizations import Organization, Role
from lms.models.seats import AssignmentState
from lms.organizations.organizations import OrganizationDetails, find_organization
from lms.seats.former_parents import SeatsReturn, edit_organization
from tests.clock import NOW
from tests.factories import make_login, make_membership, make_organization
from tests.seats.pool_fixtures import LINKS, counts, people, states, take_seat, wait
from tests.seats.test_allotments import Consortium, change, consortium


def edit(session: Session, organization_id: int, parent: str | None, seen: str = "") -> None:
    details = OrganizationDetails("Oak Hill", None, parent)
    edit_organization(
        session, organization_id, details, seen=seen, links=LINKS, actor=None, now=NOW
    )


def leave(database: Database, family: Consortium, parent: str | None = None) -> None:
    with pytest.raises(SeatsReturn) as asked, database.transaction() as session:
        edit(session, family.child_id, parent)
    with database.transaction() as session:
        edit(session, family.child_id, parent, asked.value.seen)


def test_unused_seats_return_to_the_former_parent_after_staff_confirm(database: Database) -> None:
    family = consortium(database, 5, 4)
    pat, dan = people(database, 2)
    take_seat(database, family.pool_id, pat)
    wait(database, family.home.pool_id, dan)
    with pytest.raises(SeatsReturn) as asked, database.transaction() as session:
        edit(session, family.child_id, None)
    assert [(one.unused, one.kept) for one in asked.value.returning] == [(3, 1)]
    assert counts(database, family.pool_id) == (1, 4)
    with pytest.raises(SeatsReturn), database.transaction() as session:
        edit(session, family.child_id, None, "something else")
    with database.transaction() as session:
        edit(session, family.child_id, None, asked.value.seen)
    assert counts(database, family.pool_id) == (1, 1)
    assert states(database, family.pool_id)[pat] is AssignmentState.CLAIMED
    assert states(database, family.home.pool_id)[dan] is AssignmentState.OFFERED
    with database.transaction() as session:
        edit(session, family.child_id, None)  # no seats are left to return
    change(database, family.pool_id, 1)
    with pytest.raises(Conflict):
        change(database, family.pool_id, 2)


def test_unlimited_allotment_of_a_former_parent_is_limited_to_its_people(
    database: Database,
) -> None:
    family = consortium(database, None, None)
    [pat] = people(database, 1)
    take_seat(database, family.pool_id, pat)
    leave(database, family)
    assert counts(database, family.pool_id) == (1, 1)


def test_new_parent_gets_no_seats_and_the_same_parent_changes_nothing(database: Database) -> None:
    family = consortium(database, 5, 4)
    with database.transaction() as session:
        same = session.get_one(Organization, family.home.organization_id).slug
        other = make_organization(session, "north", name="North").slug
        edit(session, family.child_id, same)
    assert counts(database, family.pool_id) == (0, 4)
    leave(database, family, other)
    assert counts(database, family.home.pool_id) == (0, 5)
    with database.read_session() as session:
        slug = session.get_one(Organization, family.child_id).slug
        assert find_organization(session, slug).parent == other


def test_managers_of_both_are_emailed_once_with_the_number_of_returned_seats(
    database: Database,
) -> None:
    family = consortium(database, 5, 4)
    [pat] = people(database, 1)
    take_seat(database, family.pool_id, pat)
    with database.transaction() as session:
        for name, of in (("up", family.home.organization_id), ("down", family.child_id)):
            place = session.get_one(Organization, of)
            manager = make_login(session, f"{name}@example.org", name=name.title())
            make_membership(session, place, manager, role=Role.MANAGER)
    leave(database, family)
    with database.read_session() as session:
        mails = session.scalars(select(Mail).where(Mail.kind == "allotment_returned")).all()
    assert sorted(one.recipient for one in mails) == ["down@example.org", "up@example.org"]
    counts_told = passages_of("allotment_returned")[3].original.partition("%(covers)s")[2]
    assert all(counts_told % {"unused": 3, "kept": 1} in one.text for one in mails)
