"""Offer links: the unguessable address of a payer's offer, which chooses once.

Emails and staff's page can give it again; nothing of it is stored.
"""

from lms.core.settings import Settings
from lms.mail.links import SignedLinks, signed_links


def offer_links(settings: Settings) -> SignedLinks:
    """Return what the links of offers are made of."""
    return signed_links(settings, "/canceled", purpose="cancellation offers")
