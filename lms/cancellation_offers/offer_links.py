"""Offer links: the unguessable address of a payer's offer, derived from the secret key.

Emails and staff's page can give it again; nothing of it is stored. It chooses once.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from lms.core.runtime import derived_key
from lms.core.settings import Settings


@dataclass(frozen=True, slots=True)
class OfferLinks:
    """Where offers are, and the key that their tokens are derived with."""

    base_url: str
    key: bytes = field(repr=False)

    def page(self, offer_id: str) -> str:
        """Return the whole address of an offer, by its outside id."""
        return f"{self.base_url}/canceled/{offer_id}/{self.token(offer_id)}"

    def token(self, offer_id: str) -> str:
        """Return the secret part of an offer's address."""
        digest = hmac.digest(self.key, offer_id.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def is_right(self, offer_id: str, token: str) -> bool:
        """Tell whether a token is that of an offer."""
        return hmac.compare_digest(self.token(offer_id).encode(), token.encode())


def offer_links(settings: Settings) -> OfferLinks:
    """Return what the links of offers are made of."""
    return OfferLinks(settings.base_url, derived_key(settings.secret_key, "cancellation offers"))
