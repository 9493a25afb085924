"""Confirmations: what follows for who ordered from showing that the address is theirs."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.organizations import Membership, Organization
from lms.organizations import organization_merges
from tests.buying.buying_fixtures import confirmed, details, filled, open_for_business, ordered
from tests.cast import Cast
from tests.clock import NOW


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast) -> None:
    open_for_business(database)


def test_buyer_manages_no_organization_that_theirs_was_merged_into(
    database: Database, cast: Cast
) -> None:
    facts = ordered(database, filled(database), details(organization_name="Elm County Lib."))
    with database.transaction() as session:
        made = session.get_one(Organization, facts.organization_id)
        kept = session.get_one(Organization, cast.organization_id)
        organization_merges.merge(session, kept=kept.slug, merged=made.slug, actor=None, now=NOW)
    login_id = confirmed(database)
    with database.read_session() as session:
        query = select(Membership.role).where(Membership.login_id == login_id)
        assert session.scalars(query).all() == []
