"""Links to the product's pages for emails, and the zone that business days are counted in."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

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
# Every page that a secret in its address opens, here or in the LTI tool: an email with such a link
# is forgotten once it is sent. tests/rules/test_mailed_secrets.py compares them with the routes.
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
    """Tell whether a text has a link to a page that the secret in it opens."""
    return _SECRET_LINK.search(text) is not None


@dataclass(frozen=True, slots=True)
class Links:
    """Links to the product's pages, for emails."""

    base_url: str

    def page(self, path: str, *, onward: str | None = None) -> str:
        """Return a page's whole address; `onward` is the local path to go to afterwards."""
        return self.base_url + path + (f"?next={quote(onward)}" if onward else "")

    def secret_page(self, purpose: EmailPurpose, secret: str, *, onward: str | None) -> str:
        """Return the whole address of the page that a mailed secret opens."""
        return self.page(_SECRET_PAGES[purpose] + secret, onward=onward)


@dataclass(frozen=True, slots=True)
class MailContext:
    """Links for emails, and the time zone in which business days are counted."""

    links: Links
    zone: ZoneInfo
