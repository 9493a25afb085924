"""The page of an order: its browser can watch what was bought, and nothing else (S15)."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from lms.accounts import accounts
from lms.accounts.accounts import NewLogin
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.documents.mails import recipients
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.documents import Document, DocumentKind
from lms.models.grants import OfferKind
from lms.models.orders import Order, OrderSession
from lms.models.organizations import Membership, Role
from lms.models.payments import Payment
from lms.models.seats import AssignmentEnd, Seat, SeatState, VerifiedDomain
from lms.people import account_blocks
from lms.pricing.price_list import Price, set_prices
from lms.sales import cancellations, disputes
from lms.sales.read_models import find_order_facts
from lms.seats import claims
from tests.buying.buying_fixtures import ROSA, open_for_business
from tests.cast import Cast, Person, Roles
from tests.clock import NOW, Clock
from tests.factories import make_grant, make_handout, make_recording, make_webinar
from tests.mailbox import letters, link_in, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, credited, locked, paid, placed
from tests.visitor import Visitor
from tests.web.buying.shopping import PASSWORD, check_out, confirm, fill, order

pytestmark = pytest.mark.usefixtures("cast", "_open")
OTHER = "story-times"
LATER = date(2026, 12, 1)


@pytest.fixture
def _open(database: Database, clock: Clock) -> None:
    """Set up the shop, another webinar with a recording, and a handout of the first one."""
    open_for_business(database)
    with database.transaction() as session:
        webinar = make_webinar(session, OTHER)
        make_recording(session, webinar)
        elm = session.scalars(select(Webinar).where(Webinar.slug == "reading-rooms")).one()
        make_handout(session, elm)


@pytest.fixture
def free(client: Visitor, database: Database) -> str:
    """Return the path of an order at no charge, which gives access immediately."""
    return bought_for_nothing(client, database)


def bought_for_nothing(client: Visitor, database: Database, email: str = ROSA) -> str:
    """Order the webinar for oneself while its price is 0, and return the order's path."""
    with database.transaction() as session:
        set_prices(session, (Price(OfferKind.SINGLE, 1, 0, "USD"),), actor=None, now=NOW)
    path = order(client, payer="myself", email=email)
    open_for_business(database)
    return path


def test_order_is_not_found_for_other_people(
    client: Visitor, app: Flask, database: Database, cast: Cast, roles: Roles
) -> None:
    path = order(client)
    assert client.get(path).status_code == 200
    other = app.test_client()
    for person in (None, cast.alice, cast.mia, roles.max, roles.rita):
        if person is not None:
            other.sign_in(person.id)
        for address in (path, f"{path}/paid"):
            assert other.get(address).status_code == 404
        sent = {"name": "Eve", "email": "eve@example.org"}
        assert other.post(f"{path}/contact", data=sent).status_code == 404
        assert other.post(f"{path}/seats/{'0' * 26}").status_code == 404
    assert [one.kind for one in letters(database, "eve@example.org")] == []


def test_order_gives_access_in_its_browser(client: Visitor, free: str, cast: Cast) -> None:
    assert "Watch now" in client.get(free).text
    page = client.get(f"/webinars/{cast.slug}/watch")
    assert page.status_code == 200
    assert "data-note" not in page.text


def test_order_gives_no_access_to_anything_else(
    client: Visitor, app: Flask, database: Database, free: str, cast: Cast
) -> None:
    watch = client.get(f"/webinars/{OTHER}/watch")
    assert watch.status_code == 403
    for private in (
        "/account",
        "/account/orders",
        "/library",
        "/certificates",
        f"/webinars/{cast.slug}/notes",
        f"/webinars/{cast.slug}/watch/certificate",
        "/organization",
        "/staff",
    ):
        answer = client.get(private)
        assert answer.status_code in (302, 303, 403, 404), private
        assert ROSA not in answer.text
    stranger = app.test_client()
    theirs = bought_for_nothing(stranger, database, "max@oak.example")
    assert client.get(theirs).status_code == 404
    assert stranger.get(free).status_code == 404


def test_order_for_a_known_address_gives_no_access_to_the_account(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        webinar = session.scalars(select(Webinar).where(Webinar.slug == OTHER)).one()
        make_grant(session, session.get_one(Login, cast.alice.id), webinar)
    bought_for_nothing(client, database, cast.alice.email)
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 200
    assert client.get(f"/webinars/{OTHER}/watch").status_code == 403
    assert client.get("/account").status_code in (302, 303, 403)


def test_order_session_expires_after_a_day(
    client: Visitor, clock: Clock, free: str, cast: Cast
) -> None:
    clock.advance(timedelta(hours=23, minutes=59))
    assert client.get(free).status_code == 200
    clock.advance(timedelta(minutes=2))
    assert client.get(free).status_code == 404
    assert client.get(f"/webinars/{cast.slug}/watch").status_code in (302, 303)


def test_confirming_elsewhere_ends_the_session_of_the_ordering_browser(
    client: Visitor, app: Flask, database: Database, free: str, cast: Cast
) -> None:
    phone = app.test_client()
    assert confirm(phone, database).status_code == 303
    assert client.get(free).location == f"/sign-in?next={free}"
    assert client.get(f"/webinars/{cast.slug}/watch").status_code in (302, 303)
    assert phone.get(free).status_code == 200
    assert phone.get(f"/webinars/{cast.slug}/watch").status_code == 200


def test_opening_the_link_confirms_nothing(client: Visitor, database: Database) -> None:
    path = order(client)
    link = link_in(newest(database, ROSA, "confirm_order"))
    assert client.get(link).status_code == client.head(link).status_code == 200
    assert "One step left" in client.get(path).text
    assert client.get("/orders/confirm/none").status_code == 410
    assert client.post("/orders/confirm/none").status_code == 410


def test_weak_password_is_refused_and_the_name_is_kept(client: Visitor, database: Database) -> None:
    order(client)
    link = link_in(newest(database, ROSA, "confirm_order"))
    answer = client.post(link, data={"name": "Rosa D.", "password": "short"})
    assert answer.status_code == 400
    assert 'value="Rosa D."' in answer.text
    assert client.post(link, data={"name": "Rosa D.", "password": PASSWORD}).status_code == 303
    assert client.post(link, data={"name": "Rosa D.", "password": PASSWORD}).status_code == 410


@pytest.mark.parametrize("who", ["alice", "ada", "mia"])
def test_person_with_an_account_confirms_and_then_signs_in(
    client: Visitor, app: Flask, database: Database, cast: Cast, who: str
) -> None:
    person: Person = getattr(cast, who)
    path = order(client, email=person.email)
    link = link_in(newest(database, person.email, "confirm_order"))
    phone = app.test_client()
    assert "Then sign in" in phone.get(link).text
    assert phone.post(link).location == f"/sign-in?next={path}"
    assert phone.get("/account").location.startswith("/sign-in")
    client.sign_in(person.id)
    assert client.get(path).status_code == 200


def test_blocked_buyer_is_told_to_contact_us(
    client: Visitor, database: Database, cast: Cast
) -> None:
    path = order(client, email=cast.alice.email)
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared", actor=None, now=NOW)
    answer = client.post(link_in(newest(database, cast.alice.email, "confirm_order")))
    assert answer.status_code == 409
    assert "Your account is blocked. Contact us" in answer.text
    assert "One step left" in client.get(path).text


def test_correcting_the_address_sends_a_new_link_and_ends_the_first(
    client: Visitor, database: Database
) -> None:
    path = order(client)
    first = link_in(newest(database, ROSA, "confirm_order"))
    sent = {"name": "Rosa Delgado", "email": "rosa.delgado@pinecounty.example"}
    assert client.post(f"{path}/contact", data=sent).status_code == 303
    assert client.post(first, data={"name": "Eve", "password": PASSWORD}).status_code == 410
    assert newest(database, sent["email"], "confirm_order")
    wrong = client.post(f"{path}/contact", data={"name": "Rosa", "email": "rosa"})
    assert wrong.status_code == 400
    assert 'value="rosa"' in wrong.text


def test_buyer_can_assign_themselves_a_seat_after_confirming(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.add(
            VerifiedDomain(
                organization_id=cast.organization_id, domain="pinecounty.example", verified_at=NOW
            )
        )
    path = order(client, box={"choice": "team", "seats": "5"})
    page = client.get(path).text
    assert "Assign yourself a seat" not in page
    assert "assign yourself one" not in page
    assert "You can assign seats after you confirm your email address." in page
    confirm(client, database)
    page = client.get(path).text
    assert "5 seats: assign yourself one and invite 4 people." in page
    found = re.search(rf'action="({path}/seats/\w+)"', page)
    assert found
    for _twice in range(2):
        assert client.post(found[1]).status_code == 303
    page = client.get(path).text
    assert "One seat is yours. 4 seats to assign." in page
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 200


def test_order_of_one_seat_offers_no_invitations(client: Visitor, database: Database) -> None:
    path = order(client)
    confirm(client, database)
    page = client.get(path).text
    assert "This seat is yours." in page
    assert "All seats are assigned." not in page
    assert "Invite people" not in page


def test_people_named_at_checkout_are_counted_before_they_are_invited(
    client: Visitor, database: Database
) -> None:
    fill(client, choice="team", seats="5")
    box = re.search(r'name="(people-\w+)"', client.get("/checkout").text)
    assert box
    named = "kim@pinecounty.example\nlee@pinecounty.example"
    page = client.get(check_out(client, **{box[1]: named}).location).text
    assert "invite 2 people when you have access." in page
    assert "You can assign seats after you confirm your email address." in page


def test_order_on_hold_shows_the_balance_due_and_lets_its_buyer_claim_a_seat(
    client: Visitor, database: Database
) -> None:
    path = order(client, box={"choice": "team", "seats": "5"})
    assert "Balance due" not in client.get(path).text  # no invoice exists before the buyer confirms
    confirm(client, database)
    page = client.get(path).text
    assert "Balance due: $325.00" in page
    assert "have access after we review your order" in page
    found = re.search(rf'action="({path}/seats/\w+)"', page)
    assert found
    assert client.post(found[1]).status_code == 303
    page = client.get(path).text
    assert "One seat is yours. 4 seats to assign." in page
    assert "Watch now" not in page
    assert "/pay/" in client.get(f"{path}/pay").location
    with database.read_session() as session:
        facts = find_order_facts(session, path.rpartition("/")[2])
    paid(database, facts, 22_500)
    assert "Balance due: $100.00" in client.get(path).text
    paid(database, facts)
    assert "Balance due" not in client.get(path).text
    assert "Pay invoice" not in client.get(path).text


def test_ended_order_says_so_without_thanks(
    client: Visitor, database: Database, cast: Cast
) -> None:
    back, canceled = placed(database, GROUP), placed(database, replace(GROUP, bill_on=LATER))
    paid(database, back)
    client.sign_in(cast.mia.id)
    assert "You have access now." in client.get(f"/orders/{back.public_id}").text
    credited(database, back)
    with database.transaction() as session:
        cancellations.cancel(session, locked(session, canceled), actor=None, now=NOW)
    for facts, lead in ((back, "This order was returned."), (canceled, "This order was canceled.")):
        page = client.get(f"/orders/{facts.public_id}").text
        assert lead in page
        for said in ("Thank you", "You have access now.", " Paid"):
            assert said not in page, said


def test_disputed_order_says_so(client: Visitor, database: Database, cast: Cast) -> None:
    facts = placed(database, SEAT)
    with database.transaction() as session:
        payment = session.scalars(select(Payment.public_id)).one()
        disputes.open_dispute(session, payment, mail_context=OFFICE, actor=None, now=NOW)
    client.sign_in(cast.dan.id)
    page = client.get(f"/orders/{facts.public_id}").text
    assert "A payment for this order is disputed at the bank." in page
    assert "You have access now." not in page


def test_order_from_a_free_email_provider_is_on_hold_until_reviewed(
    client: Visitor, database: Database, cast: Cast
) -> None:
    path = order(client, email="mallory@gmail.com")
    confirm(client, database, "mallory@gmail.com")
    page = client.get(path).text
    assert re.search(r"review your order by [^.]+, 5:00", page)
    assert "Watch now" not in page
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 403
    with database.read_session() as session:
        assert session.scalars(select(Order.held_at).where(Order.placed_at.is_not(None))).one()


def test_order_session_left_open_after_confirmation_gives_no_access(
    client: Visitor, app: Flask, database: Database, free: str
) -> None:
    phone = app.test_client()
    confirm(phone, database)
    with database.transaction() as session:
        done = session.scalars(select(OrderSession)).one()
        done.ended_at = None  # as for an order started before and placed after confirmation
    assert client.get(free).status_code == 404
    assert client.post(f"{free}/contact", data={"name": "Eve", "email": ROSA}).status_code == 404


def test_unconfirmed_account_must_confirm_its_order_by_email(
    client: Visitor, database: Database
) -> None:
    with database.transaction() as session:
        new = NewLogin(read_address(ROSA), "Eve", password_hash="hash")
        eve = accounts.add_unproven(session, new, now=NOW)
    client.sign_in(eve.id)
    path = order(client, payment="invoice")
    assert client.get(path).status_code == 200
    assert [one.kind for one in letters(database, ROSA)] == ["confirm_order"]
    with database.read_session() as session:
        row = session.scalars(select(Order).where(Order.placed_at.is_not(None))).one()
        assert (row.contact_id != eve.id, row.awaits_proof) == (True, True)


def test_removed_buyer_cannot_claim_a_seat_again(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.add(
            VerifiedDomain(
                organization_id=cast.organization_id, domain="pinecounty.example", verified_at=NOW
            )
        )
    path = order(client, box={"choice": "team", "seats": "5"})
    confirm(client, database)
    found = re.search(rf'action="({path}/seats/\w+)"', client.get(path).text)
    assert found
    assert client.post(found[1]).status_code == 303
    with database.transaction() as session:
        seat = session.scalars(select(Seat).where(Seat.state == SeatState.TAKEN)).one()
        claims.release(
            session,
            seat.public_id,
            AssignmentEnd.REMOVED,
            links=OFFICE.links,
            actor=None,
            now=NOW,
        )
        session.execute(delete(Membership).where(Membership.role == Role.OWNER))
    assert found[1] not in client.get(path).text
    client.post(found[1])
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 403


def test_order_gives_no_access_to_a_free_webinar_without_sign_in(
    client: Visitor, database: Database, free: str
) -> None:
    with database.transaction() as session:
        session.scalars(select(Webinar).where(Webinar.slug == OTHER)).one().free = True
    assert client.get(f"/webinars/{OTHER}/watch").status_code in (302, 303, 403)
    assert client.post(f"/webinars/{OTHER}/playback", json={}).status_code == 403


def test_invoice_is_sent_to_the_accounts_payable_address(
    client: Visitor, database: Database
) -> None:
    order(client, payment="invoice", payable_email="ap@pinecounty.example")
    confirm(client, database)
    with database.read_session() as session:
        invoices = select(Document).where(Document.kind == DocumentKind.INVOICE)
        invoice = session.scalars(invoices).one()
        assert recipients(session, invoice) == ("ap@pinecounty.example",)
