"""The staff home: setup that is missing before invoicing, and documents that expire."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from lms import audit
from lms.core.attached_files import KeptFile
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.orders import Order
from lms.models.seller import PolicyKind, VendorDocumentAudience, VendorDocumentKind
from lms.operations.backups import CREATED
from lms.operations.setup_checklist import SetupStep, read_setup
from lms.payments.balance_check import CHECKED
from lms.seller.policies import publish_policy, save_draft
from lms.seller.settings import edit_seller
from lms.seller.vendor_documents import (
    VendorDocumentDetails,
    add_vendor_document,
    withdraw_vendor_document,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.rules.valid_rows import put
from tests.seller.seller_settings import COMPLETE
from tests.visitor import Visitor

TODAY = NOW.date()


def publish(database: Database, kind: PolicyKind) -> None:
    with database.transaction() as session:
        save_draft(session, kind, "Text.", actor=None, now=NOW)
        publish_policy(session, kind, actor=None, now=NOW)


def add_insurance(database: Database, valid_until: date) -> str:
    details = VendorDocumentDetails(
        VendorDocumentKind.INSURANCE, "Insurance", VendorDocumentAudience.PACKET, valid_until
    )
    with database.transaction() as session:
        file = KeptFile("vendor-documents/x/y.pdf", "y.pdf")
        return add_vendor_document(session, details, file, actor=None, now=NOW).id


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_open_the_page(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get("/staff").status_code == 404


def test_checklist_disappears_when_nothing_is_missing(owner: Visitor, database: Database) -> None:
    page = owner.get("/staff").text
    assert "0 of 6 done" in page
    for address in (
        "/staff/seller#legal",
        "/staff/seller#ein",
        "/staff/seller#contact",
        "/staff/seller#checks",
        "/staff/policies/terms",
        "/staff/policies/refund-policy",
    ):
        assert f'href="{address}"' in page
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
    page = owner.get("/staff").text
    assert "4 of 6 done" in page
    assert 'href="/staff/seller#legal"' not in page
    publish(database, PolicyKind.TERMS)
    assert "5 of 6 done" in owner.get("/staff").text
    publish(database, PolicyKind.REFUND)
    assert "Before you can invoice" not in owner.get("/staff").text


def test_new_site_shows_its_remaining_setup_steps(
    owner: Visitor, database: Database, carrel: Carrel, cast: Cast
) -> None:
    page = owner.get("/staff").text
    assert "Set up your site" in page
    assert 'href="/staff/prices"' in page
    assert "(on the server)" in page
    done = replace(carrel.settings, smtp_url="smtp://127.0.0.1", dkim_selector="m1")
    with database.transaction() as session:
        assert dict(read_setup(session, done)) == {
            SetupStep.MAIL: True,
            SetupStep.MAIL_DNS: True,
            SetupStep.BACKUP: False,
            SetupStep.CARDS: False,
            SetupStep.PRICES: False,
            SetupStep.WEBINAR: True,  # from the cast
        }
        audit.record(session, CREATED, "", actor=None, now=NOW)
        put(session.connection(), "offer")
        put(session.connection(), "customer_order")
        session.execute(update(Order).values(placed_at=NOW, login_id=cast.alice.id))
        assert all(is_done for _step, is_done in read_setup(session, done))


def test_sections_linked_from_the_checklist_exist(owner: Visitor) -> None:
    page = owner.get("/staff/seller").text
    for part in ("legal", "ein", "contact", "checks"):
        assert f'id="{part}"' in page


def test_staff_see_that_an_owner_must_do_it(ada: Visitor) -> None:
    page = ada.get("/staff").text
    assert "(by an owner)" in page
    assert "/staff/seller" not in page


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (31, ""),
        (30, "1 vendor document expires soon"),
        (0, "1 vendor document expires soon"),
        (-1, "1 vendor document has expired"),
    ],
)
def test_document_is_shown_from_30_days_before_it_expires(
    ada: Visitor, database: Database, days: int, said: str
) -> None:
    document_id = add_insurance(database, TODAY + timedelta(days=days))
    page = ada.get("/staff").text
    assert said in page
    assert (f'href="/staff/vendor-documents/{document_id}"' in page) is bool(said)


def test_withdrawn_document_is_not_shown(ada: Visitor, database: Database) -> None:
    document_id = add_insurance(database, TODAY)
    with database.transaction() as session:
        withdraw_vendor_document(session, document_id, actor=None, now=NOW)
    assert "expires soon" not in ada.get("/staff").text


def test_balance_differences_link_to_system_health(owner: Visitor, database: Database) -> None:
    for count, is_said in ((0, False), (2, True), (0, False)):
        with database.transaction() as session:
            detail = {"differences": count}
            audit.record(session, CHECKED, "", actor=None, now=NOW, detail=detail)
        page = owner.get("/staff").text
        assert ("2 balances don\N{RIGHT SINGLE QUOTATION MARK}t add up" in page) is is_said
        assert ("See System health" in page) is is_said
    with database.transaction() as session:
        detail = {"differences": 1}
        audit.record(session, CHECKED, "", actor=None, now=NOW, detail=detail)
    health = owner.get("/staff/system-health").text
    assert "balances didn\u2019t match their documents and payments" in health
