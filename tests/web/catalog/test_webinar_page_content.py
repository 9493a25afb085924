"""A webinar page: who can see it in which state, and what it shows to whom."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from lms.certificates.rules_and_attendance_minutes import keep_rule, read_rule
from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import OfferKind
from lms.pricing.price_list import Price, set_prices
from lms.search import webinar_search
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_grant, make_webinar
from tests.visitor import Visitor

LIVE_LINK = "https://zoom.example/j/123"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """An upcoming webinar, the path of its page, and its start."""

    id: int
    path: str
    held_at: datetime


@pytest.fixture
def upcoming(database: Database, cast: Cast, clock: Clock) -> Upcoming:
    held_at = NOW + timedelta(days=3)
    with database.transaction() as session:
        row = make_webinar(session, "soon", held_at=held_at)
        row.live_link = LIVE_LINK
        make_grant(session, session.get_one(Login, cast.alice.id), row)
        return Upcoming(row.id, "/webinars/soon", held_at)


def become(database: Database, webinar_id: int, state: WebinarState) -> None:
    with database.transaction() as session:
        row = session.get_one(Webinar, webinar_id)
        row.state = state
        row.overview = "Words that had to go."
        row.pulled_reason = "A court's order." if state is WebinarState.PULLED else None


@pytest.mark.parametrize("path", ["", "/poster.svg", "/live"])
@pytest.mark.parametrize("who", ["nobody", "alice", "dan", "mia"])
def test_draft_is_not_found_for_customers(
    client: Visitor, database: Database, cast: Cast, clock: Clock, who: str, path: str
) -> None:
    become(database, cast.webinar_id, WebinarState.DRAFT)
    if who != "nobody":
        client.sign_in(getattr(cast, who).id)
    status = client.get(f"/webinars/{cast.slug}{path}").status_code
    assert status == (303 if (who, path) == ("nobody", "/live") else 404)


def test_staff_can_see_a_draft_marked_as_such(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    become(database, cast.webinar_id, WebinarState.DRAFT)
    client.sign_in(cast.ada.id)
    page = client.get(f"/webinars/{cast.slug}")
    assert page.status_code == 200
    assert "Draft: only your team can see this page" in page.text


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("bob", 200), ("carol", 200), ("dan", 404), ("ada", 200)]
)
def test_withdrawn_webinar_keeps_its_page_for_people_who_had_access(
    client: Visitor, database: Database, cast: Cast, clock: Clock, who: str, status: int
) -> None:
    become(database, cast.webinar_id, WebinarState.WITHDRAWN)
    client.sign_in(getattr(cast, who).id)
    assert client.get(f"/webinars/{cast.slug}").status_code == status


def test_withdrawn_webinar_says_why_a_person_with_an_ended_pass_cannot_watch(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    become(database, cast.webinar_id, WebinarState.WITHDRAWN)
    client.sign_in(cast.carol.id)
    here = f"/webinars/{cast.slug}"
    turned = client.get(f"{here}/watch")
    assert turned.status_code == 403
    assert f'href="{here}"' in turned.text
    page = client.get(here)
    assert page.status_code == 200
    assert 'data-testid="access-PASS_EXPIRED"' in page.text
    assert "Not for sale" in page.text


def test_withdrawn_webinar_offers_visitors_sign_in_and_a_similar_one(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    become(database, cast.webinar_id, WebinarState.WITHDRAWN)
    with database.transaction() as session:
        other = make_webinar(session, "other")
        other.title = session.get_one(Webinar, cast.webinar_id).title
        webinar_search.keep(session, (other.id,))
    page = client.get(f"/webinars/{cast.slug}")
    assert page.status_code == 410
    assert f'href="/sign-in?next=/webinars/{cast.slug}"' in page.text
    assert 'href="/webinars/other"' in page.text


@pytest.mark.parametrize("who", ["nobody", "alice", "dan"])
def test_removed_webinar_says_so_and_shows_nothing_else(
    client: Visitor, database: Database, cast: Cast, clock: Clock, who: str
) -> None:
    become(database, cast.webinar_id, WebinarState.PULLED)
    if who != "nobody":
        client.sign_in(getattr(cast, who).id)
    page = client.get(f"/webinars/{cast.slug}")
    assert page.status_code == 200
    assert "was removed" in page.text
    assert "Words that had to go" not in page.text
    assert "court" not in page.text
    assert 'name="robots" content="noindex"' in page.text
    assert client.get(f"/webinars/{cast.slug}/poster.svg").status_code == 404


def test_canceled_webinar_says_so(client: Visitor, database: Database, upcoming: Upcoming) -> None:
    become(database, upcoming.id, WebinarState.CANCELED)
    page = client.get(upcoming.path)
    assert "This webinar was canceled" in page.text
    assert "Join live" not in page.text


@pytest.mark.parametrize("path", ["/webinars/nothing", "/webinars/nothing/poster.svg"])
def test_unknown_webinar_is_not_found(client: Visitor, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("who", ["nobody", "alice", "dan", "ada"])
@pytest.mark.parametrize("before", [timedelta(days=2), timedelta(minutes=5), -timedelta(minutes=5)])
def test_live_link_is_never_on_the_page(
    client: Visitor, cast: Cast, upcoming: Upcoming, clock: Clock, who: str, before: timedelta
) -> None:
    clock.set(upcoming.held_at - before)
    if who != "nobody":
        client.sign_in(getattr(cast, who).id)
    assert "zoom.example" not in client.get(upcoming.path).text


def test_person_with_access_sees_the_time_until_the_live_session(
    client: Visitor, cast: Cast, upcoming: Upcoming, clock: Clock
) -> None:
    clock.set(upcoming.held_at - timedelta(hours=26, minutes=14))
    client.sign_in(cast.alice.id)
    page = client.get(upcoming.path).text
    assert "Join live in 1 d 2 h" in page
    assert f'data-begins="{upcoming.held_at.isoformat()}"' in page
    assert 'href="/webinars/soon/live"' not in page


@pytest.mark.parametrize("before", [HOUR, timedelta(0), -timedelta(minutes=59)])
def test_person_with_access_can_join_from_an_hour_before_to_the_end(
    client: Visitor, cast: Cast, upcoming: Upcoming, clock: Clock, before: timedelta
) -> None:
    clock.set(upcoming.held_at - before)
    client.sign_in(cast.alice.id)
    assert 'href="/webinars/soon/live"' in client.get(upcoming.path).text
    answer = client.get("/webinars/soon/live")
    assert (answer.status_code, answer.location) == (303, LIVE_LINK)
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("before", [HOUR + timedelta(seconds=1), -2 * HOUR])
def test_joining_is_refused_earlier_and_later(
    client: Visitor, cast: Cast, upcoming: Upcoming, clock: Clock, before: timedelta
) -> None:
    clock.set(upcoming.held_at - before)
    client.sign_in(cast.alice.id)
    answer = client.get("/webinars/soon/live")
    assert answer.status_code == 403
    assert "zoom.example" not in answer.text


@pytest.mark.parametrize("who", ["dan", "carol", "ada"])
def test_joining_is_refused_without_access(
    client: Visitor, cast: Cast, upcoming: Upcoming, clock: Clock, who: str
) -> None:
    clock.set(upcoming.held_at)
    client.sign_in(getattr(cast, who).id)
    answer = client.get("/webinars/soon/live")
    assert answer.status_code == 403
    assert "zoom.example" not in answer.text


def test_webinar_without_a_live_link_says_that_it_will_appear(
    client: Visitor, database: Database, cast: Cast, upcoming: Upcoming, clock: Clock
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, upcoming.id).live_link = None
    clock.set(upcoming.held_at)
    client.sign_in(cast.alice.id)
    page = client.get(upcoming.path).text
    assert 'href="/webinars/soon/live"' not in page
    assert "The link to join will appear here" in page
    answer = client.get("/webinars/soon/live")
    assert answer.status_code == 200
    assert "<h1>Soon</h1>" in answer.text


def test_sign_in_link_leads_back_to_the_webinar(client: Visitor, cast: Cast) -> None:
    page = client.get(f"/webinars/{cast.slug}").text
    assert f'href="/sign-in?next=/webinars/{cast.slug}"' in page


@pytest.mark.parametrize(
    ("who", "sentence", "step"),
    [
        ("alice", "permanent access", "/webinars/reading-rooms/watch"),
        ("bob", "Your pass includes this webinar", "/webinars/reading-rooms/watch"),
        (
            "carol",
            "Your pass ended",
            "/webinars/reading-rooms#buy",
        ),
        (
            "dan",
            "don\u2019t have access",
            "/webinars/reading-rooms#buy",
        ),
    ],
)
def test_access_decision_and_next_step_are_shown(
    client: Visitor, cast: Cast, clock: Clock, who: str, sentence: str, step: str
) -> None:
    client.sign_in(getattr(cast, who).id)
    page = client.get(f"/webinars/{cast.slug}").text
    assert sentence in page
    assert step in page


def test_time_is_shown_in_the_webinars_and_the_persons_time_zones(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    clock.set(datetime.fromisoformat("2022-10-01T18:00:00+00:00"))
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = datetime.fromisoformat(
            "2022-10-06T18:00:00+00:00"
        )
        session.get_one(Login, cast.dan.id).zone = "America/Los_Angeles"
    plain = "Thursday, October 6, 2022, 2:00\u00a0PM\u00a0ET"
    stranger = client.get(f"/webinars/{cast.slug}").text
    assert plain in stranger
    assert f"{plain} (" not in stranger
    assert "data-local-time" in stranger
    client.sign_in(cast.dan.id)
    page = client.get(f"/webinars/{cast.slug}").text
    assert f"{plain} (11:00\u00a0AM your time)" in page
    assert "data-local-time" not in page


def test_past_webinar_shows_only_its_date(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    clock.set(NOW)
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = datetime.fromisoformat(
            "2022-10-06T18:00:00+00:00"
        )
    page = client.get(f"/webinars/{cast.slug}").text.partition("<main")[2]
    assert "Held October 6, 2022" in page
    assert "2:00\u00a0PM" not in page
    assert "data-local-time" not in page


def test_current_prices_are_shown(client: Visitor, database: Database, cast: Cast) -> None:
    prices = (
        Price(OfferKind.SINGLE, 1, 9900, "USD"),
        Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
        Price(OfferKind.INSTITUTIONAL, 1, 123400, "USD"),
    )
    with database.transaction() as session:
        set_prices(session, prices, actor=None, now=NOW)
    page = client.get(f"/webinars/{cast.slug}").text
    assert all(said in page for said in ("$99.00", "$75.00", "$1,234.00"))
    assert "from $75.00 each" in page


def test_free_webinar_shows_no_prices(client: Visitor, database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        set_prices(session, [Price(OfferKind.SINGLE, 1, 9900, "USD")], actor=None, now=NOW)
        session.get_one(Webinar, cast.webinar_id).free = True
    page = client.get(f"/webinars/{cast.slug}").text
    assert "$99.00" not in page
    assert "This webinar is free." in page


def test_scripts_in_webinar_texts_are_escaped(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        row = session.get_one(Webinar, cast.webinar_id)
        row.title = "<script>alert(1)</script>"
        row.overview = "<script>alert(2)</script>\n\n[x](javascript:alert(3))"
        row.agenda = "<img src=x onerror=alert(4)>"
    page = client.get(f"/webinars/{cast.slug}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


# signed in, one query reads the decision and one reads the person
@pytest.mark.parametrize(("who", "most"), [("nobody", 1), ("alice", 3)])
def test_page_runs_one_query_or_three_when_signed_in(
    client: Visitor, database: Database, cast: Cast, clock: Clock, who: str, most: int
) -> None:
    if who != "nobody":
        client.sign_in(cast.alice.id)
    client.get("/webinars")  # caches the branding
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        client.get(f"/webinars/{cast.slug}")
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert len([each for each in seen if "SELECT" in each]) <= most


def test_poster_is_public_and_cached(client: Visitor, cast: Cast) -> None:
    answer = client.get(f"/webinars/{cast.slug}/poster.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert 'aria-label="Reading rooms"' in answer.text
    again = client.get(
        f"/webinars/{cast.slug}/poster.svg", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(("hours", "sold"), [(3, "Live session, recording,"), (-3, "Recording,")])
def test_past_webinar_is_sold_without_its_live_session(
    client: Visitor, database: Database, clock: Clock, hours: int, sold: str
) -> None:
    clock.set(NOW)
    with database.transaction() as session:
        make_webinar(session, "sold", held_at=NOW + timedelta(hours=hours))
        set_prices(session, [Price(OfferKind.SINGLE, 1, 9900, "USD")], actor=None, now=NOW)
    page = client.get("/webinars/sold").text
    assert f"{sold} slides, and certificate. Permanent access." in page
    assert ("Live session" in page) == (hours > 0)
    assert ("anytime afterward" in page) == (hours > 0)


def test_person_with_access_can_join_up_to_an_hour_after_the_scheduled_end(
    client: Visitor, cast: Cast, upcoming: Upcoming, clock: Clock
) -> None:
    clock.set(upcoming.held_at + timedelta(minutes=75))
    client.sign_in(cast.alice.id)
    page = client.get(upcoming.path)
    assert "Join live" in page.text
    assert "up to an hour after its scheduled end" in page.text
    assert LIVE_LINK not in page.text
    assert client.get(f"{upcoming.path}/live").location == LIVE_LINK
    clock.set(upcoming.held_at + timedelta(minutes=121))
    assert "Join live" not in client.get(upcoming.path).text
    assert client.get(f"{upcoming.path}/live").status_code == 403


def test_page_lists_only_included_slides_and_certificate(
    client: Visitor, upcoming: Upcoming, cast: Cast, database: Database
) -> None:
    slides, certificate = "Presentation slides", "Certificate of participation"
    coming, held = client.get(upcoming.path).text, client.get(f"/webinars/{cast.slug}").text
    assert slides in coming
    assert slides not in held  # this webinar has a recording but no handout
    assert certificate in coming
    with database.transaction() as session:
        rule = replace(read_rule(session, upcoming.id), is_offered=False)
        keep_rule(session, upcoming.id, rule)
    assert certificate not in client.get(upcoming.path).text
