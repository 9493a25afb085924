"""The settings of Stripe, read with the others, and the checks between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit

CHECKOUT = "https://checkout.stripe.com"
STRIPE = "https://api.stripe.com"
LOOPBACK_NAMES = ("localhost",)


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """How card payments work; webhooks can be signed with any of the secrets, so that one can be rotated."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_base: str = STRIPE

    @property
    def livemode(self) -> bool:
        """Return whether payments are real; with a test key they aren't (MONEY.md, M28)."""
        return "_live_" in self.secret_key

    @property
    def is_simulated(self) -> bool:
        """Return whether card payments go to a simulation of Stripe on this machine."""
        return self.api_base != STRIPE

    @property
    def checkout_origin(self) -> str:
        """Return the origin of the page for entering a card."""
        return self.api_base if self.is_simulated else CHECKOUT

    def faults(self, base_url: str) -> Iterator[tuple[str, str]]:
        """Yield each faulty setting's name and fault; `base_url` is that of this site."""
        if find_spec("stripe") is None:
            yield "STRIPE_SECRET_KEY", "needs pip install -r requirements/stripe.txt"
        if not self.webhook_secrets:
            yield "STRIPE_WEBHOOK_SECRET", "is required with CARREL_STRIPE_SECRET_KEY"
        if not all(one.startswith("whsec_") for one in self.webhook_secrets):
            yield "STRIPE_WEBHOOK_SECRET", "is not a webhook's signing secret, such as whsec_..."
        if not self.is_simulated:
            return
        # on more than one machine, people would get access for simulated payments
        if not (is_loopback(self.api_base) and is_loopback(base_url)):
            yield "STRIPE_API_BASE", "is only for a simulated Stripe on this machine"
        if self.livemode:
            yield "STRIPE_API_BASE", "can't take a live key; remove this setting to use Stripe"


def stripe_key(raw: str) -> str:
    """Return a secret key of Stripe; raises ValueError."""
    if not re.fullmatch(r"[sr]k_(live|test)_\w+", raw):
        raise ValueError("is not a Stripe secret key, such as sk_live_... or sk_test_...")
    return raw


def is_loopback(url: str) -> bool:
    """Return whether an address leads only to this machine."""
    host = urlsplit(url).hostname or "localhost"
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
