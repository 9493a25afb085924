"""The self-test of a card provider, step by step, with the simulated provider."""

from dataclasses import replace

import pytest

from lms.core.errors import Conflict
from lms.payments.provider_selftest import Tried, prove
from tests.checkouts.card_stories import Shop
from tests.checkouts.conftest import environ, shop
from tests.servers.stripe import SECRET

__all__ = ["environ", "shop"]


@pytest.fixture
def tried(shop: Shop) -> Tried:
    return Tried(shop.provider, (SECRET,), "http://localhost", shop.clock.moment)


def test_every_step_passes_with_the_simulated_provider(tried: Tried) -> None:
    proofs = list(prove(tried))
    assert [one for one in proofs if not one.ok] == []
    assert len(proofs) == 11


def test_missing_signing_secret_fails_its_step(tried: Tried) -> None:
    failed = [one for one in prove(replace(tried, webhook_secrets=())) if not one.ok]
    assert [one.name for one in failed] == ["a webhook signing secret is set"]


def test_live_key_is_refused(tried: Tried) -> None:
    tried.provider.livemode = True
    with pytest.raises(Conflict, match="live key"):
        list(prove(tried))
