"""Requests that no browser sends: each mutation changes one part of a request."""

import io
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from tests.web.core.malformed_values import (
    ABSENT,
    ADDRESSES,
    BODIES,
    KINDS,
    LENGTHS,
    METHODS,
    PATHS,
    QUERIES,
    TEXTS,
)

Environ = dict[str, Any]
HEADERS: Final = [
    "ACCEPT",
    "ACCEPT_CHARSET",
    "ACCEPT_ENCODING",
    "ACCEPT_LANGUAGE",
    "AUTHORIZATION",
    "CACHE_CONTROL",
    "CONNECTION",
    "CONTENT_ENCODING",
    "COOKIE",
    "DATE",
    "EXPECT",
    "FORWARDED",
    "FROM",
    "HOST",
    "IF_MATCH",
    "IF_MODIFIED_SINCE",
    "IF_NONE_MATCH",
    "IF_RANGE",
    "IF_UNMODIFIED_SINCE",
    "MAX_FORWARDS",
    "ORIGIN",
    "PRAGMA",
    "PURPOSE",
    "RANGE",
    "REFERER",
    "SEC_FETCH_DEST",
    "SEC_FETCH_SITE",
    "SEC_PURPOSE",
    "TE",
    "TRANSFER_ENCODING",
    "TUS_RESUMABLE",
    "UPGRADE",
    "UPLOAD_CHECKSUM",
    "UPLOAD_DEFER_LENGTH",
    "UPLOAD_LENGTH",
    "UPLOAD_METADATA",
    "UPLOAD_OFFSET",
    "USER_AGENT",
    "X_CSRFTOKEN",
    "X_FILE_NAME",
    "X_FORWARDED_FOR",
    "X_FORWARDED_HOST",
    "X_FORWARDED_PROTO",
    "X_HTTP_METHOD_OVERRIDE",
    "X_REQUESTED_WITH",
]


def noise(chance: Random, most: int = 60) -> str:
    """Return random characters in WSGI's form, one byte each."""
    return "".join(chr(chance.randrange(256)) for _ in range(chance.randrange(most)))


def odd_header(chance: Random, environ: Environ) -> None:
    environ[f"HTTP_{chance.choice(HEADERS)}"] = chance.choice((*TEXTS, noise(chance)))


def odd_cookie(chance: Random, environ: Environ) -> None:
    """Add a malformed cookie before or after the others."""
    pair = [environ.get("HTTP_COOKIE", ""), chance.choice((*TEXTS, noise(chance)))]
    chance.shuffle(pair)
    environ["HTTP_COOKIE"] = "; ".join(pair)


def odd_path(chance: Random, environ: Environ) -> None:
    """Insert malformed text into the path, at either end or inside."""
    path, odd = environ["PATH_INFO"], chance.choice((*PATHS, noise(chance)))
    at = chance.choice((0, 1, len(path), chance.randrange(len(path) + 1)))
    environ["PATH_INFO"] = path[:at] + odd + path[at:]


def other_path(chance: Random, environ: Environ) -> None:
    whole = (
        "",
        "*",
        "webinars",
        "http://localhost/",
        "//",
        "/\xff",
        "/" + noise(chance),
        "/static/../x",
    )
    environ["PATH_INFO"] = chance.choice(whole)


def odd_query(chance: Random, environ: Environ) -> None:
    odd = chance.choice((*QUERIES, noise(chance)))
    said = environ.get("QUERY_STRING", "")
    environ["QUERY_STRING"] = f"{said}&{odd}" if said and chance.random() < 0.5 else odd


def odd_method(chance: Random, environ: Environ) -> None:
    environ["REQUEST_METHOD"] = chance.choice(METHODS)


def odd_body(chance: Random, environ: Environ) -> None:
    """Replace the body, with the correct length."""
    body = chance.choice((*BODIES, noise(chance, 500).encode("latin-1")))
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    if chance.random() < 0.6:
        environ["CONTENT_TYPE"] = chance.choice(KINDS)


def cut_body(chance: Random, environ: Environ) -> None:
    """Change some bytes of the body, and cut it below its declared length."""
    body = bytearray(environ["wsgi.input"].getvalue())
    for _ in range(min(len(body), 3)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    environ["wsgi.input"] = io.BytesIO(bytes(body[: chance.randrange(len(body) + 1)]))


def odd_kind(chance: Random, environ: Environ) -> None:
    environ["CONTENT_TYPE"] = chance.choice((*KINDS, *TEXTS))


def odd_length(chance: Random, environ: Environ) -> None:
    environ["CONTENT_LENGTH"] = chance.choice(LENGTHS)


def in_pieces(chance: Random, environ: Environ) -> None:
    """Send no length, as for a chunked body."""
    environ.pop("CONTENT_LENGTH", None)
    environ["HTTP_TRANSFER_ENCODING"] = "chunked"


def odd_address(chance: Random, environ: Environ) -> None:
    environ["REMOTE_ADDR"] = chance.choice(ADDRESSES)


def absent(chance: Random, environ: Environ) -> None:
    environ.pop(chance.choice(ABSENT), None)


WAYS: Final[Mapping[Callable[[Random, Environ], None], int]] = {
    odd_header: 8,
    odd_cookie: 2,
    odd_path: 3,
    other_path: 1,
    odd_query: 4,
    odd_method: 2,
    odd_body: 4,
    cut_body: 2,
    odd_kind: 2,
    odd_length: 2,
    in_pieces: 1,
    odd_address: 1,
    absent: 1,
}


def make_strange(chance: Random, environ: Environ) -> str:
    """Apply one to three mutations to a request; return a description to show on failure."""
    ways = chance.choices(list(WAYS), list(WAYS.values()), k=chance.randint(1, 3))
    for way in ways:
        way(chance, environ)
    shown = {name: str(value)[:120] for name, value in environ.items() if "wsgi" not in name}
    body = environ["wsgi.input"].getvalue()[:200]
    return json.dumps({"did": [way.__name__ for way in ways], **shown, "body": repr(body)})
