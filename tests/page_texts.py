"""Texts of pages and emails, found by constant or position, so tests don't repeat their wording."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Final

from lms.mail.passages import passages_of

VALUE = re.compile(r"%\((\w+)\)[sd]")
ANY = "\N{LOZENGE}"  # a placeholder for any value
# Positions of passages in emails, and the count per kind: if it changes, positions may be wrong.
PASSAGES: Final[Mapping[str, tuple[int, Mapping[str, int]]]] = {
    "allotment_term": (10, {"lost_access": 4, "have_a_seat": 6, "can_renew": 8}),
    "contract_expired": (8, {"people": 2, "can_still_watch": 4}),
    "contract_grace_ended": (11, {"over": 1, "people": 3}),
    "contract_renewed": (13, {"seats": 5, "access_stays": 7}),
    "delivery_test": (1, {"test": 0}),
    "grace_extended": (7, {"before_its_start": 1, "access_again": 2, "watch_until": 3}),
    "order_confirmation": (21, {"held": 1, "how_to_watch": 13}),
    "order_confirmation_organization": (20, {"holder": 12, "own_seat": 13, "how_to_invite": 14}),
    "order_disputed": (4, {"can_be_suspended": 1, "is_suspended": 2}),
    "order_on_hold": (12, {"pay_first": 3, "pay_and_go_on": 9}),
    "payment_bounced": (7, {"on_hold": 4, "access_stays": 5}),
    "seat_claimed": (8, {"permanent": 4}),
    "training_due": (7, {"only_to_confirm": 3}),
}


def is_empty(page: str) -> bool:
    """Return whether a page shows the empty state of a list."""
    return 'class="empty"' in page


def notice_with(page: str, part: str) -> str:
    """Return the notice that contains a part, such as a link; "" if there is none."""
    notices = re.findall(r'<div class="notice .*?</div>\s*</div>', page, re.DOTALL)
    return next((one for one in map(unescape, notices) if part in one), "")


def count_in_notice(page: str, part: str) -> int | None:
    """Return the number in the title of the notice with a part; None if there is none."""
    title = re.search(r"<strong>([^<]*)", notice_with(page, part))
    return int("".join(re.findall(r"\d", title[1]))) if title else None


def told(page: str, kind: str = "done") -> str:
    """Return a page's toasts of a kind, and the text next to "Undo"; "" if there are none."""
    toasts = page.partition("data-toasts>")[2]  # the empty templates for scripts come first
    texts = rf'data-toast="{kind}">(?:(?!data-toast=).)*?<p>([^<]+)</p>|data-undo-text>([^<]+)<'
    return unescape(" ".join(map("".join, re.findall(texts, toasts, re.DOTALL))))


def start_of(text: str) -> str:
    """Return a text up to its first placeholder."""
    return text.partition("%(")[0].rstrip()


def as_shown(text: str) -> str:
    """Return a text with typographic apostrophes, as on pages."""
    return text.replace("'", "\u2019")


def shows(page: str, text: str) -> bool:
    """Return whether a page contains a text."""
    return as_shown(text) in unescape(page)


def says(body: str, kind: str, name: str, **values: object) -> bool:
    """Return whether an email contains a passage of its kind with these values, and any others.

    `body` is its text or its HTML.
    """
    count, places = PASSAGES[kind]
    passages = passages_of(kind)
    assert len(passages) == count, f"the places in {kind} may have changed"
    said = unescape(re.sub(r"<[^>]*>", "", body))
    parts = VALUE.split(passages[places[name]].original)  # every second part is a name
    parts[1::2] = [str(values.get(each, ANY)) for each in parts[1::2]]
    wanted = re.escape(" ".join("".join(parts).split())).replace(ANY, ".+?")
    return re.search(wanted, " ".join(said.split())) is not None
