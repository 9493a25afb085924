"""The self-test of a card provider: proof by proof, at the simulated provider."""

from dataclasses import replace

import pytest
import requests

from lms.core.errors import Conflict
from lms.payments.provider_selftest import Tried, prove
from tests.checkouts.card_stories import Shop
from tests.checkouts.conftest import environ, shop
from tests.servers.stripe import SECRET
from tests.servers.stripe_objects import PAYS

__all__ = ["environ", "shop"]


@pytest.fixture
def tried(shop: Shop) -> Tried:
    return Tried(shop.provider, (SECRET,), "http://localhost", shop.clock.moment)


def test_every_line_is_ok_and_says_what_was_answered(tried: Tried) -> None:
    proofs = list(prove(tried))
    assert [one for one in proofs if not one.ok] == []
    assert len(proofs) == 11


def test_paid_page_is_read_and_refunded_once(tried: Tried, shop: Shop) -> None:
    def pay(url: str) -> None:
        requests.post(url, {"card": PAYS}, allow_redirects=False, timeout=10)

    proofs = list(prove(replace(tried, pay=pay)))
    assert [one for one in proofs if not one.ok] == []
    assert [one.name for one in proofs][-1] == "the same key refunds once"
    refunds = [one for one in shop.fake.books.objects.values() if one["object"] == "refund"]
    assert [one["amount"] for one in refunds] == [100]


def test_page_that_is_not_paid_is_a_failed_line(tried: Tried) -> None:
    proofs = list(prove(replace(tried, pay=lambda _url: None)))
    assert [one.name for one in proofs if not one.ok] == ["a card pays it"]


def test_missing_signing_secret_is_a_failed_line(tried: Tried) -> None:
    failed = [one for one in prove(replace(tried, webhook_secrets=())) if not one.ok]
    assert [one.name for one in failed] == ["a signing secret of the webhook is set"]


def test_live_key_is_refused(tried: Tried) -> None:
    tried.provider.livemode = True
    with pytest.raises(Conflict, match="live key"):
        list(prove(tried))
