"""Token parts: base64url and JSON of a signed message, read strictly (RFC 7515, RFC 8259)."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from lms.core.errors import N_
from lti.protocol.refusals import malformed

LONGEST_NUMBER: Final = 1000  # digits; Python's own limit is 4,300
UNSTORABLE: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
NO_JWT: Final = N_("We can't read the message from your LMS.")
BAD_CLAIMS: Final = N_("The message from your LMS doesn't follow LTI 1.3.")

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


def bytes_of_part(part: str) -> bytes:
    """Return the bytes of a part of a token (RFC 7515, appendix C); raises ValueError."""
    padded = part + "=" * (-len(part) % 4)
    raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    # A second encoding of the same bytes would let one token exist in several forms.
    if base64.urlsafe_b64encode(raw).decode() != padded:
        raise ValueError("written in another way than it has to be")
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; refuse duplicate names, which parsers treat differently."""
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in read if names.count(name) > 1)
        fail(twice[:80], "is there twice")
    return read


def _whole(figures: str) -> int:
    if len(figures) > LONGEST_NUMBER:
        raise malformed("claim_malformed", BAD_CLAIMS, detail="a number without an end")
    return int(figures)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


_READS: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_whole, parse_constant=_no_number
)


def decoded_part(part: str) -> dict[str, Any]:
    """Return the JSON object in a part of a token; raises LaunchRefused."""
    try:
        text = bytes_of_part(part).decode("utf-8")
        value = _READS.decode(text)
    except (ValueError, RecursionError) as fault:
        raise malformed("token_malformed", NO_JWT) from fault
    if not isinstance(value, dict):
        raise malformed("token_malformed", NO_JWT, detail="no object")
    if UNSTORABLE.search(text):
        _drop_or_refuse_unstorable(value)
    return value


def _drop_or_refuse_unstorable(value: object) -> None:
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
                _drop_or_refuse_unstorable(name)
                _drop_or_refuse_unstorable(one)
    elif isinstance(value, list):
        for one in value:
            _drop_or_refuse_unstorable(one)


def is_storable(text: str) -> bool:
    """Return whether databases can store a text: it has no NUL and no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= mark <= "\udfff" for mark in text)
