"""Pages of a series and a presenter: order, duration, access, and what to watch next."""

import json
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.explanations import STEP_LABELS, Step
from lms.catalog.series_page import PAGE_SIZE
from lms.core.database import Database
from lms.core.dates_and_time_zones import say_last_date
from lms.grants.grants import Target
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Series, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import OfferKind, Scope
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.pricing.price_list import Price, set_prices
from tests.cast import PASS_ENDS, Cast
from tests.clock import NOW, Clock
from tests.factories import make_grant, make_recording, make_series, make_webinar
from tests.visitor import Visitor

PATH = "/series/steps"


def put(session: Session, title: str, days: int, *, is_recorded: bool = True) -> Webinar:
    """Add a part of the series Steps by Ann Falk that was held some days ago."""
    webinar = make_webinar(session, held_at=NOW - timedelta(days=days))
    webinar.title, webinar.minutes = title, 60
    series = session.query(Series).filter_by(slug="steps").one()
    ann = session.query(Presenter).filter_by(slug="ann").one()
    session.add(WebinarSeries(webinar_id=webinar.id, series_id=series.id))
    session.add(WebinarPresenter(webinar_id=webinar.id, presenter_id=ann.id, position=1))
    if is_recorded:
        make_recording(session, webinar).seconds = 1800.0
    session.flush()
    return webinar


def watch(session: Session, login_id: int, webinar: Webinar, seconds: int) -> None:
    recording = session.query(Recording).filter_by(webinar_id=webinar.id).one().id
    session.add(
        WatchRecord(
            login_id=login_id,
            recording_id=recording,
            buckets=b"",
            watched_s=seconds,
            position_s=0.0,
            earned_until=NOW,
            updated_at=NOW,
        )
    )


@pytest.fixture
def steps(database: Database, cast: Cast, clock: Clock) -> dict[str, int]:
    """Add three parts of a series out of order, the third upcoming; return their row IDs."""
    with database.transaction() as session:
        series = make_series(session, "steps")
        series.title, series.description = "Steps", "One *after* the other."
        session.add(Presenter(slug="ann", name="Ann Falk", biography="Calm.", created_at=NOW))
        session.flush()
        second = put(session, "Second step", 9)
        third = put(session, "Third step", -3, is_recorded=False)
        first = put(session, "First step", 20)
        prices = [
            Price(OfferKind.SINGLE, 1, 9900, "USD"),
            Price(OfferKind.PASS, 1, 49900, "USD"),
        ]
        set_prices(session, prices, actor=None, now=NOW)
        return {"first": first.id, "second": second.id, "third": third.id}


def words(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_parts_are_listed_in_order_with_the_total_duration(
    client: Visitor, steps: dict[str, int]
) -> None:
    said = words(client.get(PATH).text)
    places = [said.index(each) for each in ("Part 1", "First step", "Part 2", "Second step")]
    assert places == sorted(places)
    assert "3 parts" in said
    assert "2 h total" in said  # two half-hour recordings and an upcoming hour
    assert "Next live session: part 3" in said
    assert "With Ann Falk" in said


def test_next_live_session_is_the_soonest_even_in_a_manual_order(
    client: Visitor, database: Database, steps: dict[str, int]
) -> None:
    with database.transaction() as session:
        fourth = put(session, "Fourth step", -9, is_recorded=False).id
        order = [fourth, steps["third"], steps["first"], steps["second"]]
        for place, webinar_id in enumerate(order, start=1):
            session.query(WebinarSeries).filter_by(webinar_id=webinar_id).one().position = place
    said = words(client.get(PATH).text)
    places = [said.index(each) for each in ("Part 1", "Fourth step", "Part 2", "Third step")]
    assert places == sorted(places)
    assert "Next live session: part 2" in said


def test_signed_out_visitor_sees_the_price_and_one_sign_in_link(
    client: Visitor, steps: dict[str, int]
) -> None:
    page = client.get(PATH).text
    assert 'aria-label="Your access"' not in page
    assert page.count(f"/sign-in?next={PATH}") == 1
    assert "$499.00" in page
    assert 'name="pass_covers" value="everything"' in page


def test_person_with_all_parts_continues_with_the_first_unwatched_one(
    client: Visitor, database: Database, cast: Cast, steps: dict[str, int]
) -> None:
    client.sign_in(cast.bob.id)
    page = words(client.get(PATH).text)
    assert "You have access to all 3 of these webinars." in page
    assert "Start with part 1" in page
    assert "$499.00" not in page
    with database.transaction() as session:
        watch(session, cast.bob.id, session.get_one(Webinar, steps["first"]), 1800)
        watch(session, cast.bob.id, session.get_one(Webinar, steps["second"]), 600)
    page = words(client.get(PATH).text)
    assert "Continue with part 2" in page
    assert "Second step: 10 of 30 minutes watched" in page
    assert page.count("Up next") == 1
    with database.transaction() as session:
        session.query(WatchRecord).update({"watched_s": 1800})
    page = words(client.get(PATH).text)
    assert "ve watched every available part." in page
    assert "Continue with" not in page


def test_series_is_not_shown_as_watched_while_a_recording_is_left(
    client: Visitor, database: Database, cast: Cast, steps: dict[str, int]
) -> None:
    with database.transaction() as session:
        dan, first = session.get_one(Login, cast.dan.id), session.get_one(Webinar, steps["first"])
        make_grant(session, dan, first)
        watch(session, dan.id, first, 1800)
    client.sign_in(cast.dan.id)
    page = words(client.get(PATH).text)
    assert "You have access to 1 of these 3 webinars." in page
    assert "ve watched every available part." not in page
    with database.transaction() as session:
        second = session.get_one(Webinar, steps["second"])
        make_grant(session, dan, second)
        watch(session, dan.id, second, 1800)
    assert "ve watched every available part." in words(client.get(PATH).text)


def test_series_is_not_shown_as_watched_with_parts_on_another_page(
    client: Visitor, database: Database, cast: Cast, steps: dict[str, int]
) -> None:
    with database.transaction() as session:
        for place in range(PAGE_SIZE):
            put(session, f"Older {place}", 100 + place, is_recorded=place == 0)
        oldest = session.query(Webinar).filter_by(title="Older 0").one()
        watch(session, cast.bob.id, oldest, 1800)
    client.sign_in(cast.bob.id)
    page = words(client.get(PATH).text)
    assert "Older 0" in page
    assert "Second step" not in page
    assert "ve watched every available part." not in page


def test_page_says_what_gives_access_to_all_parts(
    client: Visitor, cast: Cast, steps: dict[str, int]
) -> None:
    client.sign_in(cast.bob.id)
    day = say_last_date(PASS_ENDS, ZoneInfo("America/New_York"))
    assert (
        f"You have access to all 3 of these webinars. Included in your pass until {day}"
        in words(client.get(PATH).text)
    )


def test_person_with_one_part_sees_it_and_the_price_of_a_pass(
    client: Visitor, database: Database, cast: Cast, steps: dict[str, int]
) -> None:
    with database.transaction() as session:
        dan = session.get_one(Login, cast.dan.id)
        make_grant(session, dan, session.get_one(Webinar, steps["second"]))
    client.sign_in(cast.dan.id)
    page = words(client.get(PATH).text)
    assert "You have access to 1 of these 3 webinars." in page
    assert "Start with part 2" in page
    assert "$499.00" in page


def test_expired_pass_is_explained_with_a_way_to_renew(
    client: Visitor, cast: Cast, steps: dict[str, int]
) -> None:
    client.sign_in(cast.carol.id)
    page = client.get(PATH).text
    assert 'data-testid="access-PASS_EXPIRED"' in page
    assert STEP_LABELS[Step.RENEW] in words(page)


def test_a_person_without_access_sees_only_the_price(
    client: Visitor, cast: Cast, steps: dict[str, int]
) -> None:
    client.sign_in(cast.dan.id)
    page = client.get(PATH).text
    assert 'aria-label="Your access"' not in page
    assert "$499.00" in page


def test_everyone_has_access_to_a_free_part(
    client: Visitor, database: Database, cast: Cast, steps: dict[str, int]
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, steps["first"]).free = True
    client.sign_in(cast.dan.id)
    assert "You have access to 1 of these 3 webinars." in client.get(PATH).text


def test_long_series_is_paged_with_continuous_part_numbers(
    client: Visitor, database: Database, steps: dict[str, int]
) -> None:
    with database.transaction() as session:
        for place in range(PAGE_SIZE):
            put(session, f"Older {place}", 100 + place, is_recorded=False)
    second = client.get(f"{PATH}?page=2")
    assert f"Part {PAGE_SIZE + 3}" in second.text
    assert "Part 1<" not in second.text
    assert f'rel="canonical" href="http://localhost{PATH}?page=2"' in second.text
    assert client.get(f"{PATH}?page=3").status_code == 404


def test_an_empty_series_says_so(client: Visitor, database: Database, clock: Clock) -> None:
    with database.transaction() as session:
        make_series(session, "nothing-yet")
    page = client.get("/series/nothing-yet")
    assert page.status_code == 200
    assert "No webinars in this series yet" in page.text


def facts_of(page: str) -> dict[str, object]:
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found)


def test_series_page_has_metadata_for_sharing(client: Visitor, steps: dict[str, int]) -> None:
    page = client.get(PATH).text
    facts = facts_of(page)
    assert (facts["@type"], facts["name"]) == ("EventSeries", "Steps")
    assert facts["description"] == "One after the other."
    # the full timestamp, because a date in UTC alone may be off by a day
    assert facts["startDate"] == (NOW - timedelta(days=20)).isoformat()
    assert facts["endDate"] == (NOW + timedelta(days=3)).isoformat()
    assert [each["name"] for each in facts["subEvent"]] == [
        "First step",
        "Second step",
        "Third step",
    ]
    assert f'<meta property="og:url" content="http://localhost{PATH}">' in page
    (picture,) = re.findall(r'og:image" content="http://localhost([^"]+)"', page)
    answer = client.get(picture)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")


def test_presenter_page_has_metadata_and_lists_their_series(
    client: Visitor, steps: dict[str, int]
) -> None:
    page = client.get("/presenters/ann").text
    facts = facts_of(page)
    assert facts["@type"] == "ProfilePage"
    assert facts["mainEntity"]["name"] == "Ann Falk"
    assert 'og:type" content="profile"' in page
    assert client.get("/presenters/ann/card.png").mimetype == "image/png"
    said = words(page)
    assert "3 webinars" in said
    assert "Steps 3 webinars" in said


def test_presenter_page_shows_which_webinars_a_person_has(
    client: Visitor, cast: Cast, steps: dict[str, int]
) -> None:
    client.sign_in(cast.bob.id)
    assert "You have access to all 3 of these webinars." in client.get("/presenters/ann").text


@pytest.mark.parametrize("place", ["/series/steps", "/presenters/ann"])
def test_series_and_presenters_have_their_own_calendar_and_feed(
    client: Visitor, database: Database, steps: dict[str, int], place: str
) -> None:
    with database.transaction() as session:
        make_webinar(session, "of-others", held_at=NOW + timedelta(days=2)).announced_at = NOW
        session.get_one(Webinar, steps["third"]).announced_at = NOW
    page = client.get(place).text
    for name in ("calendar.ics", "feed.xml"):
        assert f'href="{place}/{name}"' in page
    calendar = icalendar.Calendar.from_ical(client.get(f"{place}/calendar.ics").data)
    assert [str(event["summary"]) for event in calendar.walk("VEVENT")] == ["Third step"]
    news = client.get(f"{place}/feed.xml").text
    assert "Third step" in news
    assert "of-others" not in news


@pytest.mark.parametrize(
    "path", ["/series/none/card.png", "/series/none/feed.xml", "/presenters/none/calendar.ics"]
)
def test_feeds_of_unknown_series_and_presenters_are_not_found(
    client: Visitor, database: Database, path: str
) -> None:
    assert client.get(path).status_code == 404


def test_pass_says_how_many_webinars_it_excludes(
    client: Visitor, database: Database, steps: dict[str, int]
) -> None:
    with database.transaction() as session:
        steps_id = session.scalars(select(Series.id).where(Series.slug == "steps")).one()
        price = (Price(OfferKind.PASS, 1, 19_900, "USD"),)
        set_prices(session, price, Target(Scope.SERIES, steps_id), actor=None, now=NOW)
    assert "Every webinar in Steps" in client.get(PATH).text
    with database.transaction() as session:
        session.get_one(Webinar, min(steps.values())).is_in_passes = False
    page = client.get(PATH).text
    assert "1 webinar isn" in page
    assert "Not included in passes" in page
