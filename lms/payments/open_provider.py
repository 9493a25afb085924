"""The card provider in the settings; imported only if there is one."""

from lms.core.errors import N_, Conflict
from lms.core.settings import Settings
from lms.payments.provider import Provider

NO_CARDS = N_("Card payments aren't available. Choose another way to pay.")


def offers_cards(settings: Settings) -> bool:
    """Return whether customers can pay by card."""
    return settings.stripe is not None


def open_provider(settings: Settings) -> Provider:
    """Return the card provider in the settings; raises Conflict if there is none."""
    if settings.stripe is None:
        raise Conflict(NO_CARDS, code="no_cards")
    # an optional package, not installed without card payments
    from lms.payments.stripe import open_stripe  # noqa: PLC0415

    return open_stripe(settings.stripe)
