"""Merging two records of one institution: no rows move, and it can be undone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.core.model_base import Base
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import Pool
from lms.organizations import (
    organization_merges,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_organization,
    make_verified_domain,
)
from tests.organizations.twins import Twins, merge, unmerge


def everything(database: Database) -> dict[str, list[str]]:
    """Return every row of every table except the audit trail."""
    with database.read_session() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table))))
            for table in Base.metadata.sorted_tables
            if table.name != "audit_entry"
        }


def test_preview_shows_the_people_and_pools_of_each(
    database: Database, cast: Cast, twins: Twins
) -> None:
    with database.transaction() as session:
        pool = session.get_one(Pool, twins.other_pool)
        make_assignment(session, pool, session.get_one(Login, cast.dan.id))
        make_verified_domain(session, session.get_one(Organization, twins.other), "elm.example.org")
        mia = Membership(
            organization_id=twins.other, login_id=cast.mia.id, role=Role.MEMBER, created_at=NOW
        )
        session.add(mia)
        session.flush()
        shown = organization_merges.preview_merge(
            session, kept="elm-county", merged="elm-twp", hooks=()
        )
    assert (shown.kept.name, shown.kept.people, shown.kept.pools) == ("Elm County Library", 1, 0)
    assert (shown.merged.people, shown.merged.pools, shown.merged.seated) == (2, 1, 1)
    assert shown.merged.domains == ("elm.example.org",)
    assert shown.in_both == 1


def test_merge_writes_only_the_link_and_undo_restores_everything(
    database: Database, cast: Cast, twins: Twins
) -> None:
    before = everything(database)
    merge(database)
    during = everything(database)
    assert {name for name in before if before[name] != during[name]} == {"organization"}
    assert unmerge(database) == "elm-county"
    assert everything(database) == before


def test_merge_and_undo_are_recorded_for_both_organizations(
    database: Database, twins: Twins
) -> None:
    merge(database)
    unmerge(database)
    with database.read_session() as session:
        acts = session.execute(select(AuditEntry.subject, AuditEntry.act).order_by(AuditEntry.id))
        assert [tuple(row) for row in acts] == [
            (twins.other_id, "organization.merged"),
            (twins.elm_id, "organization.took_in"),
            (twins.other_id, "organization.unmerged"),
            (twins.elm_id, "organization.unmerged"),
        ]


def test_organization_cannot_be_merged_with_itself(database: Database, twins: Twins) -> None:
    with pytest.raises(Invalid):
        merge(database, "elm-twp", "elm-twp")


def test_unknown_organization_is_not_found(database: Database, twins: Twins) -> None:
    with pytest.raises(NotFound):
        merge(database, "elm-county", "nowhere")
    with pytest.raises(NotFound):
        unmerge(database, "nowhere")


def test_merges_cannot_be_chained(database: Database, twins: Twins) -> None:
    with database.transaction() as session:
        make_organization(session, "third")
    merge(database)
    for kept, merged, sentence in (
        ("third", "elm-twp", organization_merges.MERGED_ALREADY),
        ("elm-twp", "third", organization_merges.KEPT_IS_MERGED),
        ("third", "elm-county", organization_merges.HAS_MERGED),
    ):
        with pytest.raises(Conflict) as refused:
            merge(database, kept, merged)
        assert refused.value.message == sentence
    merge(database, "elm-county", "third")  # more than two can be merged into one


def test_concurrent_merges_make_no_chain(database: Database, twins: Twins) -> None:
    with database.transaction() as session:
        make_organization(session, "third")

    def attempt(pair: tuple[str, str]) -> bool:
        try:
            merge(database, *pair)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        done = list(both.map(attempt, [("elm-county", "elm-twp"), ("elm-twp", "third")]))
    assert sorted(done) == [False, True]


def test_parent_and_child_cannot_be_merged(database: Database, twins: Twins) -> None:
    with database.transaction() as session:
        middle = make_organization(session, "middle")
        middle.parent_id = twins.elm
        session.flush()
        session.execute(
            update(Organization).where(Organization.id == twins.other).values(parent_id=middle.id)
        )
    for kept, merged in (("elm-county", "elm-twp"), ("elm-twp", "elm-county")):
        with pytest.raises(Conflict) as refused:
            merge(database, kept, merged)
        assert refused.value.message == organization_merges.PARENT_WITH_CHILD


def test_organization_that_is_not_merged_cannot_be_unmerged(
    database: Database, twins: Twins
) -> None:
    with pytest.raises(Conflict):
        unmerge(database)
