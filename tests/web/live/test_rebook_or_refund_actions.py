"""The page of a canceled or postponed webinar, before and after people choose another one."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from lms.access.explanations import CANCELED as NOTHING
from lms.access.explanations import READY_LATER, STEP_LABELS, Step
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.web.catalog.webinar_page_content import SIGN_IN_TO_CHOOSE as SIGN_IN
from lms.web.catalog.webinar_page_content import SIGN_IN_TO_JOIN
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_webinar
from tests.live.upcoming_webinar import DAY, HELD_AT, go_round
from tests.page_texts import shows
from tests.requests.test_rebookings import OTHER, cancel, postpone
from tests.seat_rows import add_pool, seat
from tests.visitor import Visitor

TAKE = 'name="other"'


@pytest.fixture
def with_another(carrel: Carrel, to_come: Cast, database: Database) -> Cast:
    """The cast, whose webinar is in three days, with another upcoming webinar."""
    with database.transaction() as session:
        make_webinar(session, OTHER, held_at=HELD_AT + 9 * DAY)
    go_round(carrel)
    return to_come


def read(client: Visitor, cast: Cast, login_id: int | None) -> str:
    if login_id is not None:
        client.sign_in(login_id)
    return client.get(f"/webinars/{cast.slug}").text


def test_signed_out_visitor_of_a_canceled_webinar_is_asked_to_sign_in(
    client: Visitor, carrel: Carrel, with_another: Cast, database: Database
) -> None:
    cancel(database, carrel, with_another.slug)
    page = read(client, with_another, None)
    assert page.count(SIGN_IN) == 1
    assert not shows(page, SIGN_IN_TO_JOIN)


def test_canceled_webinar_never_offers_a_recording_or_a_purchase(
    client: Visitor, carrel: Carrel, with_another: Cast, database: Database, clock: Clock
) -> None:
    cancel(database, carrel, with_another.slug)
    for moment in (NOW, HELD_AT + 3 * DAY):
        clock.set(moment)
        for one in (with_another.alice, with_another.dan):
            page = read(client, with_another, one.id)
            assert (NOTHING in page) is ('id="choice-title"' not in page)
            assert not shows(page, READY_LATER)
            assert not shows(page, STEP_LABELS[Step.BUY])


def test_canceled_webinar_has_no_expected_attendance(
    client: Visitor, carrel: Carrel, with_another: Cast, database: Database
) -> None:
    client.sign_in(with_another.ada.id)
    list_of = f"/staff/webinars/{with_another.slug}/registrants"
    assert "2 expected" in client.get(list_of).text
    cancel(database, carrel, with_another.slug)
    page = client.get(list_of).text
    assert "Canceled" in page
    assert "2 registered" in page
    assert "2 expected" not in page


@pytest.mark.parametrize("act", ["cancel", "postpone"])
def test_staff_see_no_email_count_where_no_one_registered(
    client: Visitor, with_another: Cast, act: str
) -> None:
    client.sign_in(with_another.ada.id)
    page = client.get(f"/staff/webinars/{OTHER}/{act}").text
    assert 'id="told-title"' in page
    assert not re.search(r'id="told-title">\d', page)
    assert "0 people" not in page
    told = client.get(f"/staff/webinars/{with_another.slug}/{act}").text
    assert re.search(r'id="told-title">\d', told)


@pytest.mark.parametrize(
    ("change", "who"), [(cancel, "alice"), (cancel, "bob"), (postpone, "alice")]
)
def test_page_shows_which_webinar_the_person_chose(
    client: Visitor,
    carrel: Carrel,
    with_another: Cast,
    database: Database,
    change: Callable[[Database, Carrel, str], None],
    who: str,
) -> None:
    change(database, carrel, with_another.slug)
    one = getattr(with_another, who)
    assert TAKE in read(client, with_another, one.id)
    client.post(f"/webinars/{with_another.slug}/choose", data={"other": OTHER})
    page = read(client, with_another, one.id)
    assert 'data-testid="choice-taken"' in page
    assert f'<a href="/webinars/{OTHER}">Mending spines</a>' in page
    assert 'href="#choice"' not in page
    assert TAKE not in page


def test_seat_for_one_webinar_offers_no_other_webinars(
    client: Visitor, carrel: Carrel, with_another: Cast, database: Database
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, with_another.organization_id)
        seat(session, add_pool(session, elm, with_another.webinar_id), with_another.dan.id)
    cancel(database, carrel, with_another.slug)
    page = read(client, with_another, with_another.dan.id)
    assert TAKE not in page
    assert 'data-testid="no-other-webinars"' in page


def test_webinars_to_choose_are_ordered_by_date_and_a_single_one_is_checked(
    client: Visitor, carrel: Carrel, with_another: Cast, database: Database
) -> None:
    with database.transaction() as session:
        make_webinar(session, "paper-and-glue", held_at=HELD_AT + 20 * DAY)
    cancel(database, carrel, with_another.slug)
    page = read(client, with_another, with_another.alice.id)
    assert page.count('type="radio"') == 2
    assert page.index("Mending spines") < page.index("Paper and glue")
    assert not re.search(r'name="other"[^>]* checked', page)
    assert page.index('id="choice-title"') < page.index("announcement-poster")
    with database.transaction() as session:
        gone = session.scalars(select(Webinar).where(Webinar.slug == "paper-and-glue")).one()
        gone.held_at = NOW - DAY
    page = read(client, with_another, with_another.alice.id)
    assert re.search(r'name="other"[^>]* checked', page)
