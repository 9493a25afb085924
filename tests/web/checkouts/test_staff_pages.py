"""Staff pages of card payments: unused payments, card refunds, and dispute evidence."""

import re

import pytest
from sqlalchemy import select

from lms.models.payments import Payment, Refund
from tests.cast import Cast
from tests.checkouts.card_stories import Shop
from tests.checkouts.test_money_stories import canceled_before_it_is_paid
from tests.servers.stripe_objects import DISPUTES
from tests.visitor import Visitor

SEE_OTHER, CONFLICT = 303, 409


@pytest.fixture
def staff(client: Visitor, shop: Shop, cast: Cast) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


def payment_id(shop: Shop) -> str:
    with shop.carrel.database.read_session() as session:
        return session.scalars(select(Payment.public_id)).one()


def test_only_staff_can_keep_an_unused_payment(shop: Shop, client: Visitor, cast: Cast) -> None:
    canceled_before_it_is_paid(shop)
    path = f"/staff/payments/{payment_id(shop)}"
    client.sign_in(cast.dan.id)
    assert client.post(f"{path}/keep").status_code != SEE_OTHER
    client.sign_in(cast.ada.id)
    page = client.get(path).text
    assert re.search(r"refund it to the card on \D*9, 2026", page)
    assert client.post(f"{path}/keep").status_code == SEE_OTHER
    assert "refund it to the card" not in client.get(path).text
    shop.finish()
    assert "refund" not in shop.dump()


def test_card_refund_needs_no_recorded_payout(shop: Shop, staff: Visitor) -> None:
    order = shop.draft()
    shop.pay(shop.open(order))
    shop.come_back(order)
    note = shop.credit(order)
    form = {"key": "once", "payment": payment_id(shop), "amount": "99.00"}
    done = staff.post(f"/staff/credit-notes/{note}/refund", data=form, follow_redirects=True)
    assert "being sent to the card" in done.text
    assert "Refunded to the card automatically" in done.text
    assert "Record payout" not in done.text
    shop.work()
    assert (
        "Refunded to the card automatically"
        not in staff.get(f"/staff/payments/{payment_id(shop)}").text
    )
    with shop.carrel.database.read_session() as session:
        refund = session.scalars(select(Refund.public_id)).one()
    assert staff.post(f"/staff/refunds/{refund}/cancel").status_code == CONFLICT


def test_disputed_order_lists_evidence_and_its_deadline(shop: Shop, staff: Visitor) -> None:
    order = shop.draft()
    shop.pay(shop.open(order), DISPUTES)
    shop.hear()
    page = staff.get(f"/staff/orders/{order}").text
    assert "Evidence for the bank" in page
    assert "March 11, 2026" in page
    assert "TEST-R-2026-0001" in page
    shop.fake.books.decide(
        next(one["id"] for one in shop.fake.books.objects.values() if one["object"] == "dispute"),
        is_won=True,
    )
    shop.hear()
    assert "Evidence for the bank" not in staff.get(f"/staff/orders/{order}").text
