"""Password hashing and rules: hash and check with argon2id, and refuse weak new passwords.

Hashing takes tens of milliseconds and MEMORY_KIB of memory, so it never happens inside a
transaction, and at most AT_ONCE run at once however many people sign in.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lms.core.errors import N_, Invalid

# OWASP Password Storage Cheat Sheet: argon2id with at least 19 MiB and two passes.
MEMORY_KIB: Final = 46 * 1024
PASSES: Final = 2
AT_ONCE: Final = 4
SHORTEST: Final = 10
LONGEST: Final = 256
FEWEST_CHARACTERS: Final = 5

# Checked if an account has no password: the hash of discarded random bytes.
NOBODYS: Final = (
    "$argon2id$v=19$m=47104,t=2,p=1$"
    "xrB9jOd2nXZG0Lh1YBgfqA$vWsvnJGDLRXKcC4f9UctM6loSkWHMDnrjXm5aONd8O0"
)
TOO_SHORT = N_("Use at least 10 characters. A few words in a row are easy to remember.")
TOO_LONG = N_("Use up to 256 characters.")
TOO_COMMON = N_("This password is too easy to guess. Choose another one.")
ABOUT_YOU = N_("Don't use your name or email address in the password.")

_COMMON: Final = Path(__file__).with_name("common_passwords.txt")
_LEET: Final = str.maketrans("013457@$!", "oieastasi")
_RUNS: Final = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz")

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
_turns = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Right:
    """The password is right; `outdated` means that it should be hashed again."""

    outdated: bool


@dataclass(frozen=True, slots=True)
class Wrong:
    """The password is wrong, or there is none."""


def hash_password(password: str) -> str:
    """Return the argon2id hash to store; takes tens of milliseconds."""
    with _turns:
        return _hasher.hash(_prepared(password))


def check_password(kept: str | None, password: str) -> Right | Wrong:
    """Compare a password with the stored hash; takes as long if there is none."""
    with _turns:
        try:
            _hasher.verify(kept or NOBODYS, _prepared(password))
        except (VerificationError, InvalidHashError):
            return Wrong()
    if kept is None:
        return Wrong()
    return Right(outdated=_hasher.check_needs_rehash(kept))


def check_new_password(password: str, *, email: str, name: str) -> None:
    """Raise Invalid, naming the field `password`, for a password that is easy to guess.

    It must be long enough and not common, as NIST SP 800-63B (5.1.1.2) requires; there are no rules
    about kinds of characters.
    """
    local, _at, domain = email.partition("@")
    fault = _fault(password, [local, domain, domain.partition(".")[0], *name.split()])
    if fault is not None:
        raise Invalid(fault, field="password")


def _fault(password: str, about: list[str]) -> str | None:
    text = _prepared(password).casefold()
    if len(text) < SHORTEST:
        return TOO_SHORT
    if len(text) > LONGEST:
        return TOO_LONG
    if len(set(text)) < FEWEST_CHARACTERS or _is_common(text):
        return TOO_COMMON
    rest = text
    for word in (word.casefold() for word in about if len(word) > 2):
        rest = rest.replace(word, "")
    return ABOUT_YOU if len(rest) < SHORTEST // 2 else None


def _is_common(text: str) -> bool:
    bare = re.sub(r"[\W\d_]+$|^[\W\d_]+", "", text)
    spellings = {bare, text.translate(_LEET), bare.translate(_LEET), re.sub(r"[\W\d_]+", "", text)}
    return bool(spellings & _common()) or any(text in run for run in _RUNS)


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="ascii").split())


def _prepared(password: str) -> str:
    return unicodedata.normalize("NFKC", password)  # the same on any keyboard (NIST SP 800-63B)
