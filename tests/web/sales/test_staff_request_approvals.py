"""What staff approve with one click: reassigning a seat and verifying an email domain."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.requests import RequestKind, RequestState
from lms.models.seats import Seat, SeatState
from lms.organizations.email_domains import domains_of
from lms.seats.claims import claim
from lms.seats.invitations import IN_ALREADY
from lms.seats.pools import pools_of
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import newest
from tests.page_texts import shows
from tests.sales.order_fixtures import GROUP, placed
from tests.visitor import Visitor
from tests.web.requests.test_customer_request import value_of
from tests.web.sales.test_staff_requests import asked, state_of


@pytest.fixture
def staff(client: Visitor, cast: Cast, clock: Clock) -> Visitor:
    """Return a client with Ada signed in, at NOW."""
    client.sign_in(cast.ada.id)
    return client


def test_reassignment_is_approved_with_one_click(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    placed(database, GROUP)
    with database.transaction() as session:
        pool = pools_of(session, cast.organization_id)[0]
        seat = Seat(pool_id=pool.id, state=SeatState.LOCKED, created_at=NOW)
        session.add(seat)
        session.flush()
        seat_id = seat.id
        session.execute(Seat.__table__.update().values(opens_at=None))
        session.connection().exec_driver_sql("UPDATE pool SET used = 1")
    facts = asked(
        database, cast, kind=RequestKind.REASSIGN, seat_id=seat_id, pool_id=pool.id, webinar_id=None
    )
    page = staff.get(f"/staff/requests/{facts.public_id}").text
    assert f'action="/staff/requests/{facts.public_id}/refill"' in page
    assert staff.post(f"/staff/requests/{facts.public_id}/refill").status_code == 303
    with database.read_session() as session:
        assert session.get_one(Seat, seat_id).state is SeatState.FREE
    assert state_of(database, facts) is RequestState.DONE
    assert newest(database, "dan@example.org").kind == "request_answered"


def test_named_person_is_invited_with_one_click_or_refused_with_a_reason(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    placed(database, GROUP)
    with database.transaction() as session:
        pool = pools_of(session, cast.organization_id)[0]
        claim(session, pool.id, cast.alice.id, actor=None, now=NOW)
        seat_id = session.scalars(select(Seat.id)).one()
    named = {"to_email": "kim@example.org", "to_name": "Kim"}
    about = {"seat_id": seat_id, "pool_id": pool.id, "webinar_id": None}
    facts = asked(database, cast, kind=RequestKind.REASSIGN, **about, **named)
    page = f"/staff/requests/{facts.public_id}"
    assert 'data-testid="goes-to-named"' in staff.get(page).text
    assert staff.post(f"{page}/refill").status_code == 303
    assert newest(database, "kim@example.org").kind == "invitation"
    assert "We invited kim@example.org" in newest(database, "dan@example.org").text
    again = asked(database, cast, kind=RequestKind.REASSIGN, **about, **named)
    refused = staff.post(f"/staff/requests/{again.public_id}/refill")
    assert refused.status_code == 409
    assert shows(refused.text, IN_ALREADY)
    assert state_of(database, again) is RequestState.NEW


def test_domain_is_verified_with_one_click(staff: Visitor, cast: Cast, database: Database) -> None:
    facts = asked(
        database,
        cast,
        kind=RequestKind.DOMAIN,
        reference="elm.example.org",
        organization_id=cast.organization_id,
        webinar_id=None,
    )
    page = f"/staff/requests/{facts.public_id}"
    domain = value_of(staff.get(page).text, "domain")
    assert domain == "elm.example.org"
    public = staff.post(f"{page}/domain", data={"domain": "gmail.com"})
    assert public.status_code == 400
    assert state_of(database, facts) is RequestState.NEW
    assert staff.post(f"{page}/domain", data={"domain": domain}).status_code == 303
    with database.read_session() as session:
        assert [name for _id, name in domains_of(session, cast.organization_id)] == [domain]
    assert "elm.example.org is verified" in newest(database, "dan@example.org").text
    assert state_of(database, facts) is RequestState.DONE


def test_domain_without_an_organization_is_not_verified(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast, kind=RequestKind.DOMAIN)
    answer = staff.post(f"/staff/requests/{facts.public_id}/domain", data={"domain": "x.org"})
    assert answer.status_code == 409


def test_request_without_a_seat_cannot_be_approved(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    facts = asked(database, cast)
    assert staff.post(f"/staff/requests/{facts.public_id}/refill").status_code == 409
