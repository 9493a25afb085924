"""Social metadata: what other sites show when a page of the catalog is shared.

Open Graph tags (ogp.me), and schema.org's Event, Course and VideoObject as JSON-LD. Neither contains anything
that requires access.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import shorten
from typing import Any, Final

from flask import url_for

from lms.catalog.public_listing import Listing
from lms.catalog.series_page import Parts
from lms.catalog.webinar_page import Announcement
from lms.catalog.webinar_summary import Entry
from lms.core.errors import NotFound
from lms.core.markdown import to_words
from lms.core.money_parsing_and_formatting import write_amount
from lms.models.catalog import WebinarState
from lms.models.grants import OfferKind
from lms.pricing.price_list import DEFAULT_CURRENCY, Price
from lms.web.core.page_frame import branding_facts
from lms.web.core.request_context import carrel
from lms.web.playback.poster_images import picture_of
from lms.web.public.feeds import address_of

SCHEMA: Final = "https://schema.org"
LONGEST_SAID: Final = 300
STATUS: Final = {
    WebinarState.ANNOUNCED: f"{SCHEMA}/EventScheduled",
    WebinarState.CANCELED: f"{SCHEMA}/EventCancelled",  # spelled this way by schema.org
}


@dataclass(frozen=True, slots=True)
class Shared:
    """A page as other sites show it: absolute URLs of the page and of a picture, and facts.

    `said` is the text below the title if it differs from the description.
    """

    address: str
    picture: str
    title: str
    description: str
    facts: tuple[Mapping[str, Any], ...]
    said: str = ""
    kind: str = "website"
    look: str = "summary_large_image"


def shared_of(found: Announcement, when: str, now: datetime) -> Shared | None:
    """Return the metadata of a webinar: an event, then a course; None if its page isn't public."""
    if found.state not in STATUS:
        return None
    address, picture = address_of(found.slug), _picture(found)
    is_for_sale = found.state is WebinarState.ANNOUNCED and now >= found.ends_at
    tell = _course if is_for_sale else _event
    facts: list[Mapping[str, Any]] = [tell(found, address, picture)]
    # only a free recording can be watched without buying
    if found.free and found.recording is not None and found.recording.has_video:
        facts.append(_video(found, address, picture))
    said = f"{when}. {found.summary}" if found.summary else when
    return Shared(address, picture, found.title, found.summary, tuple(facts), said=said)


def shared_series(found: Parts) -> Shared:
    """Return the metadata of a page of a series."""
    series, page = found.series, found.page
    address = _whole(url_for("catalog.series", slug=series.slug, page=page if page > 1 else None))
    picture = _whole(url_for("catalog.series_card", slug=series.slug))
    description = _shortly(series.description)
    facts: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "EventSeries",
        "name": series.title,
        "description": description,
        "url": address,
        "image": picture,
        "organizer": _organizer(),
        "performer": [
            {
                "@type": "Person",
                "name": each.name,
                "url": _whole(url_for("catalog.presenter", slug=each.slug)),
            }
            for each in found.people
        ],
        "subEvent": [_part(entry) for entry in found.entries],
    }
    if found.begins_at is not None and found.ends_at is not None:
        facts |= {
            "startDate": found.begins_at.isoformat(),
            "endDate": found.ends_at.isoformat(),
        }
    return Shared(address, picture, series.title, description, (facts,))


def shared_presenter(listing: Listing) -> Shared:
    """Return the metadata of a presenter's page; raises NotFound if the listing isn't a presenter's."""
    presenter, page = listing.presenter, listing.page
    if presenter is None:
        raise NotFound
    here = url_for("catalog.presenter", slug=presenter.slug, page=page if page > 1 else None)
    address, description = _whole(here), _shortly(presenter.biography)
    has_portrait = presenter.picture_key is not None
    picture = _whole(
        url_for("catalog.presenter_picture", slug=presenter.slug)
        if has_portrait
        else url_for("catalog.presenter_card", slug=presenter.slug)
    )
    person: dict[str, Any] = {
        "@type": "Person",
        "name": presenter.name,
        "description": description,
        "url": _whole(url_for("catalog.presenter", slug=presenter.slug)),
    }
    if has_portrait:
        person["image"] = picture
    facts = {"@context": SCHEMA, "@type": "ProfilePage", "url": address, "mainEntity": person}
    return Shared(
        address,
        picture,
        presenter.name,
        description,
        (facts,),
        kind="profile",
        look="summary" if has_portrait else "summary_large_image",
    )


def _whole(path: str) -> str:
    return f"{carrel().settings.base_url}{path}"


def _shortly(markdown: str) -> str:
    return shorten(to_words(markdown), LONGEST_SAID, placeholder="\N{HORIZONTAL ELLIPSIS}")


def _organizer() -> Mapping[str, Any]:
    return {
        "@type": "Organization",
        "name": branding_facts().name,
        "url": carrel().settings.base_url,
    }


def _part(entry: Entry) -> Mapping[str, Any]:
    address = address_of(entry.slug)
    return {
        "@type": "EducationEvent",
        "name": entry.title,
        "url": address,
        "startDate": entry.held_at.isoformat(),
        "endDate": (entry.held_at + timedelta(minutes=entry.minutes)).isoformat(),
        "eventStatus": STATUS[entry.state],
        "eventAttendanceMode": f"{SCHEMA}/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": address},
        "organizer": _organizer(),
    }


def _picture(found: Announcement) -> str:
    # drawn posters are SVG, which social sites don't accept
    is_filmed = found.recording is not None and found.recording.has_video
    path = (
        picture_of(found.slug, found.recording)
        if is_filmed
        else url_for("catalog.card", slug=found.slug)
    )
    return _whole(path)


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
        "organizer": _organizer(),
        "performer": [{"@type": "Person", "name": each.name} for each in found.presenters],
        "isAccessibleForFree": found.free,
        "offers": _offers(found, address),
    }


def _course(found: Announcement, address: str, picture: str) -> Mapping[str, Any]:
    """Return a webinar that was held as a course that people take when they like."""
    seconds = found.recording.seconds if found.recording else found.minutes * 60
    people = [{"@type": "Person", "name": each.name} for each in found.presenters]
    return {
        "@context": SCHEMA,
        "@type": "Course",
        "name": found.title,
        "description": found.summary or found.title,
        "url": address,
        "image": picture,
        "provider": _organizer(),
        "isAccessibleForFree": found.free,
        "offers": _offers(found, address),
        "hasCourseInstance": {
            "@type": "CourseInstance",
            "courseMode": "Online",
            "courseWorkload": _duration(seconds),
            "instructor": people,
        },
    }


def _offers(found: Announcement, address: str) -> list[Mapping[str, Any]]:
    if found.state is not WebinarState.ANNOUNCED:
        return []
    if found.free:  # search engines show no course without an offer
        currency = next((one.currency for one in found.prices), DEFAULT_CURRENCY)
        return [_offer(Price(OfferKind.SINGLE, 1, 0, currency), address)]
    return [_offer(price, address) for price in found.prices]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"PT{minutes}M{rest}S"


def _offer(price: Price, address: str) -> Mapping[str, Any]:
    return {
        "@type": "Offer",
        "price": write_amount(price.price_minor, price.currency),
        "priceCurrency": price.currency,
        "eligibleQuantity": {"@type": "QuantitativeValue", "minValue": price.minimum},
        "category": "Paid" if price.price_minor else "Free",
        "availability": f"{SCHEMA}/InStock",
        "url": address,
    }


def _video(found: Announcement, address: str, picture: str) -> Mapping[str, Any]:
    return {
        "@context": SCHEMA,
        "@type": "VideoObject",
        "name": found.title,
        "description": found.summary or found.title,
        "thumbnailUrl": [picture],
        "uploadDate": (found.held_at + timedelta(minutes=found.minutes)).isoformat(),
        "duration": _duration(found.recording.seconds if found.recording else 0),
        "url": address,
        "isAccessibleForFree": found.free,
    }
