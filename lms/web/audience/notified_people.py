"""Who is emailed about a change of a webinar, for the pages that make the change."""

from collections import Counter
from dataclasses import dataclass

from flask_babel import format_decimal
from flask_babel import gettext as _

from lms.audience.audience import audience, told_of
from lms.audience.events import ROLE_NAMES, Event, Role
from lms.core import clock
from lms.models.catalog import Webinar
from lms.web.core.request_context import read_session


@dataclass(frozen=True, slots=True)
class Notified:
    """How many people are emailed, in total and by role; each person counts once.

    `has_choice` means that payers can choose what they get instead.
    """

    total: int
    roles: tuple[tuple[str, str], ...]
    has_choice: bool


def notified_people(webinar_id: int, event: Event) -> Notified:
    """Return who would be emailed about an event of a webinar now."""
    with read_session() as session:
        webinar = session.get_one(Webinar, webinar_id)
        told = told_of(audience(session, webinar, now=clock.now()), event)
    counts = Counter(one.role for one in told)
    return Notified(
        len(told),
        tuple((_(ROLE_NAMES[role]), format_decimal(counts[role])) for role in Role if counts[role]),
        has_choice=event in (Event.CANCELED, Event.POSTPONED),
    )
