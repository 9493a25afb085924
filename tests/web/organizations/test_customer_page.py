"""Staff page of one organization: people, seats, amounts owed, emails, and the timeline."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.mail import outbox
from lms.models.accounts import Login
from lms.models.mail import Mail
from lms.models.orders import Terms
from lms.models.organizations import AccountsPayableAddress, MemberInvitation, Role
from lms.organizations.orders import orders_of
from lms.organizations.payers import Payer
from tests.cast import Cast
from tests.clock import NOW
from tests.lti.course_fixtures import make_course
from tests.sales.order_fixtures import GROUP, placed, with_line
from tests.visitor import Visitor
from tests.web.managed_organization import Elm

ELM = "/staff/organizations/elm-county"


def sell(database: Database, price: int, *, due: int) -> None:
    """Invoice Elm County for an amount that is due in so many days."""
    day = (NOW + timedelta(days=due)).date()
    new = replace(with_line(GROUP, price_minor=price), due_on=day)
    placed(database, new, at=NOW - timedelta(days=40))


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_customer_page_is_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get(ELM).status_code == 404


def test_amounts_owed_are_at_the_top_with_past_due_first(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    assert "Nothing" in staff.get(ELM).text
    sell(database, 318_000, due=-10)
    sell(database, 49_900, due=20)
    placed(database, replace(with_line(GROUP, price_minor=9_900), terms=Terms.CARD))
    page = staff.get(ELM).text
    top = page.partition('id="contact-title"')[0]
    assert top.index("$3,180.00") < top.index("$499.00")
    assert "past due since" in top
    assert "$99.00" not in top
    assert "3 orders" in top
    with database.read_session() as session:
        orders = orders_of(session, Payer(organization_id=cast.organization_id))
    assert sorted(one.owed_minor for one in orders) == [0, 49_900, 318_000]


def test_page_shows_contacts_and_invited_people(
    staff: Visitor, database: Database, cast: Cast, elm: Elm
) -> None:
    with database.transaction() as session:
        session.add(
            MemberInvitation(
                organization_id=cast.organization_id,
                login_id=cast.dan.id,
                role=Role.MANAGER,
                email="dan@example.org",
                email_key="dan@example.org",
                name="Dan",
                created_at=NOW,
            )
        )
    page = staff.get(ELM).text
    top = page.partition('id="has-title"')[0]
    assert top.index("Olga") < top.index("Mia")
    assert "zoe@example.org" in page
    assert "To a seat: Reading rooms" in page
    assert "As manager of the organization" in page


def test_emails_to_members_and_accounts_payable_show_bounces(
    staff: Visitor, database: Database, cast: Cast, elm: Elm
) -> None:
    with database.transaction() as session:
        session.add(
            AccountsPayableAddress(
                organization_id=cast.organization_id,
                email="ap@elm.example.org",
                email_key="ap@elm.example.org",
            )
        )
        for to, login_id in (
            ("ap@elm.example.org", None),
            ("zoe@example.org", None),
            ("mia@example.org", cast.mia.id),
            ("carol@example.org", cast.carol.id),
        ):
            outbox.post(
                session,
                kind="sign_in_code",
                to=to,
                login_id=login_id,
                subject=f"For {to}",
                values={"code": "1", "name": "x"},
                now=NOW,
            )
        session.execute(
            update(Mail)
            .where(Mail.recipient_key == "ap@elm.example.org")
            .values(bounced_at=NOW, failure="No such mailbox")
        )
    page = staff.get(ELM).text
    emails = page.partition('id="emails-title"')[2].partition('id="happened-title"')[0]
    for to in ("ap@elm.example.org", "zoe@example.org", "mia@example.org"):
        assert f"For {to}" in emails
    assert "For carol@example.org" not in emails
    assert "No such mailbox" in emails
    billing = page.partition('id="billing-title"')[2].partition('id="papers-title"')[0]
    assert "Bounced" in billing


def test_page_shows_lms_connections_and_the_timeline(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_course(session, cast.organization_id)
        ada = session.scalars(select(Login.name).where(Login.id == cast.ada.id)).one()
    staff.post(f"{ELM}/notes", data={"notes": "Ask for Maria."})
    page = staff.get(ELM).text
    connections = page.partition('id="connections-title"')[2].partition('id="kits-title"')[0]
    assert "Connected" in connections
    happened = page.partition('id="happened-title"')[2]
    assert f"{ada}</a> changed the notes on" in happened
