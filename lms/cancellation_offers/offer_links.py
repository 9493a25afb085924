"""Offer links: the unguessable address of a payer's offer, which can be chosen once.

Emails and the team's page can show it again; nothing of it is stored.
"""

from lms.core.settings import Settings
from lms.mail.links import SignedLinks, signed_links


def offer_links(settings: Settings) -> SignedLinks:
    """Return the signer of offer links."""
    return signed_links(settings, "/canceled", purpose="cancellation offers")
