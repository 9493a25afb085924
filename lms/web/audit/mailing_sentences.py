"""Audit sentences of mailings and subscriptions."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_

MAILING_SENTENCES: Final[Mapping[str, str]] = {
    "mailing.added": N_("%(actor)s wrote the mailing %(subject)s"),
    "mailing.canceled": N_("%(actor)s canceled the mailing %(subject)s"),
    "mailing.deleted": N_("%(actor)s deleted the draft of a mailing"),
    "mailing.edited": N_("%(actor)s changed the mailing %(subject)s"),
    "mailing.scheduled": N_("%(actor)s scheduled the mailing %(subject)s"),
    "mailing.sent": N_("The mailing %(subject)s was sent"),
    "mailing.stopped": N_("The mailing %(subject)s wasn't sent because its webinar had changed"),
    "subscription.confirmed": N_("A person subscribed to new webinars"),
    "subscription.ended": N_("%(actor)s ended a subscription to new webinars"),
}
