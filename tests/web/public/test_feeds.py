"""Calendars, news feeds, and the metadata that other sites show for a shared page."""

import io
import json
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import icalendar
import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.catalog.webinar_details_validation import WebinarWords
from lms.catalog.webinars import cancel_webinar, edit_webinar, restore_webinar
from lms.core.database import Database
from lms.core.icalendar import Happening, write_calendar
from lms.core.pdf_documents import picture_of_drawing
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import OfferKind
from lms.models.recordings import Recording, RecordingState
from lms.pricing.price_list import Price, set_prices
from lms.web.public import feeds
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_webinar
from tests.visitor import Visitor

ROOM = "https://meet.example.com/very-secret-room"


def coming(session: Session, slug: str = "coming", **more: object) -> Webinar:
    webinar = make_webinar(session, slug)
    webinar.title, webinar.summary = "Mending <spines> & more", "How to mend </script> them."
    webinar.held_at, webinar.live_link = NOW + timedelta(days=3), ROOM
    webinar.announced_at = NOW
    for name, value in more.items():
        setattr(webinar, name, value)
    session.flush()
    return webinar


def events(answer: bytes) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(answer).walk("VEVENT"))


def test_calendar_has_upcoming_and_canceled_webinars(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session)
        coming(session, "off", state=WebinarState.CANCELED)
        coming(session, "draft", state=WebinarState.DRAFT)
        coming(session, "withdrawn", state=WebinarState.WITHDRAWN)
        coming(session, "over", held_at=NOW - timedelta(hours=5))
        coming(session, "now", held_at=NOW - timedelta(minutes=5))
    answer = client.get("/calendar.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    found = {str(event["url"]).rpartition("/")[2]: event["status"] for event in events(answer.data)}
    assert found == {"coming": "CONFIRMED", "off": "CANCELLED", "now": "CONFIRMED"}
    assert ROOM.encode() not in answer.data
    again = client.get("/calendar.ics", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_calendar_entry_follows_changes_to_date_and_status(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session)
    address = "/webinars/coming/calendar.ics"
    answer = client.get(address)
    assert answer.headers["Content-Disposition"] == "attachment; filename=coming.ics"
    [before] = events(answer.data)
    with database.transaction() as session:
        row = session.scalars(select(Webinar).where(Webinar.slug == "coming")).one()
        later = WebinarWords(
            title=row.title, held_at=NOW + timedelta(days=60), zone=row.zone, minutes=row.minutes
        )
        edit_webinar(session, "coming", later, actor=None, now=NOW)
    [after] = events(client.get(address).data)
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.start == NOW + timedelta(days=60)
    with database.transaction() as session:
        cancel_webinar(session, "coming", actor=None, now=NOW)
    [off] = events(client.get(address).data)
    assert (off["status"], off["sequence"] > after["sequence"]) == ("CANCELLED", True)
    with database.transaction() as session:
        restore_webinar(session, "coming", actor=None, now=NOW)
    [on] = events(client.get(address).data)
    assert (on["status"], on["sequence"] > off["sequence"]) == ("CONFIRMED", True)


def test_unlisted_webinars_have_no_calendar_or_card(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session, "draft", state=WebinarState.DRAFT)
        coming(session, "withdrawn", state=WebinarState.WITHDRAWN)
        coming(session, "pulled", state=WebinarState.PULLED, pulled_reason="No.")
    for slug in ("draft", "withdrawn", "pulled", "nowhere"):
        for name in ("calendar.ics", "card.png"):
            assert client.get(f"/webinars/{slug}/{name}").status_code == 404


def test_news_feed_lists_the_latest_announcements_first(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session, "first", announced_at=NOW - timedelta(days=2))
        coming(session, "second")
        coming(session, "draft", state=WebinarState.DRAFT, announced_at=None)
    answer = client.get("/feed.xml")
    assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    items = ElementTree.fromstring(answer.data).findall("./channel/item")  # noqa: S314  (our own)
    links = [(item.findtext("link") or "").rpartition("/")[2] for item in items]
    assert links[:2] == ["second", "first"]
    assert "draft" not in links
    assert items[0].findtext("title") == "Mending <spines> & more"
    assert items[0].findtext("pubDate") == "Mon, 02 Mar 2026 15:00:00 GMT"
    assert ROOM.encode() not in answer.data


def test_shared_page_has_metadata_without_the_live_link(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session)
    page = client.get("/webinars/coming").get_data(as_text=True)
    assert ROOM not in page
    tags = dict(re.findall(r'<meta property="(og:[a-z_]+)"\s+content="([^"]*)"', page))
    assert tags["og:title"] == "Mending &lt;spines&gt; &amp; more"
    assert tags["og:url"].endswith("/webinars/coming")
    assert tags["og:image"].endswith("/webinars/coming/card.png")
    [facts] = facts_in(page)
    assert facts["@type"] == "EducationEvent"
    assert facts["startDate"] == (NOW + timedelta(days=3)).isoformat()
    assert facts["description"] == "How to mend </script> them."
    picture = Image.open(io.BytesIO(client.get("/webinars/coming/card.png").data))
    assert (picture.format, picture.size) == ("PNG", (1280, 720))


def test_canceled_webinar_has_the_schema_org_status(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session, "off", state=WebinarState.CANCELED)
    [facts] = facts_in(client.get("/webinars/off").get_data(as_text=True))
    assert facts["eventStatus"] == "https://schema.org/EventCancelled"


def test_past_webinar_is_a_course_and_also_a_video_if_free(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        single = Price(OfferKind.SINGLE, 1, 9900, "USD")
        set_prices(session, [single], actor=None, now=NOW)
        recording = session.get_one(Recording, cast.recording_id)
        recording.run, recording.seconds = "a" * 26, 3725.0
        recording.has_video, recording.state = True, RecordingState.READY
    [course] = facts_in(client.get(f"/webinars/{cast.slug}").get_data(as_text=True))
    assert course["@type"] == "Course"
    assert course["hasCourseInstance"]["courseWorkload"] == "PT62M5S"
    assert "99.00" in {each["price"] for each in course["offers"]}
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).free = True
    course, video = facts_in(client.get(f"/webinars/{cast.slug}").get_data(as_text=True))
    [free] = course["offers"]
    assert (free["category"], free["price"], free["priceCurrency"]) == ("Free", "0.00", "USD")
    assert (video["@type"], video["duration"]) == ("VideoObject", "PT62M5S")


def test_free_webinar_has_price_zero_in_the_price_list_currency(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        set_prices(session, [Price(OfferKind.SINGLE, 1, 9900, "CAD")], actor=None, now=NOW)
        coming(session, free=True)
    [facts] = facts_in(client.get("/webinars/coming").get_data(as_text=True))
    assert [(one["price"], one["priceCurrency"]) for one in facts["offers"]] == [("0.00", "CAD")]


def test_structured_group_price_has_its_minimum_seats(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    prices = Price(OfferKind.SINGLE, 1, 9900, "USD"), Price(OfferKind.GROUP_SEATS, 3, 7500, "USD")
    with database.transaction() as session:
        set_prices(session, prices, actor=None, now=NOW)
        coming(session)
    [facts] = facts_in(client.get("/webinars/coming").get_data(as_text=True))
    least = {one["price"]: one["eligibleQuantity"]["minValue"] for one in facts["offers"]}
    assert least == {"99.00": 1, "75.00": 3}


def test_withdrawn_page_has_no_metadata(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session, "withdrawn", state=WebinarState.WITHDRAWN)
    client.sign_in(cast.ada.id)
    page = client.get("/webinars/withdrawn").get_data(as_text=True)
    assert "og:title" not in page
    assert facts_in(page) == []


def facts_in(page: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(each) for each in found]


def test_news_feed_is_the_same_for_everyone(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session)
        session.get_one(Login, cast.dan.id).zone = "Asia/Tokyo"
    anybodys = client.get("/feed.xml").data
    client.sign_in(cast.dan.id)
    assert client.get("/feed.xml").data == anybodys


def test_characters_invalid_in_xml_do_not_break_feed_or_images(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session, title="Mend\x01ing\ufffe spines", summary="How\x02 to.")
    root = ElementTree.fromstring(client.get("/feed.xml").data)  # noqa: S314  (our own)
    assert "Mending spines" in [each.text for each in root.iter("title")]
    for name in ("card.png", "poster.svg"):
        assert client.get(f"/webinars/coming/{name}").status_code == 200


def test_card_is_cached_until_the_webinar_changes(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        coming(session)
    picture_of_drawing.cache_clear()
    first = [client.get("/webinars/coming/card.png").data for _ in range(5)]
    assert len(set(first)) == 1
    assert picture_of_drawing.cache_info().misses == 1
    with database.transaction() as session:
        session.scalars(select(Webinar).where(Webinar.slug == "coming")).one().title = "Another"
    assert client.get("/webinars/coming/card.png").data != first[0]


def test_calendar_is_cached_until_a_webinar_changes(
    client: Visitor, database: Database, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def write(happenings: tuple[Happening, ...], *, name: str) -> bytes:
        written.append(name)
        return write_calendar(happenings, name=name)

    monkeypatch.setattr(feeds, "write_calendar", write)
    with database.transaction() as session:
        coming(session, "once-written")
    first = [client.get("/calendar.ics").data for _ in range(3)]
    assert len(set(first)) == len(written) == 1
    with database.transaction() as session:
        webinar = session.scalars(select(Webinar).where(Webinar.slug == "once-written")).one()
        webinar.minutes = 45
    assert client.get("/calendar.ics").data != first[0]
