"""Object keys: valid names of stored files, and making new ones."""

import re
import secrets
import unicodedata
from typing import Final

CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
LONGEST_KEY: Final = 900
LONGEST_NAME: Final = 200

# A part never begins with a dot, so "." and ".." are impossible, and hidden files are not keys.
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
    """An invalid key: empty, hidden, or outside its folder."""


def new_key_id() -> str:
    """Return a fresh 26-character identifier of 128 random bits (lower-case Crockford)."""
    number = secrets.randbits(128)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def checked_key(key: str) -> str:
    """Return the key unchanged; raises BadKey if it could leave the storage or be hidden in it."""
    if not _KEY.fullmatch(key):
        raise BadKey("a key is made of parts between single slashes, none beginning with a dot")
    if len(key.encode("utf-8", "surrogatepass")) > LONGEST_KEY:
        raise BadKey(f"a key is at most {LONGEST_KEY} bytes long")
    if any(len(part.encode("utf-8", "surrogatepass")) > 255 for part in key.split("/")):
        raise BadKey("a part of a key is at most 255 bytes long")
    return key


def folder_of(prefix: str) -> str:
    """Return the folder of the keys with this prefix; raises BadKey."""
    folder = prefix.rpartition("/")[0]
    return checked_key(folder) if folder else ""


def own_name(name: str) -> str:
    """Return a file's name from a browser's value, which may be a whole path.

    The name is displayable: line breaks become spaces, and invisible characters such as text direction
    marks are removed. The joiners in emoji stay.
    """
    own = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(map(_shown, own)).strip()


def _shown(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if category in {"Cf", "Cs"} and sign not in _JOINERS else sign


def safe_name(name: str) -> str:
    """Turn an uploaded file's name into one part of a key, with its extension; never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", own_name(plain)).strip(".-_")
    stem, dot, suffix = plain.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,8}", suffix):
        return plain[:LONGEST_NAME].strip(".-_") or "file"
    return f"{stem[:LONGEST_NAME].strip('.-_') or 'file'}.{suffix.lower()}"


def content_type_of(key: str) -> str:
    """Return the media type for a key's extension."""
    return _TYPES.get(key.rpartition(".")[2].lower(), "application/octet-stream")
