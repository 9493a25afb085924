"""Typed readers of claims: each checks the claim it returns, and names an invalid one.

A claim that is null counts as absent: platforms send null for data that is private.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from lms.core.errors import N_
from lti.protocol.refusals import malformed

LONGEST_ID: Final = 255  # LTI 1.3 Core, 5.3 and 5.4
LONGEST_TEXT: Final = 2000
BAD_CLAIMS: Final = N_("What your LMS sent doesn't follow LTI 1.3.")

# A host and an optional port, without credentials.
_PLACE: Final = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?")

# A launch succeeds without these: displayed text, and service URLs.
DISPENSABLE: Final = frozenset(
    {
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "email",
        "picture",
        "locale",
        "title",
        "label",
        "description",
        "text",
        "lineitem",
        "lineitems",
        "context_memberships_url",
        "return_url",
    }
)

Claims = Mapping[str, Any]


def fail(claim: str, why: str) -> NoReturn:
    """Refuse a message for one of its claims, which the log names."""
    raise malformed("claim_malformed", BAD_CLAIMS, detail=f"{claim.rpartition('/')[2]}: {why}")


def object_in(claims: Claims, name: str) -> Claims | None:
    """Return a claim that is an object; None if it is absent."""
    value = claims.get(name)
    if value is not None and not isinstance(value, dict):
        fail(name, "is no object")
    return value


def needed_object(claims: Claims, name: str) -> Claims:
    """Return a required claim that is an object."""
    value = object_in(claims, name)
    return fail(name, "is missing") if value is None else value


def text_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is text; None if it is absent or empty."""
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        fail(name, "is no text")
    return value or None


def id_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is an ID of at most 255 characters; None if it is absent."""
    value = text_in(claims, name)
    if value is not None and len(value) > LONGEST_ID:
        fail(name, "is longer than 255 characters")
    return value


def needed_id(claims: Claims, name: str) -> str:
    """Return a required ID."""
    value = id_in(claims, name)
    return fail(name, "is missing") if value is None else value


def texts_in(claims: Claims, name: str) -> tuple[str, ...] | None:
    """Return a claim that is a list of text; None if it is absent."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        fail(name, "is no list of texts")
    return tuple(value)


def needed_texts(claims: Claims, name: str) -> tuple[str, ...]:
    """Return a required list of text, which may be empty."""
    value = texts_in(claims, name)
    return fail(name, "is missing") if value is None else value


def switch_in(claims: Claims, name: str, *, otherwise: bool = False) -> bool:
    """Return a claim that is a boolean or "true" or "false"; `otherwise` if it is absent."""
    value = claims.get(name)
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        fail(name, "is no boolean")
    return bool(value == "true")


def shown_in(claims: Claims, name: str) -> str | None:
    """Return text to display; None if it is absent, empty or not text."""
    value = claims.get(name)
    return value if isinstance(value, str) and value else None


def usable_address_in(claims: Claims, name: str) -> str | None:
    """Return a web address with its case kept; None if it is absent or not a web address."""
    return web_address(shown_in(claims, name))


def address_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is a web address, with its case kept; None if it is absent."""
    value = text_in(claims, name)
    if value is not None and web_address(value) is None:
        fail(name, "is no web address")
    return value


def web_address(value: str | None) -> str | None:
    """Return the text if it is a web address, else None."""
    return value if value is not None and len(value) <= LONGEST_TEXT and _is_web(value) else None


def is_storable(text: str) -> bool:
    """Return whether databases can store a text: it has no NUL and no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= mark <= "\udfff" for mark in text)


def short(text: str | None) -> str | None:
    """Return displayed text, cut at 2,000 characters."""
    return None if text is None else text[:LONGEST_TEXT]


def drop_or_refuse_unstorable(value: object) -> None:
    """Handle text with a NUL or a lone surrogate in a message, which databases can't store.

    Dispensable claims are removed; any others raise LaunchRefused.
    """
    if isinstance(value, str):
        if not is_storable(value):
            raise malformed("text_malformed", BAD_CLAIMS, detail="a NUL or half a character")
    elif isinstance(value, dict):
        for name, one in tuple(value.items()):
            if name in DISPENSABLE and isinstance(one, str) and not is_storable(one):
                del value[name]
            else:
                drop_or_refuse_unstorable(name)
                drop_or_refuse_unstorable(one)
    elif isinstance(value, list):
        for one in value:
            drop_or_refuse_unstorable(one)


@lru_cache(maxsize=4096)  # a course's service URLs repeat in each launch
def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port, (parts.hostname or "").encode("idna")
        is_there = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    return is_there and _PLACE.fullmatch(parts.netloc) is not None and is_storable(address)
