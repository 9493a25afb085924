"""Two merged organizations count as one: access, managers, people, lists, and pools."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.merged_organizations import family_of, kept_id
from lms.access.policy import Action, Code, Decision, decide
from lms.contracts import renewals
from lms.contracts.renewals import Renewal
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import AssignmentEnd, ClaimPolicy, Pool
from lms.organizations import (
    email_domains,
    manager_and_owner_permissions,
    memberships,
    organizations,
)
from lms.organizations.manager_and_owner_permissions import Managed
from lms.organizations.manager_emails import emailed_managers
from lms.organizations.organization_lists import (
    children_of,
    list_organizations,
    match_organization,
)
from lms.organizations.organizations import OrganizationDetails
from lms.seats import allotments, claim_methods, pools
from lms.seats.claims import Claimed
from lms.training.trainees import everybody
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
    make_verified_domain,
)
from tests.organizations.twins import Twins, merge, unmerge

LINKS = Links("http://localhost")
DAY = timedelta(days=1)


def decision(database: Database, login_id: int, webinar_id: int, within: int) -> Decision:
    with database.read_session() as session:
        case = load_case(session, login_id=login_id, webinar_id=webinar_id)
        kept = kept_id(session, within)
    return decide(case.login, case.webinar, Action.RECORDING, NOW, within=kept)


def managed(session: Session, organization_id: str, login_id: int) -> Managed:
    return manager_and_owner_permissions.managed_organization(
        session, organization_id, login_id=login_id
    )


def test_access_within_either_uses_pools_of_both_until_undone(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        dan = session.get_one(Login, cast.dan.id)
        make_assignment(session, session.get_one(Pool, twins.other_pool), dan)
    assert decision(database, cast.dan.id, cast.webinar_id, twins.elm).code is Code.NO_GRANT
    merge(database)
    for within in (twins.elm, twins.other):
        found = decision(database, cast.dan.id, cast.webinar_id, within)
        assert found.code is Code.OK_PERMANENT
        assert found.grant is not None
        assert found.grant.place is not None
        assert found.grant.place.organization_name == "Elm County Library"
    unmerge(database)
    assert decision(database, cast.dan.id, cast.webinar_id, twins.elm).code is Code.NO_GRANT
    assert decision(database, cast.dan.id, cast.webinar_id, twins.other).code is Code.OK_PERMANENT


def test_domain_of_either_can_claim_seats_of_both(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        pool = session.get_one(Pool, twins.other_pool)
        pool.claim_policy = ClaimPolicy.DOMAIN
        make_verified_domain(session, session.get_one(Organization, twins.elm), "example.org")
    assert decision(database, cast.dan.id, cast.webinar_id, twins.other).code is Code.NO_GRANT
    merge(database)
    assert decision(database, cast.dan.id, cast.webinar_id, twins.elm).code is Code.SEAT_CLAIMABLE
    with database.transaction() as session:
        done = claim_methods.claim_by_domain(
            session, twins.other_pool, cast.dan.id, links=LINKS, actor=None, now=NOW
        )
    assert isinstance(done, Claimed)


def test_person_removed_from_either_cannot_claim_by_domain_in_both(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, twins.elm)
        pool = session.get_one(Pool, twins.other_pool)
        pool.claim_policy = ClaimPolicy.DOMAIN
        make_verified_domain(session, elm, "example.org")
        webinar = session.get_one(Webinar, cast.webinar_id)
        dan = session.get_one(Login, cast.dan.id)
        make_assignment(
            session, make_pool(session, elm, webinar), dan, ended_as=AssignmentEnd.REMOVED
        )
    merge(database)
    assert decision(database, cast.dan.id, cast.webinar_id, twins.elm).code is Code.NO_GRANT
    with database.transaction() as session, pytest.raises(NotFound):
        claim_methods.claim_by_domain(
            session, twins.other_pool, cast.dan.id, links=LINKS, actor=None, now=NOW
        )


def test_managers_of_either_manage_the_pools_of_both(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        make_pool(session, session.get_one(Organization, twins.elm), capacity=1)
    merge(database)
    with database.read_session() as session:
        for login_id, role in ((cast.mia.id, Role.MANAGER), (twins.otto, Role.OWNER)):
            for address in (twins.elm_id, twins.other_id):
                found = managed(session, address, login_id)
                assert (found.facts.public_id, found.role) == (twins.elm_id, role)
                assert len(pools.pools_of(session, found.facts.id)) == 2
            (only,) = manager_and_owner_permissions.managed_by(session, login_id)
            assert only.public_id == twins.elm_id
        managers = emailed_managers(session, twins.other)
        assert {one.login_id for one in managers} == {cast.mia.id, twins.otto}
    unmerge(database)
    with database.read_session() as session:
        assert managed(session, twins.other_id, twins.otto).facts.public_id == twins.other_id
        with pytest.raises(NotFound):
            managed(session, twins.elm_id, twins.otto)
        with pytest.raises(NotFound):
            managed(session, twins.other_id, cast.mia.id)


def test_member_of_both_is_listed_once_with_the_higher_role(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, twins.elm)
        otto = session.get_one(Login, twins.otto)
        make_membership(session, elm, otto, role=Role.MEMBER)
    merge(database)
    with database.read_session() as session:
        for organization_id in (twins.elm, twins.other):
            found = memberships.list_members(session, organization_id)
            assert [(one.name, one.role) for one in found.items] == [
                ("Otto", Role.OWNER),
                ("Mia", Role.MANAGER),
            ]
            assert found.total == 2
            assert everybody(session, organization_id) == {cast.mia.id, twins.otto}


def test_role_change_and_removal_apply_to_both(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, twins.elm)
        otto = session.get_one(Login, twins.otto)
        make_membership(session, elm, otto, role=Role.OWNER)
    merge(database)
    with database.transaction() as session:
        facts = organizations.find_organization(session, "elm-county")
        memberships.change_role(
            session, facts, twins.otto_id, Role.MEMBER, links=LINKS, actor=None, now=NOW
        )
    with database.read_session() as session, pytest.raises(NotFound):
        managed(session, twins.elm_id, twins.otto)
    with database.transaction() as session:
        memberships.end_membership(session, facts, twins.otto_id, actor=None, now=NOW)
        mine = select(Membership.id).where(Membership.login_id == twins.otto)
        assert session.scalars(mine).all() == []


def test_last_owner_of_both_cannot_leave(database: Database, cast: Cast, twins: Twins) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, twins.elm)
        otto = session.get_one(Login, twins.otto)
        make_membership(session, elm, otto, role=Role.OWNER)
    merge(database)
    with database.transaction() as session, pytest.raises(Conflict):
        manager_and_owner_permissions.remove_member(
            session,
            managed(session, twins.elm_id, twins.otto),
            twins.otto_id,
            links=LINKS,
            actor=None,
            now=NOW,
        )
    with database.read_session() as session:
        (alone,) = manager_and_owner_permissions.led_alone(session, twins.otto)
        assert alone.public_id == twins.elm_id
        assert manager_and_owner_permissions.count_owners(session, twins.other) == 1


def test_owner_of_either_counts_as_owner_of_both(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, twins.elm)
        olga = make_login(session, "olga@example.org", name="Olga")
        make_membership(session, elm, olga, role=Role.OWNER)
        make_membership(session, session.get_one(Organization, twins.other), make_login(session))
    with database.read_session() as session:
        assert manager_and_owner_permissions.led_alone(session, twins.otto) != ()
    merge(database)
    with database.read_session() as session:
        assert manager_and_owner_permissions.led_alone(session, twins.otto) == ()


def test_kept_organization_is_listed_and_found_by_the_old_name(
    database: Database, twins: Twins
) -> None:
    merge(database)
    with database.read_session() as session:
        for query in ("township", "elm county", ""):
            (row,) = list_organizations(session, query, offset=0, limit=50).items
            assert (row.slug, row.merged) == ("elm-county", ("Elm Township Public Library",))
            assert (row.members, row.pools) == (2, 1)
        assert match_organization(session, "elm-twp").slug == "elm-county"
        assert organizations.find_organization(session, "elm-twp").slug == "elm-county"
    unmerge(database)
    with database.read_session() as session:
        assert list_organizations(session, "", offset=0, limit=50).total == 2


def test_members_of_the_merged_one_can_be_allotted_seats_of_the_kept_one(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        branch = make_organization(session, "branch")
        branch.parent_id = twins.other
        pool = make_pool(session, session.get_one(Organization, twins.elm), capacity=5)
        session.flush()
        pool_id, branch_id = pool.id, branch.id
    with database.transaction() as session, pytest.raises(NotFound):
        allotments.allot(session, pool_id, branch_id, 1, actor=None, now=NOW)
    merge(database)
    with database.transaction() as session:
        assert [one.slug for one in children_of(session, twins.elm)] == ["branch"]
        assert managed(session, twins.elm_id, cast.mia.id).has_children
        assert organizations.find_organization(session, "branch").parent == "elm-county"
        part = allotments.allot(session, pool_id, branch_id, 1, actor=None, now=NOW)
        assert part.allotted == 1
        details = OrganizationDetails("Elm County Library", None, "branch")
        with pytest.raises(Invalid):
            organizations.edit_organization(session, twins.elm, details, actor=None, now=NOW)


def test_pools_are_not_merged_and_a_renewal_stays_in_its_pool(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        elm, other = (session.get_one(Organization, one) for one in (twins.elm, twins.other))
        for organization in (elm, other):
            pool = make_pool(session, organization, capacity=3)
            make_pool_grant(session, pool, ends_at=NOW + 10 * DAY, grace_until=NOW + 24 * DAY)
        merged_pool = pool.id
    merge(database)
    with database.transaction() as session:
        renewals.renew(session, merged_pool, Renewal(3, NOW + 300 * DAY), actor=None, now=NOW)
        lines = session.scalars(select(Grant.pool_id).where(Grant.pool_id == merged_pool)).all()
        assert len(lines) == 2
        assert pools.read_pool(session, merged_pool).organization == "Elm County Library"
        assert pools.read_pool(session, merged_pool).owner_id == twins.other


def test_domains_of_both_are_shown_and_can_be_removed(database: Database, twins: Twins) -> None:
    with database.transaction() as session:
        other = session.get_one(Organization, twins.other)
        domain = make_verified_domain(session, other, "elm.example.org").public_id
    merge(database)
    with database.transaction() as session:
        assert email_domains.domains_of(session, twins.elm) == [(domain, "elm.example.org")]
        email_domains.forget(session, twins.elm, domain, actor=None, now=NOW)
        assert email_domains.domains_of(session, twins.other) == []


def test_family_is_read_from_any_of_its_members(database: Database, twins: Twins) -> None:
    merge(database)
    with database.read_session() as session:
        for one in (twins.elm, twins.other):
            assert set(session.scalars(family_of(one))) == {twins.elm, twins.other}
            assert kept_id(session, one) == twins.elm
        column = select(Membership.login_id).where(
            Membership.organization_id.in_(family_of(Membership.organization_id))
        )
        assert len(session.scalars(column).all()) == 2
