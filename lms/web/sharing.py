"""What other sites show of a webinar's page when somebody shares its address.

Open Graph (ogp.me) for those who read its tags, and schema.org's Event and VideoObject as JSON-LD.
What only holders may have is in neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from flask import url_for

from lms.announcement import Announcement
from lms.models.catalogue import WebinarState
from lms.offers import Price
from lms.web.following import address_of
from lms.web.kit import carrel
from lms.web.money import write_amount
from lms.web.posters import picture_of
from lms.web.shell import house_facts

SCHEMA: Final = "https://schema.org"
STATUS: Final = {
    WebinarState.ANNOUNCED: f"{SCHEMA}/EventScheduled",
    WebinarState.CANCELLED: f"{SCHEMA}/EventCancelled",
}


@dataclass(frozen=True, slots=True)
class Shared:
    """A page as others show it: whole addresses of the page and of a picture, and facts."""

    address: str
    picture: str
    facts: tuple[Mapping[str, Any], ...]


def shared_of(found: Announcement) -> Shared | None:
    """Return what may be shown elsewhere of a webinar; None for one that isn't for everybody."""
    if found.state not in STATUS:
        return None
    address, picture = address_of(found.slug), _picture(found)
    facts: list[Mapping[str, Any]] = [_event(found, address, picture)]
    if found.recording is not None and found.recording.has_video:
        facts.append(_video(found, address, picture))
    return Shared(address, picture, tuple(facts))


def _picture(found: Announcement) -> str:
    # a drawn poster is SVG, which those who show shared pages don't take
    is_filmed = found.recording is not None and found.recording.has_video
    path = (
        picture_of(found.slug, found.recording)
        if is_filmed
        else url_for("catalogue.card", slug=found.slug)
    )
    return f"{carrel().settings.base_url}{path}"


def _event(found: Announcement, address: str, picture: str) -> Mapping[str, Any]:
    return {
        "@context": SCHEMA,
        "@type": "EducationEvent",
        "name": found.title,
        "description": found.summary,
        "url": address,
        "image": picture,
        "startDate": found.held_at.isoformat(),
        "endDate": found.ends_at.isoformat(),
        "eventStatus": STATUS[found.state],
        "eventAttendanceMode": f"{SCHEMA}/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": address},
        "organizer": {
            "@type": "Organization",
            "name": house_facts().name,
            "url": carrel().settings.base_url,
        },
        "performer": [{"@type": "Person", "name": each.name} for each in found.presenters],
        "isAccessibleForFree": found.free,
        "offers": [_offer(price, address) for price in found.prices],
    }


def _offer(price: Price, address: str) -> Mapping[str, Any]:
    return {
        "@type": "Offer",
        "price": write_amount(price.price_minor, price.currency),
        "priceCurrency": price.currency,
        "url": address,
    }


def _video(found: Announcement, address: str, picture: str) -> Mapping[str, Any]:
    seconds = round(found.recording.seconds) if found.recording else 0
    return {
        "@context": SCHEMA,
        "@type": "VideoObject",
        "name": found.title,
        "description": found.summary or found.title,
        "thumbnailUrl": [picture],
        "uploadDate": (found.held_at + timedelta(minutes=found.minutes)).isoformat(),
        "duration": f"PT{seconds // 60}M{seconds % 60}S",
        "url": address,
        "isAccessibleForFree": found.free,
    }
