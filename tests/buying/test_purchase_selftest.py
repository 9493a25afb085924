"""The self-test of buying, also without a webhook or a payment."""

import pytest
import requests

from lms.buying.purchase_selftest import prove_purchase
from lms.payments.provider_selftest import Proof, Tried
from tests.checkouts.card_stories import Shop
from tests.checkouts.conftest import environ, shop
from tests.servers.stripe import SECRET
from tests.servers.stripe_objects import PAYS, REFUND_FAILS

__all__ = ["environ", "shop"]
DECLINED = "4000000000000002"


def proofs(shop: Shop, card: str, *, secrets: tuple[str, ...] = (SECRET,)) -> list[Proof]:
    def pay(url: str) -> None:
        requests.post(url, {"card": card}, allow_redirects=False, timeout=60)

    tried = Tried(shop.provider, secrets, "http://localhost", shop.clock.moment)
    return list(prove_purchase(shop.carrel, tried, pay))


@pytest.mark.parametrize("card", [PAYS, REFUND_FAILS])
def test_every_step_of_a_purchase_passes(shop: Shop, card: str) -> None:
    found = proofs(shop, card)
    assert [one for one in found if not one.ok] == []
    assert found[-1].got == "0 differences"


def test_payment_is_found_by_the_sweep_without_a_signing_secret(shop: Shop) -> None:
    found = proofs(shop, PAYS, secrets=())
    assert [one for one in found if not one.ok] == []
    assert "a webhook tells of the payment" not in [one.name for one in found]


def test_unpaid_purchase_fails_and_ends_the_list(shop: Shop) -> None:
    found = proofs(shop, DECLINED)
    assert [one.name for one in found if not one.ok] == [
        "a webhook tells of the payment",
        "the sweep leaves the order paid, once",
    ]
    assert found[-1].name == "the sweep leaves the order paid, once"
