"""Person names in lines and sentences: `Dr. Ana de la Cruz and Tom Bell, who ...`."""

import re
from typing import Final

HONORIFICS: Final = frozenset(
    [
        "dr",
        "dra",
        "prof",
        "professor",
        "mr",
        "mrs",
        "ms",
        "mx",
        "rev",
        "sir",
        "dame",
        "lt",
        "capt",
        "sgt",
    ]
)
_PARTICLES: Final = re.compile(r"de|da|di|del|della|der|den|van|von|la|le|bin|ibn|al|el|du|dos")
# Capitalized words with one of these are an organization, a position or a thing, not a person.
_NO_NAMES: Final = re.compile(
    r"genealogist|musician|historian|psychologist|therapist|counselor|designer|accountant|lawyer|professional|certified|licensed"
    r"|economist|scientist|journalist|researcher|strategist|planner|developer|administrator|library|libraries|librarian|librarians|analyst|consultant|officer|supervisor|technician|"
    r"founder|trustee|curator|archivist|cataloger|educator|instructor|dean|engineer|deputy|senior|vice|board|boards|members|staff|people|patrons|everyone|children|teens|families|adults|kids|seniors|communities|learning|training|house|press|association|"
    r"institute|center|centre|consortium|university|college|foundation|network|system|systems|"
    r"group|inc|llc|council|academy|society|department|district|county|city|state|office|"
    r"company|collective|alliance|partners|cooperative|team|project|club|forum|lab|labs|studio|works|solutions|consulting|"
    r"consultants|media|friends|workshops|webinars|events|seminars|museum|archive|archives|school|director|manager|head|chair|president|professor|trainer|author|"
    r"assistant|associate|executive|coordinator|specialist|the|our|a|an|webinar|webinars|"
    r"series|session|workshop|course|pass|annual|eastern|central|pacific|mountain|january|"
    r"february|july|september|october|november|december|monday|tuesday|wednesday|thursday|"
    r"friday|saturday|sunday|public|national|american|health|services|service|news|live|"
    r"online|register|part|in|on|my|your|his|her|their|our|you|biblioteca|universidad|colegio|museo|instituto|biblioth\u00e8que|"
    r"continuing|education|policy|policies|requirements?|notice|opportunity|categories|request|refund|terms|details|calendar|fees?|costs?|tuition|date|location"
    r"|description|overview|objectives|contact|call|questions|yes|no|free|welcome|who|can|may|we|us|share|print|reply|meet|time|included|passes|"
    r"universit\u00e9|by|with|from|at|for|when|what|how|this|every|most|after|before|over|last|next",
    re.IGNORECASE,
)
_OF_A_PLACE: Final = re.compile(
    r"\b(?:Library|Libraries|Friends|Institute|University|College|Museum|Office|Department|School) (?:of|for) [A-Z]"
)
_I_AM: Final = ("I'm", "I\u2019m")
_MOST_WORDS: Final = 6
_AND: Final = re.compile(r"\s*(?:;|&|\band\b|\bAND\b|\s\+\s)\s*")
# The separators between a name and its description: comma, dash, bracket, bar.
_BEHIND: Final = re.compile(r"\s*(?:,|:\s|\s[|\u2013\u2014-]+\s|(?=\())\s*")
_DEGREE: Final = re.compile(
    r"(?:[A-Z][A-Za-z]{0,2}\.){2,4}|Ph\.?D\.?|M\.?Ed\.?|[A-Z]{2,5}|Jr\.?|Sr\.?"
)
# Capitalized positions before a name: `Former Trustee Ana Bell`.
_POSITION: Final = re.compile(
    r"(?:(?:Det\.|Detective|Former|Retired|Veteran|Attorney|Author|Trustee|Consultant|Novelist|Poet|Officer|Lawyer|Historian|Architect"
    r"|Accountant|Psychologist|Storyteller|Illustrator|Editor|Journalist)\s+)+(?=[A-Z][\w'\u2019.-]*\s+[A-Z])"
)
# `Ana Bell, a cataloger; and Tom Ray`, `Ana Bell, cataloger, and Tom Ray, clerk`, `Ana Bell (Elm) & Tom Ray`
_NEXT_PERSON: Final = re.compile(
    r"\s*;\s*(?:and\s+)?|,\s+and\s+(?=[A-Z][\w.'\u2019-]* [A-Z][\w'\u2019-]*(?:,|$))"
    r"|(?<=\))\s*(?:,\s*and|and|,|&)\s+"
)
_RETIRED: Final = re.compile(r"\((?:ret\.?|retired|(?:she|he|they)/\w+)\)", re.IGNORECASE)
_NICKNAME: Final = re.compile(r"[\"\u201c][A-Z][\w'\u2019.-]*[\"\u201d]")
_LINK: Final = re.compile(r"\[([^\]\[]{1,200})\]\(([^\s()]{1,500})\)")
_NAME_IN_PROSE: Final = re.compile(
    r"(?P<before>(?<!\S)\S{1,60}\s{1,9})?(?P<name>(?:(?:Dr|Prof|Mr|Mrs|Ms|Mx|Rev)\.\s+)?"
    r"[A-Z][\w'\u2019.-]+(?:\s+(?:de|da|di|del|van|von|la|le|der|[A-Z]\.|[A-Z][\w'\u2019-]+)){1,4})"
)


def people_in(text: str) -> tuple[list[tuple[str, str]], str]:
    """Return the people in a line, with the text about each, and the words about none."""
    found: list[tuple[str, str]] = []
    rest: list[str] = []
    text = _LINK.sub(r"\1 (\2)", text.replace("**", "").strip())
    for entry in map(_untitled_capitals, _NEXT_PERSON.split(text)):
        position = _POSITION.match(entry)
        rest += [position[0].strip()] if position else []
        names, behind = names_in(entry[position.end() :] if position else entry)
        retired = _RETIRED.match(behind)
        rest += [retired[0]] if retired and names else []
        behind = behind[retired.end() :].lstrip(" ,") if retired and names else behind
        found += [(name, "") for name in names]
        if names and behind:
            found[-1] = (names[-1], behind)
        elif behind and found and found[-1][1].endswith(")"):
            found[-1] = (found[-1][0], f"{found[-1][1]}, {behind}")
        elif behind:
            rest.append(behind)
    return found, "; ".join(rest)


def names_in(text: str) -> tuple[list[str], str]:
    """Return the people at the start of a line, and the text after them."""
    first, behind = _parted(text)
    parts = _AND.split(first)
    if not all(part and name_in(part) == part for part in parts):
        name = name_in(text)
        return ([name], text[len(name) :].lstrip(" ,")) if name else ([], text)
    names = list(parts)
    while behind and not behind.startswith("("):
        part, rest = _parted(behind)
        if _DEGREE.fullmatch(part.rstrip("\u00ae\u2122")):
            names[-1], behind = f"{names[-1]}, {part}", rest
            continue
        more = [one for one in _AND.split(part) if one]
        if not more or not all(name_in(one) == one and " " in one for one in more):
            break
        names, behind = [*names, *more], rest
    return names, behind


def name_in(text: str) -> str:
    """Return the one name that a text begins with, or ""."""
    words: list[str] = []
    for word in text.split()[: _MOST_WORDS + 2]:
        bare = word.strip(",;:!?")
        is_title = not words and is_honorific(bare)
        if re.search(r"[\d*@#]", bare) or not (
            bare[:1].isupper()
            or (words and (_PARTICLES.fullmatch(bare) or _NICKNAME.fullmatch(bare)))
            or is_title
        ):
            break
        is_sentence_end = re.fullmatch(r"[^\W\d_]{4,}\.", bare) is not None and bool(words)
        words.append(bare.rstrip(".") if is_sentence_end else bare)
        if word != bare or is_sentence_end:
            break
    while words and _PARTICLES.fullmatch(words[-1]):
        words.pop()
    titles = sum(is_honorific(word) for word in words)
    if any(re.search(r"['\u2019]s$", word) for word in words):
        return ""  # `Children's Musician`
    if any(_NO_NAMES.fullmatch(word.strip(".")) and not is_honorific(word) for word in words):
        return ""
    if re.match(r"for\s+[A-Z]", text.removeprefix(" ".join(words)).lstrip()):
        return ""  # `Maps for Libraries`
    enough = 1 if titles else 2
    return " ".join(words) if enough <= len(words) - titles <= _MOST_WORDS else ""


def names_in_prose(text: str) -> list[str]:
    """Return the names within sentences: after a title, or after a lower-case word."""
    found: list[str] = []
    for each in _NAME_IN_PROSE.finditer(text):
        name = re.sub(r"['\u2019]s$|\.$", "", each["name"])
        before = (each["before"] or "").strip()
        name, before = (f"{before} {name}", "") if is_honorific(before) else (name, before)
        is_introduced = (before[:1].islower() or before in _I_AM) and before not in (
            "in",
            "at",
            "of",
            "from",
            "the",
        )
        is_whole = name_in(name) == name
        if is_whole and (is_introduced or is_honorific(name.split()[0])):
            found.append(name)
    return found


def is_position(text: str) -> bool:
    """Return whether a text is only the position before a name: `Former Trustee`."""
    found = _POSITION.match(f"{text} Ana Bell")
    return found is not None and found[0].strip() == text


def is_honorific(word: str) -> bool:
    """Return whether a word is a title such as `Dr.`."""
    return word.rstrip(".").casefold() in HONORIFICS


def may_be_same(one: str, other: str) -> bool:
    """Return whether one name equals the other or is part of it: `Dr. Saavedra`, `Benoit Saavedra`."""
    first, second = core_of(one), core_of(other)
    if not first or not second or first[-1] != second[-1]:
        return False
    return set(first) <= set(second) or set(second) <= set(first)


def core_of(name: str) -> tuple[str, ...]:
    """Return the words of a name for comparison: lower case, without titles."""
    words = name.split(",")[0].casefold().replace(".", " ").split()
    return tuple(word for word in words if word not in HONORIFICS)


def _untitled_capitals(text: str) -> str:
    """Return an all-capitals line in title case."""
    if not text.isupper():
        return text
    parts = (part if _DEGREE.fullmatch(part) else part.title() for part in text.split(", "))
    return ", ".join(parts)


def _parted(text: str) -> tuple[str, str]:
    found = _BEHIND.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text.strip(), "")


def is_organization(text: str) -> bool:
    """Return whether capitalized words are an organization or a position."""
    words = [word.strip(".,") for word in text.split()[-2:]]
    is_named = any(_NO_NAMES.fullmatch(word) for word in words if word[:1].isupper())
    return is_named or bool(_OF_A_PLACE.search(text))


def position_before(name: str, text: str) -> str:
    """Return the first word of a name that a text also has in lower case: `novelist Ana Bell`, or ""."""
    first, _space, rest = name.partition(" ")
    is_position = name_in(rest) == rest and not is_honorific(first)
    return first if is_position and re.search(rf"\b{first.lower()} {re.escape(rest)}", text) else ""
