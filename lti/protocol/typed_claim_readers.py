"""Typed readers of claims: a claim that is there is checked, and a wrong one is named.

A claim that is null counts as absent: platforms send it so where a person keeps something private.
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
BAD_CLAIMS: Final = N_(
    "The message from your learning system has a part that does not keep to LTI 1.3."
)

# A host and a port: no name and password of somebody, nothing that ends an address elsewhere.
_PLACE: Final = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?")

# A launch goes on without these: what people are shown, and addresses of services.
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
    """Refuse a message for one of its claims; the log names it."""
    raise malformed("claim_malformed", BAD_CLAIMS, detail=f"{claim.rpartition('/')[2]}: {why}")


def object_in(claims: Claims, name: str) -> Claims | None:
    """Return a claim that is an object; None for an absent one."""
    value = claims.get(name)
    if value is not None and not isinstance(value, dict):
        fail(name, "is no object")
    return value


def needed_object(claims: Claims, name: str) -> Claims:
    """Return a claim that has to be there and an object."""
    value = object_in(claims, name)
    return fail(name, "is missing") if value is None else value


def text_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is text; None for an absent or empty one."""
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        fail(name, "is no text")
    return value or None


def id_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is an id of at most 255 characters; None for an absent one."""
    value = text_in(claims, name)
    if value is not None and len(value) > LONGEST_ID:
        fail(name, "is longer than 255 characters")
    return value


def needed_id(claims: Claims, name: str) -> str:
    """Return an id that has to be there."""
    value = id_in(claims, name)
    return fail(name, "is missing") if value is None else value


def texts_in(claims: Claims, name: str) -> tuple[str, ...] | None:
    """Return a claim that is a list of texts; None for an absent one."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        fail(name, "is no list of texts")
    return tuple(value)


def needed_texts(claims: Claims, name: str) -> tuple[str, ...]:
    """Return a list of texts that has to be there, be it empty."""
    value = texts_in(claims, name)
    return fail(name, "is missing") if value is None else value


def switch_in(claims: Claims, name: str, *, otherwise: bool = False) -> bool:
    """Return a claim that is a boolean, also as text; an absent one is `otherwise`."""
    value = claims.get(name)
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        fail(name, "is no boolean")
    return bool(value == "true")


def shown_in(claims: Claims, name: str) -> str | None:
    """Return a text that is shown to people; None for an absent or empty one, and for what is no text."""
    value = claims.get(name)
    return value if isinstance(value, str) and value else None


def usable_address_in(claims: Claims, name: str) -> str | None:
    """Return an address of the web, its case kept; None for an absent one, and for what is none."""
    return web_address(shown_in(claims, name))


def address_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is an address of the web, its case kept; None for an absent one."""
    value = text_in(claims, name)
    if value is not None and web_address(value) is None:
        fail(name, "is no web address")
    return value


def web_address(value: str | None) -> str | None:
    """Return a text that is an address of the web, None for any other."""
    return value if value is not None and len(value) <= LONGEST_TEXT and _is_web(value) else None


def is_storable(text: str) -> bool:
    """Tell whether databases keep a text: not one with a NUL or with half a character."""
    return "\x00" not in text and not any("\ud800" <= mark <= "\udfff" for mark in text)


def short(text: str | None) -> str | None:
    """Return a text for people in at most 2,000 characters."""
    return None if text is None else text[:LONGEST_TEXT]


def drop_or_refuse_unstorable(value: object) -> None:
    """Take out of a message what has a NUL or half a character, which no database keeps.

    What is only shown, or can be done without, is dropped; anything else is refused.
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


@lru_cache(maxsize=4096)  # a course's services have the same addresses in each launch
def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port, (parts.hostname or "").encode("idna")
        is_there = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    return is_there and _PLACE.fullmatch(parts.netloc) is not None and is_storable(address)
