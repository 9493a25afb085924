"""Object keys: valid names of stored files, and how new ones are made."""

import re
import secrets
import unicodedata
from typing import Final

CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
LONGEST_KEY: Final = 900
LONGEST_NAME: Final = 200

# A part never begins with a dot, so there is no "." or "..", and hidden files are no keys.
_PART: Final = r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*"
_KEY: Final = re.compile(rf"{_PART}(?:/{_PART})*")

_JOINERS: Final = frozenset("\u200c\u200d")
_TYPES: Final = {
    "aac": "audio/aac",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m3u8": "application/vnd.apple.mpegurl",
    "m4a": "audio/mp4",
    "m4s": "video/iso.segment",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "webm": "video/webm",
    "webp": "image/webp",
}


class BadKey(ValueError):
    """A key that could not name a stored thing: empty, hidden, or leaving its folder."""


def new_key_id() -> str:
    """Return a fresh 26-character identifier of 128 random bits (lower-case Crockford)."""
    number = secrets.randbits(128)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def checked_key(key: str) -> str:
    """Return the key as it came; raises BadKey when it could leave the storage or hide in it."""
    if not _KEY.fullmatch(key):
        raise BadKey("a key is made of parts between single slashes, none beginning with a dot")
    if len(key.encode("utf-8", "surrogatepass")) > LONGEST_KEY:
        raise BadKey(f"a key is at most {LONGEST_KEY} bytes long")
    if any(len(part.encode("utf-8", "surrogatepass")) > 255 for part in key.split("/")):
        raise BadKey("a part of a key is at most 255 bytes long")
    return key


def folder_of(prefix: str) -> str:
    """Return the folder that the keys with this prefix lie in; raises BadKey."""
    folder = prefix.rpartition("/")[0]
    return checked_key(folder) if folder else ""


def own_name(name: str) -> str:
    """Return a file's own name of what a person's browser says, which may be a whole path.

    It can be shown: line breaks become spaces, and marks without a shape are left out, such as
    those of the direction of writing. What joins the parts of an emoji stays.
    """
    own = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(map(_shown, own)).strip()


def _shown(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if category in {"Cf", "Cs"} and sign not in _JOINERS else sign


def safe_name(name: str) -> str:
    """Turn a person's file name into one part of a key, keeping its ending; never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", own_name(plain)).strip(".-_")
    stem, dot, suffix = plain.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,8}", suffix):
        return plain[:LONGEST_NAME].strip(".-_") or "file"
    return f"{stem[:LONGEST_NAME].strip('.-_') or 'file'}.{suffix.lower()}"


def content_type_of(key: str) -> str:
    """Return the media type that the ending of a key stands for."""
    return _TYPES.get(key.rpartition(".")[2].lower(), "application/octet-stream")
