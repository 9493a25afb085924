"""Form marks: reads the blanks, check boxes and fields of a form as labeled lines."""

import re
from typing import Final

_BLANK: Final = re.compile(r"_{2,}")
_FILLED: Final = re.compile(r":\s*_{2,}(?=[^\s_])")
_BOX: Final = r"\[[xX\u2713\u2714 ]?\]|[\u2610-\u2612]"
_OPTION: Final = re.compile(rf"(?P<box>{_BOX})\s*(?P<said>(?:(?!{_BOX}).)*)")
_OPEN: Final = re.compile(r"\[ ?\]|\u2610")
_FIELD: Final = re.compile(r"^:(?P<name>[A-Z][\w ]{1,30}):\s+(?=\S)")
_NEXT_LABEL: Final = re.compile(r"\s{2,}(?=[A-Z][\w()]{1,20}(?: [\w()]{1,20})?:)")
_NAMES_ONLY: Final = re.compile(r"\s*(?:[A-Z][\w() ]{1,30}:\s*)+")
_FEWEST: Final = 2  # lines with a mark, of which one alone may mean something else


def without_form_marks(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return lines as a form was filled in, and its empty fields and the options that weren't chosen."""
    if sum(bool(_FIELD.match(line)) for line in lines) >= _FEWEST:
        lines = [_FIELD.sub(r"\g<name>: ", line) for line in lines]
    left: list[str] = []
    if sum(bool(_FILLED.search(line)) for line in lines) >= _FEWEST:
        lines, left = _filled(lines)
    options = [one for line in lines for one in _OPTION.finditer(line)]
    opened = [bool(_OPEN.match(one["box"])) for one in options]
    if all(opened) or not any(opened):
        return lines, left
    left += [one["said"].strip() for one, is_open in zip(options, opened, strict=True) if is_open]
    return [_OPTION.sub(_chosen, line).rstrip() for line in lines], left


def _filled(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return a line for each field without its blank, and the fields that are empty."""
    fields = [
        (_BLANK.sub("", field), field)
        for line in lines
        for field in (_NEXT_LABEL.split(line) if _BLANK.search(line) else [line])
    ]
    left = [bare for bare, field in fields if bare != field and _NAMES_ONLY.fullmatch(bare)]
    return [bare for bare, field in fields if bare not in left], left


def _chosen(option: re.Match[str]) -> str:
    return "" if _OPEN.match(option["box"]) else option["said"]
