"""Claim links: what each visitor sees, and what one click does."""

from datetime import timedelta

import pytest
from limits import RateLimitItemPerHour
from sqlalchemy import select

from lms.core.email_addresses import read_address
from lms.mail.links import Links
from lms.models.catalog import Webinar, WebinarState
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.seats import claim_links, invitations
from lms.seats.invitations import Invitee
from lms.seats.waitlist_offers import IS_OFF_NOW
from lms.web.core import rate_limits
from tests.clock import NOW
from tests.factories import make_pool, make_pool_grant
from tests.page_texts import shows
from tests.seats.pool_fixtures import newest_token

LINKS = Links("http://localhost")


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def invited(database, cast):
    """Return a function that invites dan to a pool for all webinars and returns his token."""

    def make(*, capacity=2):
        with database.transaction() as session:
            elm = session.get_one(Organization, cast.organization_id)
            pool = make_pool(session, elm, capacity=capacity)
            make_pool_grant(session, pool, ends_at=NOW + timedelta(days=300))
            people = [Invitee(read_address(cast.dan.email))]
            (answer,) = invitations.invite(
                session, pool.id, people, links=LINKS, actor=cast.mia.public_id, now=NOW
            )
            return invitations.fresh_link(session, answer.seat, actor=cast.mia.public_id, now=NOW)

    return make


def test_signed_out_person_sees_who_invited_them_and_must_sign_in(client, cast, invited):
    token = invited()
    page = client.get(f"/claim/{token}")
    assert page.status_code == 200
    assert 'data-testid="claim-open"' in page.text
    assert "Mia invited you" in page.text
    assert f"/sign-in?next=/claim/{token}" in page.text
    assert cast.dan.email not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert client.post(f"/claim/{token}").status_code == 403


def test_another_person_cannot_claim_and_can_switch_accounts(client, cast, database, invited):
    token = invited()
    client.sign_in(cast.alice.id)
    page = client.get(f"/claim/{token}").text
    assert 'data-testid="claim-other"' in page
    assert f'action="/claim/{token}"' not in page
    answer = client.post(f"/claim/{token}")
    assert answer.status_code == 403
    assert 'data-testid="claim-other"' in answer.text
    assert 'action="/sign-out"' in answer.text
    with database.read_session() as session:
        assert session.scalars(select(Assignment.state)).one() is AssignmentState.INVITED


def test_opening_a_link_claims_nothing_and_one_click_claims_the_seat(
    client, cast, database, invited
):
    token = invited()
    client.sign_in(cast.dan.id)
    client.get(f"/claim/{token}")
    with database.read_session() as session:
        assert session.scalars(select(Assignment.state)).one() is AssignmentState.INVITED
    assert client.post(f"/claim/{token}").headers["Location"] == "/library"
    with database.read_session() as session:
        held = session.scalars(select(Assignment)).one()
    assert (held.login_id, held.state) == (cast.dan.id, AssignmentState.CLAIMED)
    assert client.get(f"/claim/{token}").status_code == 410
    assert 'data-testid="claim-over"' in client.get(f"/claim/{token}").text


def test_expired_link_claims_while_a_seat_is_available(client, cast, clock, invited):
    token = invited()
    clock.advance(timedelta(days=20))
    client.sign_in(cast.dan.id)
    page = client.get(f"/claim/{token}")
    assert 'data-testid="expired-with-a-seat"' in page.text
    assert client.post(f"/claim/{token}").headers["Location"] == "/library"


def test_unknown_link_is_gone(client, cast):
    assert client.get("/claim/nonsense").status_code == 410


def test_shared_link_seats_people_until_no_seat_is_left(client, cast, database):
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, capacity=1)
        make_pool_grant(session, pool, ends_at=NOW + timedelta(days=300))
        token = claim_links.open_link(
            session,
            pool.id,
            expires_at=NOW + timedelta(days=3),
            most_uses=5,
            actor=cast.mia.public_id,
            now=NOW,
        )
    client.sign_in(cast.dan.id)
    assert client.post(f"/claim/{token}").headers["Location"] == "/library"
    client.sign_in(cast.carol.id)
    full = client.post(f"/claim/{token}")
    assert full.status_code == 409
    assert 'data-testid="claim-full"' in full.text
    client.post("/sign-out")
    page = client.get(f"/claim/{token}")
    assert page.status_code == 200
    assert 'data-testid="claim-full"' in page.text
    with database.read_session() as session:
        assert session.scalars(select(Pool.used)).one() == 1


def test_only_invalid_links_are_rate_limited_per_network(
    client, database, cast, invited, monkeypatch
):
    few = rate_limits.Limit("links_from", (RateLimitItemPerHour(1),))
    monkeypatch.setattr(rate_limits, "LINKS_FROM", few)
    token = invited()
    assert [client.get(f"/claim/{token}").status_code for _scan in range(3)] == [200] * 3
    assert [client.get("/claim/nothing").status_code for _try in range(2)] == [410, 429]
    assert client.get(f"/claim/{token}").status_code == 200


def test_invitation_to_a_canceled_webinar_says_so_and_claims_nothing(client, cast, database):
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        webinar = session.get_one(Webinar, cast.webinar_id)
        pool = make_pool(session, elm, webinar=webinar, capacity=1)
        make_pool_grant(session, pool)
        webinar.state = WebinarState.CANCELED
        people = [Invitee(read_address(address)) for address in ("new@elm.example",)]
        invitations.invite(session, pool.id, people, links=LINKS, actor=None, now=NOW)
    token = newest_token(database)
    page = client.get(f"/claim/{token}")
    assert page.status_code == 410
    assert 'data-testid="claim-off"' in page.text
    assert f'action="/claim/{token}"' not in page.text
    answer = client.post(
        f"/claim/{token}", data={"name": "New", "password": "a kettle and a brush"}
    )
    assert answer.status_code == 409
    assert shows(answer.text, IS_OFF_NOW)
    with database.read_session() as session:
        assert session.scalars(select(Assignment.state)).one() is AssignmentState.INVITED
