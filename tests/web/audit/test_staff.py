"""The audit log for staff: filters, sentences with links, and CSV."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from lms import audit
from lms.core.acting_roles import ActingRole
from lms.core.database import Database
from lms.grants import grants
from lms.models.accounts import Login
from lms.models.documents import DocumentKind
from lms.models.payments import PaymentMethod, Reversal
from lms.operations import secret_key_change
from lms.payments import balance_check, payments, refunds
from lms.payments.payments import NewPayment
from lms.payments.refunds import NewRefund
from lms.people import account_blocks
from lms.sales import receiving
from lms.web.audit import sentences
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, placed
from tests.visitor import Visitor


@pytest.fixture
def happened(database: Database, cast: Cast) -> None:
    """Block Dan as Ada yesterday, and grant Alice everything on the command line today."""
    with database.acting_as(ActingRole.STAFF).transaction() as session:
        account_blocks.block(
            session,
            cast.dan.id,
            reason="Shared it",
            actor=cast.ada.public_id,
            now=NOW - timedelta(days=1),
        )
    with database.transaction() as session:
        grants.grant(
            session,
            login_id=cast.alice.id,
            target=grants.Target(grants.Scope.EVERYTHING),
            term=grants.Term(NOW),
            actor=None,
            now=NOW,
        )


def test_first_calendar_day_is_accepted_in_zones_east_of_utc(
    client: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.ada.id).zone = "Asia/Tokyo"
    client.sign_in(cast.ada.id)
    assert client.get("/staff/audit?from=0001-01-01").status_code == 200


def rows(page: str) -> str:
    return page.partition("<tbody>")[2].partition("</tbody>")[0]


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_audit_log_is_not_found_for_customers(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get("/staff/audit").status_code == 404
    assert client.get("/staff/audit.csv").status_code == 404


def test_empty_log_says_there_are_no_entries(staff: Visitor) -> None:
    assert "No entries yet" in staff.get("/staff/audit").text


@pytest.mark.usefixtures("happened")
def test_entries_are_sentences_with_links_newest_first(staff: Visitor, cast: Cast) -> None:
    page = rows(staff.get("/staff/audit").text)
    assert f'<a href="/staff/people/{cast.dan.public_id}">Dan</a>' in page
    assert "blocked" in page
    assert ">Staff<" in page
    assert "An operator gave access" in page
    assert page.index("gave access") < page.index("blocked")


@pytest.mark.usefixtures("happened")
@pytest.mark.parametrize(
    ("asked", "is_dan", "is_alice"),
    [
        ({"act": "login.blocked"}, True, False),
        ({"actor": "ada@example.org"}, True, False),
        ({"role": "staff"}, True, False),
        ({"role": "command_line"}, False, True),
        ({"role": "job"}, False, False),
        ({"about": "alice@example.org"}, False, True),
        ({"about": "dan@example.org"}, True, False),
        ({"from": NOW.date().isoformat()}, False, True),
        ({"to": (NOW - timedelta(days=1)).date().isoformat()}, True, False),
        ({"from": "no day"}, True, True),
    ],
)
def test_page_and_csv_are_filtered(
    staff: Visitor, asked: dict[str, str], is_dan: bool, is_alice: bool
) -> None:
    for path in ("/staff/audit", "/staff/audit.csv"):
        text = staff.get(path, query_string=asked).text
        shown = rows(text) if path == "/staff/audit" else text
        assert ("blocked" in shown, "gave access" in shown) == (is_dan, is_alice)


@pytest.mark.usefixtures("happened")
@pytest.mark.parametrize("about", ["nobody@example.org", "no-such-slug"])
def test_filter_without_matches_shows_no_results(staff: Visitor, about: str) -> None:
    assert "No results" in staff.get("/staff/audit", query_string={"about": about}).text


def test_orders_and_money_are_named_by_number_and_payer(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    order = placed(database, GROUP)
    assert order.invoice_id is not None
    with database.transaction() as session:
        paid = receiving.receive(
            session,
            NewPayment(
                method=PaymentMethod.CHECK,
                currency="USD",
                amount_minor=40000,
                received_on=NOW.date(),
                organization_id=cast.organization_id,
                check_number="1234",
                pays={order.invoice_id: order.open_minor},
            ),
            mail_context=OFFICE,
            actor=cast.ada.public_id,
            now=NOW,
        )
        owed = NewRefund(paid.public_id, 100, "once")
        refunds.request(session, owed, actor=cast.ada.public_id, now=NOW)
    page = rows(staff.get("/staff/audit").text)
    here = f"/staff/orders/{order.public_id}"
    for said in (
        f'placed <a href="{here}">order {order.number} for Elm County Library</a>',
        f'issued invoice <a href="/documents/{order.invoice_id}">{order.invoice_number}'
        " for Elm County Library</a>",
        f'recorded <a href="{here}">check 1234 from Elm County Library</a>',
        f'requested <a href="{here}">a refund to Elm County Library</a>',
    ):
        assert said in page


def test_unallocated_payment_has_no_link(staff: Visitor, database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        new = NewPayment(
            method=PaymentMethod.TRANSFER,
            currency="USD",
            amount_minor=100,
            received_on=NOW.date(),
            login_id=cast.dan.id,
        )
        payments.record(session, new, actor=None, now=NOW)
    assert "recorded a payment from Dan" in rows(staff.get("/staff/audit").text)


def test_log_can_be_filtered_by_an_organizations_slug(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    staff.post("/staff/organizations/elm-county/members", data={"email": "dan@example.org", "role": "member"})  # fmt: skip
    page = rows(staff.get("/staff/audit?about=elm-county").text)
    assert "Dan" in page
    assert "Elm County Library" in page


def test_unknown_action_and_unknown_subject_are_shown_as_stored(
    staff: Visitor, database: Database
) -> None:
    with database.transaction() as session:
        audit.record(session, "lamp.oiled", "0" * 26, actor=None, now=NOW)
    page = rows(staff.get("/staff/audit").text)
    assert "lamp oiled" in page
    assert "0" * 26 in page


def test_name_is_escaped_on_the_page_and_exported_as_csv(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).name = "=<b>Dan"
        account_blocks.block(session, cast.dan.id, reason="Shared it", actor=None, now=NOW)
    assert "=&lt;b&gt;Dan" in rows(staff.get("/staff/audit").text)
    answer = staff.get("/staff/audit.csv")
    assert answer.content_type.startswith("text/csv")
    assert '"An operator blocked =<b>Dan"' in answer.text


def test_log_is_paginated_and_csv_has_all_entries(staff: Visitor, database: Database) -> None:
    with database.transaction() as session:
        for number in range(601):
            audit.record(session, "prices.set", f"p{number}", actor=None, now=NOW)
    assert "1 to 50 of 601" in staff.get("/staff/audit").text
    assert "51 to 100 of 601" in staff.get("/staff/audit?page=2").text
    assert staff.get("/staff/audit.csv").text.count("\r\n") == 602


def test_every_recorded_action_has_a_sentence() -> None:
    house = Path(__file__).parents[3]
    written = {
        act
        for file in (*house.glob("lms/**/*.py"), *house.glob("lti/**/*.py"))
        for act in re.findall(
            r'(?:audit\.record|record_on)\(\s*\w+,\s*"([a-z_]+\.[a-z_]+)"', file.read_text("utf-8")
        )
    }
    written |= {f"{kind}.issued" for kind in DocumentKind}
    written |= {f"payment.{reversal}" for reversal in Reversal}
    written |= {balance_check.CHECKED, secret_key_change.CHANGED}
    assert len(written) > 60
    assert written - set(sentences.SENTENCES) == set()
