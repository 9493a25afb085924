"""Links to the product's pages for emails, and the zone that business days are counted in."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from lms.core.runtime import derived_key
from lms.core.settings import Settings
from lms.models.accounts import EmailPurpose

_SECRET_PAGES: Final = {
    EmailPurpose.CONFIRM_SIGN_UP: "/sign-up/confirm/",
    EmailPurpose.RESET_PASSWORD: "/reset-password/",
    EmailPurpose.SET_PASSWORD: "/reset-password/",
    EmailPurpose.CHANGE_EMAIL: "/account/email/confirm/",
    EmailPurpose.RESTORE_EMAIL: "/account/email/restore/",
    EmailPurpose.RECOVERY_ADDRESS: "/account/recovery/confirm/",
    EmailPurpose.CONFIRM_ORDER: "/orders/confirm/",
}
# Every page opened by a secret in its address, here or in the LTI tool. The body of an email with
# such a link is deleted after sending. tests/rules/test_mailed_secrets.py compares these with the routes.
SECRET_PATHS: Final = (
    *sorted(set(_SECRET_PAGES.values())),
    "/checkout/quote/",
    "/claim/",
    "/embed/",
    "/kit/",
    "/lti/link/",
    "/lti/register/",
    "/pay/",
    "/purchasing/quote/",
    "/slides/",
)
_SECRET_LINK: Final = re.compile(
    rf"https?://[^\s/]+(?:{'|'.join(map(re.escape, SECRET_PATHS))})[\w-]{{20,}}"
)


def has_secret_link(text: str) -> bool:
    """Return whether a text has a link to a page that is opened by the secret in it."""
    return _SECRET_LINK.search(text) is not None


@dataclass(frozen=True, slots=True)
class Links:
    """Links to the product's pages, for emails."""

    base_url: str

    def page(self, path: str, *, onward: str | None = None) -> str:
        """Return a page's full address; `onward` is the local path to go to afterward."""
        return self.base_url + path + (f"?next={quote(onward)}" if onward else "")

    def secret_page(self, purpose: EmailPurpose, secret: str, *, onward: str | None) -> str:
        """Return the full address of the page that an emailed secret opens."""
        return self.page(_SECRET_PAGES[purpose] + secret, onward=onward)


@dataclass(frozen=True, slots=True)
class MailContext:
    """Links for emails, and the time zone in which business days are counted and days are named."""

    links: Links
    zone: ZoneInfo

    def in_zone(self, name: str | None) -> "MailContext":
        """Return the same in another time zone, if one is named."""
        return MailContext(self.links, ZoneInfo(name)) if name else self


def mail_context_of(settings: Settings) -> MailContext:
    """Return the links and the time zone for emails of an installation."""
    return MailContext(Links(settings.base_url), settings.zone)


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Links to things of one kind by public ID and signature; nothing about them is stored.

    `path` is the part before the ID. The first of `keys` signs new links; all of them verify, so links
    emailed under an earlier secret key keep working.
    """

    base_url: str
    path: str
    keys: tuple[bytes, ...] = field(repr=False)

    def page(self, public_id: str) -> str:
        """Return the full address of the thing's page."""
        return f"{self.base_url}{self.path}/{public_id}/{self.signature(public_id)}"

    def signature(self, public_id: str) -> str:
        """Return the unguessable part of the address."""
        return _signature(self.keys[0], public_id)

    def is_right(self, public_id: str, signature: str) -> bool:
        """Return whether a signature belongs to the thing."""
        given = signature.encode()
        return any(
            hmac.compare_digest(_signature(key, public_id).encode(), given) for key in self.keys
        )


def signed_links(settings: Settings, path: str, *, purpose: str) -> SignedLinks:
    """Return the links below a path, with keys for this purpose derived from the secret keys.

    The previous one counts for as long as it is set: the law requires that links to unsubscribe work
    for 30 days. It alone opens nothing, because the IDs can't be guessed either.
    """
    secrets = filter(None, (settings.secret_key, settings.secret_key_old))
    keys = tuple(derived_key(each, purpose) for each in secrets)
    return SignedLinks(settings.base_url, path, keys)


def _signature(key: bytes, public_id: str) -> str:
    digest = hmac.digest(key, public_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
