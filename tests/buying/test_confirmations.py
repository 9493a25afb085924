"""Confirmations: what happens once buyers show that the address is theirs."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.organizations import Membership, Organization
from lms.models.requests import RequestKind, RequestState
from lms.organizations import organization_merges
from lms.requests.requests import NewRequest
from tests.buying.buying_fixtures import (
    ROSA,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
)
from tests.cast import Cast
from tests.certificates.test_eligibility import ENOUGH_S, consider, saw
from tests.clock import NOW
from tests.mailbox import letters
from tests.requests.test_requests import asked, read


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast) -> None:
    open_for_business(database)


def test_buyer_gets_no_role_if_their_organization_was_merged(
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


def test_request_for_what_was_ordered_is_closed_once_the_address_is_confirmed(
    database: Database, cast: Cast
) -> None:
    new = NewRequest(RequestKind.GROUP, "Rosa", ROSA, webinar_id=cast.webinar_id, quantity=5)
    facts = asked(database, new)
    ordered(database, filled(database), details())
    assert read(database, facts).state is RequestState.NEW  # anyone can enter her address
    confirmed(database)
    assert read(database, facts).state is RequestState.DONE


def test_certificate_earned_before_confirmation_is_emailed_afterwards(
    database: Database, cast: Cast
) -> None:
    facts = ordered(database, filled(database), details())
    with database.transaction() as session:
        saw(session, facts.contact_id, cast.recording_id, 0, ENOUGH_S)
    made = consider(database, facts.contact_id, cast.webinar_id)
    confirmed(database)
    [mail] = [one for one in letters(database, ROSA) if one.kind == "certificate"]
    assert f"/verify/{made}" in mail.text
