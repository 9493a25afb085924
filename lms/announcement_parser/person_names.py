"""Person names at the start of a line: `Dr. Ana de la Cruz and Tom Bell, who ...`."""

import re
from typing import Final

HONORIFICS: Final = frozenset(
    ["dr", "prof", "professor", "mr", "mrs", "ms", "mx", "rev", "sir", "dame"]
)
_PARTICLES: Final = frozenset(
    [
        "de",
        "da",
        "di",
        "del",
        "della",
        "der",
        "den",
        "van",
        "von",
        "la",
        "le",
        "bin",
        "ibn",
        "al",
        "el",
        "du",
        "dos",
    ]
)
_MOST_WORDS: Final = 6
_AND: Final = re.compile(r"\s*(?:;|&|\band\b|\s\+\s)\s*")
# What stands between a name and who that is: a comma, a dash, a bracket, a bar.
_BEHIND: Final = re.compile(r"\s*(?:,|\s[|\u2013\u2014-]\s|(?=\())\s*")
_DEGREE: Final = re.compile(
    r"(?:[A-Z][A-Za-z]{0,2}\.){2,4}|Ph\.?D\.?|M\.?Ed\.?|[A-Z]{2,5}|Jr\.?|Sr\.?"
)


def names_in(text: str) -> tuple[list[str], str]:
    """Return the people that a line begins with, and what it says behind them."""
    first, behind = _parted(text)
    parts = _AND.split(first)
    if not all(name_in(part) == part for part in parts):
        name = name_in(text)
        return ([name], text[len(name) :].lstrip(" ,")) if name else ([], text)
    names = list(parts)
    while behind and not behind.startswith("("):
        part, rest = _parted(behind)
        if _DEGREE.fullmatch(part):
            names[-1], behind = f"{names[-1]}, {part}", rest
            continue
        more = [one for one in _AND.split(part) if one]
        if not more or not all(name_in(one) == one and " " in one for one in more):
            break
        names, behind = [*names, *more], rest
    return names, behind


def name_in(text: str) -> str:
    """Return the one name that a text begins with, or nothing."""
    words: list[str] = []
    for word in text.split()[: _MOST_WORDS + 2]:
        bare = word.strip(",;:")
        is_title = not words and is_honorific(bare)
        if not (bare[:1].isupper() or (words and bare in _PARTICLES) or is_title):
            break
        words.append(bare)
        if word != bare:
            break
    while words and words[-1] in _PARTICLES:
        words.pop()
    titles = sum(is_honorific(word) for word in words)
    enough = 1 if titles else 2
    return " ".join(words) if enough <= len(words) - titles <= _MOST_WORDS else ""


def is_honorific(word: str) -> bool:
    """Tell whether a word is a title such as `Dr.`."""
    return word.rstrip(".").casefold() in HONORIFICS


def same_person(one: str, other: str) -> bool:
    """Tell whether two names are the same but for titles, dots and capitals."""
    return core_of(one) == core_of(other)


def core_of(name: str) -> tuple[str, ...]:
    """Return what two names of the same person have in common."""
    words = name.split(",")[0].casefold().replace(".", " ").split()
    return tuple(word for word in words if word not in HONORIFICS)


def _parted(text: str) -> tuple[str, str]:
    found = _BEHIND.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text.strip(), "")
