"""Invited people in staff search and on their own page, and the page of a person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from lms.core.database import Database
from lms.mail import outbox
from lms.models.mail import Mail
from lms.models.orders import Terms
from lms.models.organizations import MemberInvitation, Role
from lms.people.login_search import Show
from lms.web.people.customer_rows import PAST_DUE
from lms.web.people.staff_profiles import SHOWN
from tests.cast import Cast
from tests.clock import NOW
from tests.page_texts import shows, start_of
from tests.sales.order_fixtures import SEAT, placed, with_line
from tests.visitor import Visitor
from tests.web.managed_organization import Elm

ZOE = "/staff/people/invited/zoe@example.org"


def send(database: Database, to: str, login_id: int | None = None) -> None:
    with database.transaction() as session:
        outbox.post(
            session,
            kind="sign_in_code",
            to=to,
            login_id=login_id,
            subject=f"For {to}",
            values={"code": "1", "name": "x"},
            now=NOW,
        )


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_see_invited_people(
    client: Visitor, cast: Cast, elm: Elm, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get(ZOE).status_code == 404
    assert client.get("/staff/people?show=invited").status_code == 404


def test_staff_search_finds_an_invited_person(staff: Visitor, elm: Elm) -> None:
    for query in ("?q=zoe", "", "?show=invited", "?show=invited&q=zoe"):
        page = staff.get(f"/staff/people{query}").text
        assert 'href="/staff/people/invited/zoe@example.org"' in page
    assert "zoe@example.org" not in staff.get("/staff/people?show=blocked").text
    assert "zoe@example.org" not in staff.get("/staff/people?q=alice").text


def test_managers_find_the_people_they_invited(client: Visitor, cast: Cast, elm: Elm) -> None:
    client.sign_in(cast.mia.id)
    assert "zoe@example.org" in client.get(f"/organization/{elm.id}/people?q=zoe").text


def test_an_invited_person_has_a_page_with_invitations_and_emails(
    staff: Visitor, database: Database, elm: Elm
) -> None:
    send(database, "zoe@example.org")
    with database.transaction() as session:
        session.execute(update(Mail).values(bounced_at=NOW, failure="No such mailbox"))
    page = staff.get(ZOE).text
    for words in (
        SHOWN[Show.INVITED],
        "Elm County Library",
        "For zoe@example.org",
        "Email bounced",
    ):
        assert words in page


def test_page_of_an_address_with_an_account_redirects_to_the_person(
    staff: Visitor, cast: Cast, elm: Elm
) -> None:
    answer = staff.get("/staff/people/invited/alice@example.org")
    assert (answer.status_code, answer.location) == (303, f"/staff/people/{cast.alice.public_id}")
    for address in ("nobody@example.org", "not-an-address"):
        assert staff.get(f"/staff/people/invited/{address}").status_code == 404


def test_person_page_shows_purchases_invitations_emails_and_timeline(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    send(database, "dan@example.org", cast.dan.id)
    send(database, "bob@example.org", cast.bob.id)
    new = replace(with_line(SEAT, price_minor=49_900), terms=Terms.INVOICE)
    placed(database, new, at=NOW - timedelta(days=40))
    with database.transaction() as session:
        session.add(
            MemberInvitation(
                organization_id=cast.organization_id,
                login_id=cast.dan.id,
                role=Role.MANAGER,
                email="dan@example.org",
                email_key="dan@example.org",
                created_at=NOW,
            )
        )
    staff.post(f"/staff/people/{cast.dan.public_id}/block", data={"reason": "A test"})
    page = staff.get(f"/staff/people/{cast.dan.public_id}").text
    assert "$499.00" in page.partition('id="has-title"')[0]
    assert shows(page, start_of(PAST_DUE))
    assert 'id="asked-title"' in page
    assert "For dan@example.org" in page
    assert "For bob@example.org" not in page
    assert "blocked" in page.partition('id="happened-title"')[2]
