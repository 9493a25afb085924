"""The settings of Stripe, which are read with the others, and what must fit together in them."""

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
    """How cards are paid; a webhook may be signed with any of the secrets, so one can be renewed."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_base: str = STRIPE

    @property
    def livemode(self) -> bool:
        """Tell whether money moves; with a test key none does (MONEY.md, M28)."""
        return "_live_" in self.secret_key

    @property
    def is_simulated(self) -> bool:
        """Tell whether cards are paid at a simulation of Stripe on this machine."""
        return self.api_base != STRIPE

    @property
    def checkout_origin(self) -> str:
        """Return where the page is on which a card is entered."""
        return self.api_base if self.is_simulated else CHECKOUT

    def faults(self, base_url: str) -> Iterator[tuple[str, str]]:
        """Return what is wrong, by the setting's name; `base_url` is that of the library."""
        if find_spec("stripe") is None:
            yield "STRIPE_SECRET_KEY", "needs the package stripe: pip install 'carrel[stripe]'"
        if not self.webhook_secrets:
            yield "STRIPE_WEBHOOK_SECRET", "is missing beside CARREL_STRIPE_SECRET_KEY"
        if not self.is_simulated:
            return
        # beyond one machine, people would get access for payments that nobody made
        if not (is_loopback(self.api_base) and is_loopback(base_url)):
            yield "STRIPE_API_BASE", "is only for a simulation, beside a library on this machine"
        if self.livemode:
            yield "STRIPE_API_BASE", "takes no live key; remove this setting to use Stripe"


def stripe_key(raw: str) -> str:
    """Return a secret key of Stripe; raises ValueError."""
    if not re.fullmatch(r"[sr]k_(live|test)_\w+", raw):
        raise ValueError("is not a secret key of Stripe, such as sk_live_... or sk_test_...")
    return raw


def is_loopback(url: str) -> bool:
    """Tell whether an address leads to this machine alone."""
    host = urlsplit(url).hostname or "localhost"
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
