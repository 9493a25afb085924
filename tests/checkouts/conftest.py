"""A library that takes cards from a simulated Stripe, which uses the test's clock."""

from collections.abc import Mapping

import pytest

from lms.branding import BrandingTexts, edit_branding
from lms.core.runtime import Carrel
from tests.cast import Cast
from tests.checkouts.card_stories import Shop
from tests.clock import NOW, Clock
from tests.servers.stripe import KEY, OLD_SECRET, SECRET, FakeStripe

TEAM = "desk@example.org"


@pytest.fixture
def environ(environ: Mapping[str, str], fake_stripe: FakeStripe) -> Mapping[str, str]:
    return {
        **environ,
        "CARREL_STRIPE_SECRET_KEY": KEY,
        "CARREL_STRIPE_WEBHOOK_SECRET": SECRET,
        "CARREL_STRIPE_WEBHOOK_SECRET_OLD": OLD_SECRET,
        "CARREL_STRIPE_API_BASE": fake_stripe.url,
    }


@pytest.fixture
def shop(carrel: Carrel, cast: Cast, clock: Clock, fake_stripe: FakeStripe) -> Shop:
    """A library that takes cards, with a team that is emailed."""
    words = BrandingTexts("Quill", "#1d6a4c", TEAM, "Quill", "")
    with carrel.database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    return Shop(carrel, fake_stripe, clock)
