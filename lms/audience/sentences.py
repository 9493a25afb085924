"""Sentences of the audience: an event's meaning for a person in their strongest role."""

from lms.audience.audience import Told
from lms.audience.events import TOLD, Event
from lms.core.errors import N_


def sentence(event: Event, one: Told, *, unused: int | None, others: int) -> str:
    """Return the meaning of an event for a person, as text.

    `unused` is how many seats of their organization are unused, None if unlimited; `others` how many
    people are notified besides our team.
    """
    organization = one.reason.organization
    return TOLD[event][one.role] % {
        "organization": organization,
        "seats": seats_sentence(organization, unused),
        "others": others,
    }


def seats_sentence(organization: str, unused: int | None) -> str:
    """Return how many of an organization's seats for a webinar are unused, as text."""
    if unused is None:
        return N_("%(organization)s has unlimited seats for it.") % {"organization": organization}
    if unused == 0:
        return N_("%(organization)s has no unused seats for it.") % {"organization": organization}
    text = (
        N_("%(organization)s has %(count)s unused seat for it.")
        if unused == 1
        else N_("%(organization)s has %(count)s unused seats for it.")
    )
    return text % {"organization": organization, "count": unused}
