"""Email addresses: which are valid, and when two of them are the same."""

import re
import unicodedata
from typing import Final, NamedTuple

from email_validator import EmailNotValidError, validate_email

from lms.core.errors import N_, Invalid

LONGEST = 254  # RFC 5321, 4.5.3.1.3: a path is 256 octets, its angle brackets included
LONGEST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
NOT_AN_ADDRESS = N_("Enter an email address like name@example.org.")
# Plain addresses that every rule accepts, checked at a fiftieth of the cost: a list can have
# 100,000. No part can end with what begins the next one, so none is tried shorter (`++`).
_PLAIN: Final = re.compile(
    r"[a-zA-Z0-9]++(?:[._+-][a-zA-Z0-9]++)*+"
    r"@(?:[a-zA-Z0-9]{1,31}+(?:-[a-zA-Z0-9]{1,30}+)?+\.){1,3}[a-zA-Z]{2,31}"
)


class Address(NamedTuple):
    """An email address as its owner writes it, and the key by which it is looked up."""

    shown: str
    key: str


def read_address(text: str, *, field: str = "email") -> Address:
    """Return the address that a person typed.

    The key is NFKC and casefolded, its domain in IDNA, so that no two accounts look alike.
    Deliverability isn't checked: only a delivered email proves it. Raises Invalid, naming `field`.
    """
    at = text.find("@")
    if at <= LONGEST_LOCAL and len(text) <= LONGEST and _PLAIN.fullmatch(text):
        key = text.lower()
        return Address(text[:at] + key[at:], key)
    try:
        read = validate_email(
            text.strip(),
            check_deliverability=False,
            globally_deliverable=False,  # internal domains can be .internal or .local
            allow_smtputf8=True,
        )
    except EmailNotValidError as error:
        raise Invalid(NOT_AN_ADDRESS, field=field) from error
    domain = read.ascii_domain.lower()
    if "." not in domain or len(read.normalized.encode()) > LONGEST:
        raise Invalid(NOT_AN_ADDRESS, field=field)
    return Address(shown=read.normalized, key=f"{_folded(read.local_part)}@{domain}")


def masked(email: str) -> str:
    """Return an address that only its owner can recognize: p…@elm.example."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def imitating_letters(address: str) -> str:
    """Return the letters of other alphabets in an address that also has Latin ones.

    A Cyrillic "a" looks like a Latin one, so such an address may imitate another person's. An
    address in a single alphabet doesn't. Top-level domains, such as .org, don't count.
    """
    letters = [one for one in address.rpartition(".")[0] if one.isalpha()]
    others = [one for one in letters if not unicodedata.name(one, "").startswith("LATIN ")]
    return "".join(dict.fromkeys(others)) if len(others) < len(letters) else ""


def _folded(local_part: str) -> str:
    once = unicodedata.normalize("NFKC", local_part).casefold()
    return unicodedata.normalize("NFKC", once)
