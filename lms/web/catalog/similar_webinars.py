"""Cards of similar webinars, for pages of webinars that can't be bought, and for pages not found."""

from flask import request

from lms.access.decision_facts import load_cases
from lms.catalog.similar_webinars import read_similar
from lms.catalog.webinar_page import Announcement
from lms.core.clock import now
from lms.web.catalog.webinar_cards import Card, decide_each, entry_cards
from lms.web.core.current_user import viewer
from lms.web.core.request_context import read_session

PATHS = ("/webinars/", "/series/", "/presenters/")


def similar_to(found: Announcement) -> list[Card]:
    """Return cards of webinars like this one, by its title, presenters and series."""
    names = [each.name for each in found.presenters] + [each.title for each in found.series]
    return _cards(" ".join((found.title, *names)), found.slug)


def similar_here() -> list[Card]:
    """Return cards of webinars whose words are in the address of a catalog page that isn't found.

    The address alone decides, so a hidden page looks the same as one that never existed.
    """
    is_catalog = request.path.startswith(PATHS)
    return _cards(request.path.split("/")[2], "") if is_catalog else []


def _cards(text: str, but: str) -> list[Card]:
    person, at = viewer(), now()
    login_id = person.login_id if person is not None else None
    with read_session() as session:
        entries = read_similar(session, text, but=but, login_id=login_id, now=at)
        ids = [entry.id for entry in entries]
        cases = load_cases(session, login_id=login_id, webinar_ids=ids)
    return entry_cards(entries, decide_each(entries, cases, at))
