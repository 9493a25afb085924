"""Self-enrollment: for managers only (test_access.py), by domains and each pool's policy."""

from datetime import timedelta

from sqlalchemy import select

from lms.core.database import Database
from lms.models.organizations import Organization
from lms.models.seats import ClaimPolicy, Pool
from lms.organizations import email_domains
from tests.clock import NOW
from tests.seat_rows import add_pool
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def policy_of(database: Database, pool: str) -> ClaimPolicy:
    with database.read_session() as session:
        return session.scalars(select(Pool.claim_policy).where(Pool.public_id == pool)).one()


def own(database: Database, organization: str, domain: str) -> str:
    with database.transaction() as session:
        found = session.scalars(
            select(Organization.id).where(Organization.public_id == organization)
        ).one()
        email_domains.verify(session, found, domain, actor=None, now=NOW)
        return email_domains.domains_of(session, found)[0][0]


def test_self_enrollment_by_domain_can_be_turned_on_and_off(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/claims/{elm.pool}/policy"
    assert mia.post(place, data={"policy": "domain"}).status_code == 303
    assert policy_of(database, elm.pool) is ClaimPolicy.DOMAIN
    assert 'value="invitation"' in mia.get(f"/organization/{elm.id}/claims").text
    mia.post(place, data={"policy": "invitation"})
    assert policy_of(database, elm.pool) is ClaimPolicy.INVITATION
    assert mia.post(place, data={"policy": "anybody"}).status_code == 404


def test_pools_with_the_same_coverage_are_labeled_by_term(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    with database.transaction() as session:
        found = session.scalars(select(Organization).where(Organization.public_id == elm.id)).one()
        add_pool(session, found)
        add_pool(session, found, ends_at=NOW + timedelta(days=300))
    for page in ("claims", "usage"):
        shown = mia.get(f"/organization/{elm.id}/{page}").text
        assert "All webinars (Permanent seats)" in shown
        assert "All webinars (Contract, until" in shown


def test_policy_of_another_organizations_pool_cannot_be_changed(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/claims/{elm.others_pool}/policy"
    assert mia.post(place, data={"policy": "domain"}).status_code == 404
    assert policy_of(database, elm.others_pool) is ClaimPolicy.INVITATION


def test_domains_are_shown_and_can_be_removed(mia: Visitor, elm: Elm, database: Database) -> None:
    assert 'data-testid="no-domains"' in mia.get(f"/organization/{elm.id}/claims").text
    mine = own(database, elm.id, "elm-county-library.org")
    assert "elm-county-library.org" in mia.get(f"/organization/{elm.id}/claims").text
    mia.post(f"/organization/{elm.id}/claims/domains/{mine}/forget")
    assert 'data-testid="no-domains"' in mia.get(f"/organization/{elm.id}/claims").text


def test_domain_of_another_organization_cannot_be_removed(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    others = own(database, elm.other, "oak-county-library.org")
    answer = mia.post(f"/organization/{elm.id}/claims/domains/{others}/forget")
    assert answer.status_code == 404


def test_page_links_to_a_domain_request(mia: Visitor, elm: Elm) -> None:
    assert "kind=domain" in mia.get(f"/organization/{elm.id}/claims").text
    assert mia.get("/ask?kind=domain").status_code == 200
