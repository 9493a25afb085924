"""Claiming by a link where the invited address has no account: one form, no second email (S13)."""

from datetime import timedelta

import pytest
from limits import RateLimitItemPerHour
from sqlalchemy import delete, func, select

from lms.accounts import accounts
from lms.accounts.accounts import NewLogin
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.seats import claim_links, invitations
from lms.seats.invitations import Invitee
from lms.web.core.rate_limits import Limit
from lms.web.seats import claim
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_pool, make_pool_grant
from tests.mailbox import link_in, newest
from tests.page_texts import told
from tests.visitor import Visitor

LINKS = Links("http://localhost")
PAT = "pat@elm.example"
PASSWORD = "a shelf of atlases"  # noqa: S105  (invented)
ENTERED = {"name": "Pat Quinn", "password": PASSWORD}


@pytest.fixture(autouse=True)
def at_noon(clock: Clock) -> None:
    """Start every test at NOW."""


def invite(database: Database, cast: Cast, *, capacity: int = 2, email: str = PAT) -> str:
    """Invite an address to a seat of the webinar; return the seat's public ID."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id), capacity=capacity)
        make_pool_grant(session, pool)
        (answer,) = invitations.invite(
            session,
            pool.id,
            [Invitee(read_address(email), "Pat")],
            links=LINKS,
            actor=cast.mia.public_id,
            now=NOW,
        )
        assert isinstance(answer, invitations.Invited)
        return answer.seat


def mailed(database: Database, email: str = PAT) -> str:
    """Return the path of the newest link that was emailed."""
    return link_in(newest(database, email, "invitation")).removeprefix("http://localhost")


def copied(database: Database, cast: Cast, seat: str) -> str:
    """Return the path of a link that a manager copied."""
    with database.transaction() as session:
        token = invitations.fresh_link(session, seat, actor=cast.mia.public_id, now=NOW)
    return f"/claim/{token}"


def login_of(database: Database, email: str = PAT) -> Login | None:
    with database.read_session() as session:
        login = session.scalar(select(Login).where(Login.email_key == email))
        if login is not None:
            session.expunge(login)
        return login


def holder(database: Database) -> tuple[int | None, AssignmentState]:
    with database.read_session() as session:
        row = session.scalars(select(Assignment).where(Assignment.ended_at.is_(None))).one()
        return row.login_id, row.state


def test_opening_a_link_claims_nothing_and_creates_no_account(
    client: Visitor, database: Database, cast: Cast
) -> None:
    invite(database, cast)
    page = client.get(mailed(database))
    assert page.status_code == 200
    assert 'name="password"' in page.text
    assert 'value="Pat"' in page.text
    assert PAT not in page.text
    assert "/sign-in?next" not in page.text
    assert holder(database) == (None, AssignmentState.INVITED)
    assert login_of(database) is None


def test_emailed_link_claims_with_one_form_and_confirms_the_address(
    client: Visitor, database: Database, cast: Cast
) -> None:
    invite(database, cast)
    answer = client.post(mailed(database), data=ENTERED)
    assert (answer.status_code, answer.location) == (303, f"/webinars/{cast.slug}")
    login = login_of(database)
    assert login is not None
    assert (login.name, login.confirmed_at) == ("Pat Quinn", NOW)
    assert holder(database) == (login.id, AssignmentState.CLAIMED)
    page = client.get(f"/webinars/{cast.slug}")
    assert "Elm County Library" in told(page.text)
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 200
    with database.read_session() as session:
        kinds = session.scalars(select(Mail.kind).where(Mail.recipient == PAT)).all()
    assert sorted(kinds) == ["invitation", "seat_claimed"]


def test_invalid_form_preserves_the_name_and_claims_nothing(
    client: Visitor, database: Database, cast: Cast
) -> None:
    invite(database, cast)
    for entered in ({"name": "Pat Quinn", "password": ""}, {"name": "Pat Quinn", "password": "x"}):
        answer = client.post(mailed(database), data=entered)
        assert answer.status_code == 400
        assert 'value="Pat Quinn"' in answer.text
    assert client.post(mailed(database), data={"password": PASSWORD}).status_code == 400
    assert login_of(database) is None
    assert holder(database) == (None, AssignmentState.INVITED)


def test_address_with_an_account_must_sign_in_first(
    client: Visitor, database: Database, cast: Cast
) -> None:
    invite(database, cast, email=cast.dan.email)
    path = mailed(database, cast.dan.email)
    page = client.get(path).text
    assert f"/sign-in?next={path}" in page
    assert 'name="password"' not in page
    assert client.post(path, data=ENTERED).status_code == 403
    assert holder(database) == (None, AssignmentState.INVITED)
    client.sign_in(cast.dan.id)
    assert client.post(path).location == f"/webinars/{cast.slug}"


def test_link_works_once(client: Visitor, database: Database, cast: Cast) -> None:
    invite(database, cast)
    path = mailed(database)
    client.post(path, data=ENTERED)
    client.post("/sign-out")
    assert client.get(path).status_code == 410
    assert client.post(path, data=ENTERED).status_code == 403
    with database.read_session() as session:
        assert session.scalars(select(Pool.used)).one() == 1


def test_copied_link_claims_and_leaves_the_address_unconfirmed(
    client: Visitor, database: Database, cast: Cast
) -> None:
    path = copied(database, cast, invite(database, cast))
    assert client.post(path, data=ENTERED).location == f"/webinars/{cast.slug}"
    login = login_of(database)
    assert login is not None
    assert login.confirmed_at is None
    assert holder(database) == (login.id, AssignmentState.CLAIMED)
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 200
    client.post("/sign-out")
    signed_in = client.post("/sign-in", data={"email": PAT, "password": PASSWORD})
    assert signed_in.status_code == 303
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 200


def test_unconfirmed_address_gets_no_password_reset_or_sign_in_code(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.post(copied(database, cast, invite(database, cast)), data=ENTERED)
    client.post("/sign-out")
    client.post("/password/reset", data={"email": PAT})
    client.post("/sign-in/code", data={"email": PAT})
    with database.read_session() as session:
        kinds = set(session.scalars(select(Mail.kind).where(Mail.recipient == PAT)))
    assert not kinds & {"reset_password", "sign_in_code", "password_reset"}


def test_confirming_the_address_takes_over_a_copied_links_account(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.post(copied(database, cast, invite(database, cast)), data=ENTERED)
    before = login_of(database)
    owner = client.application.test_client()
    owner.post("/sign-up", data={"email": PAT})
    assert before is not None
    with database.transaction() as session:  # the owner of the mailbox
        new = NewLogin(read_address(PAT), "Pat", password_hash="hash")
        assert accounts.add_proven(session, new, now=NOW).id == before.id
    assert client.get("/library").status_code == 303  # signed out
    after = login_of(database)
    assert after is not None
    assert (after.id, after.confirmed_at, after.password_hash) == (before.id, NOW, "hash")
    assert holder(database) == (before.id, AssignmentState.CLAIMED)


def test_emailed_link_confirms_the_address_of_an_unconfirmed_account(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.post(copied(database, cast, invite(database, cast)), data=ENTERED)
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm)
        make_pool_grant(session, pool)
        people = [Invitee(read_address(PAT))]
        invitations.invite(session, pool.id, people, links=LINKS, actor=None, now=NOW)
    path = mailed(database)
    assert f'action="{path}"' in client.get(path).text
    assert client.post(path).status_code == 303
    login = login_of(database)
    assert login is not None
    assert login.confirmed_at == NOW


def test_unconfirmed_account_with_a_seat_is_not_deleted(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.post(copied(database, cast, invite(database, cast)), data=ENTERED)
    with database.transaction() as session:
        accounts.forget_unconfirmed(session, now=NOW + timedelta(days=30))
    assert login_of(database) is not None


def test_expired_link_joins_the_waitlist_when_no_seat_is_available(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    invite(database, cast, capacity=1)
    path = mailed(database)
    clock.advance(timedelta(days=20))
    with database.transaction() as session:
        invitations.expire_due(session, now=NOW + timedelta(days=20))
        pool = session.scalars(select(Pool)).one()
        other = [Invitee(read_address("other@elm.example"))]
        invitations.invite(session, pool.id, other, links=LINKS, actor=None, now=clock.moment)
    assert client.post(path, data=ENTERED).location == "/library"
    library = client.get("/library").text
    assert 'id="kept"' in library
    assert '/claim"' not in library


def test_failed_claims_are_rate_limited_per_link(
    client: Visitor, database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "CLAIMS", Limit("claims", (RateLimitItemPerHour(2),)))
    invite(database, cast)
    invite(database, cast, email="jo@elm.example")
    with database.transaction() as session:
        session.execute(delete(Grant).where(Grant.pool_id.is_not(None)))
    path, other = mailed(database), mailed(database, "jo@elm.example")
    assert [client.post(path, data=ENTERED).status_code for _try in range(3)] == [409, 409, 429]
    assert client.post(other, data=ENTERED).status_code == 409
    assert login_of(database) is None


def test_shared_link_requires_sign_in(client: Visitor, database: Database, cast: Cast) -> None:
    invite(database, cast)
    with database.transaction() as session:
        pool = session.scalars(select(Pool)).one()
        token = claim_links.open_link(
            session,
            pool.id,
            expires_at=NOW + timedelta(days=3),
            most_uses=5,
            actor=None,
            now=NOW,
        )
    page = client.get(f"/claim/{token}").text
    assert 'name="password"' not in page
    assert client.post(f"/claim/{token}", data=ENTERED).status_code == 403
    with database.read_session() as session:
        assert session.scalar(select(func.count(Login.id)).where(Login.name == "Pat Quinn")) == 0
