"""Newsletter items: finds the one item about a webinar among the items between drawn lines."""

import re
from typing import Final

from lms.announcement_parser.credits import credits_in_line
from lms.announcement_parser.labels import Label
from lms.announcement_parser.prices import amounts_in
from lms.announcement_parser.sections import passages
from lms.announcement_parser.start_date_and_time import has_date
from lms.announcement_parser.times_of_day_and_time_zones import tell_times

_RULE: Final = re.compile(r"^\s*([-=_*~#\u2500\u2550\u2014\u2013])\s?(?:\1\s?){4,}$")
_FEWEST_ITEMS: Final = 3
_FEWEST_SIGNS: Final = 4  # of a webinar; another item has at most half as many
_LONGEST_CREDIT: Final = 120


def item_about_a_webinar(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines of the item about a webinar and all others; all lines if no item stands out."""
    items: list[list[str]] = [[]]
    for before, line in zip(["", *lines], lines, strict=False):
        if _RULE.match(line) and not before.strip():
            items.append([])
        else:
            items[-1].append(line)
    items = [item for item in items if any(line.strip() for line in item)]
    if len(items) < _FEWEST_ITEMS:
        return lines, []
    signs = [_signs(item) for item in items]
    best = max(range(len(items)), key=lambda at: len(signs[at]))
    others = [at for at in range(len(items)) if at != best]
    is_alone = all(2 * len(signs[at]) <= len(signs[best]) for at in others)
    if len(signs[best]) < _FEWEST_SIGNS or not is_alone or "when" not in signs[best]:
        return lines, []
    return items[best], [line for at in others for line in (*items[at], "")]


def _signs(item: list[str]) -> set[str]:
    """Return what an item has of a webinar's announcement."""
    labels = {one.label for one in passages(item)}
    text = " ".join(item)
    found = {
        "when": Label.WHEN in labels or (has_date(text) and bool(tell_times(text, american=True))),
        "presenter": Label.PRESENTER in labels
        or any(credits_in_line(line)[0] for line in item if len(line) < _LONGEST_CREDIT),
        "price": any(amounts_in(text)) or Label.PRICES in labels,
        "agenda": Label.AGENDA in labels,
        "overview": Label.OVERVIEW in labels,
        "title": Label.TITLE in labels,
        "webinar": "webinar" in text.casefold(),
    }
    return {name for name, is_there in found.items() if is_there}
