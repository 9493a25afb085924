"""Staff pages of a live webinar: canceling, postponing, and registrants."""

import re
from datetime import timedelta

import pytest

from lms.audience.events import ROLE_NAMES, Role
from lms.catalog.webinars import ALREADY_HELD
from lms.core.database import Database
from lms.core.dates_and_time_zones import SKIPPED
from lms.core.runtime import Carrel
from lms.live.change_notices import NOT_LATER
from lms.models.catalog import Webinar
from lms.web.catalog.webinar_page_content import LIVE_NOW, OPEN_TO_JOIN, RECORDING_SOON
from tests.cast import Cast
from tests.clock import Clock
from tests.live.upcoming_webinar import HELD_AT, go_round, kinds, tell_changes
from tests.mailbox import newest
from tests.page_texts import shows
from tests.visitor import Visitor

PHASES = (OPEN_TO_JOIN, LIVE_NOW, RECORDING_SOON)


@pytest.fixture
def to_come(carrel: Carrel, to_come: Cast) -> Cast:
    """The webinar with its buyers registered."""
    go_round(carrel)
    return to_come


@pytest.mark.parametrize("act", ["cancel", "postpone"])
def test_staff_see_who_will_be_emailed_before_confirming(
    client: Visitor, to_come: Cast, database: Database, act: str
) -> None:
    client.sign_in(to_come.ada.id)
    page = client.get(f"/staff/webinars/{to_come.slug}/{act}").text
    assert re.search(r'id="told-title">3 ', page)
    assert f"{ROLE_NAMES[Role.HOLDER]}: 1" in page
    assert f"{ROLE_NAMES[Role.PASS]}: 1" in page
    assert f"{ROLE_NAMES[Role.TEAM]}: 1" in page
    assert list(kinds(database, "bob@example.org")) == ["live_registered"]


def test_staff_see_who_will_be_emailed_before_a_webinar_is_reinstated(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.ada.id)
    here = f"/staff/webinars/{to_come.slug}"
    assert client.get(f"{here}/reinstate").location == here
    client.post(f"{here}/cancel")
    tell_changes(carrel)
    page = client.get(here).text
    assert f'action="{here}/restore"' not in page
    assert f'href="{here}/reinstate"' in page
    page = client.get(f"{here}/reinstate").text
    assert re.search(r'id="told-title">3 ', page)
    assert f"{ROLE_NAMES[Role.HOLDER]}: 1" in page
    assert "live_reinstated" not in kinds(database, "bob@example.org")
    assert f'action="{here}/restore"' in page
    assert client.post(f"{here}/restore").status_code == 303
    tell_changes(carrel)
    assert kinds(database, "bob@example.org")[-1] == "live_reinstated"


def test_staff_enter_the_new_date_in_the_webinars_zone(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.ada.id)
    here = f"/staff/webinars/{to_come.slug}/postpone"
    same = client.post(here, data={"held_at": "2026-03-05T10:00"})
    assert same.status_code == 400
    assert shows(same.text, NOT_LATER)
    skipped = client.post(here, data={"held_at": "2026-03-08T02:30"})
    assert skipped.status_code == 400
    assert shows(skipped.text, SKIPPED)
    moved = client.post(here, data={"held_at": "2026-03-12T10:00", "said": "It snows."})
    assert moved.status_code == 303
    tell_changes(carrel)
    letter = newest(database, "bob@example.org")
    assert letter.kind == "live_rescheduled"
    assert "Thursday, March 12, 2026, 10:00 AM ET" in letter.text
    assert "It snows." in letter.text


def test_past_webinar_cannot_be_moved_or_canceled(
    client: Visitor, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.ada.id)
    for act, data in (("cancel", {}), ("postpone", {"held_at": "2026-03-12T10:00"})):
        answer = client.post(f"/staff/webinars/{cast.slug}/{act}", data=data)
        assert answer.status_code == 400
        assert shows(answer.text, ALREADY_HELD)


def test_list_shows_attendance_and_the_csv_matches_it(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database, clock: Clock
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, to_come.webinar_id).live_link = "https://zoom.example/j/1"
    clock.set(HELD_AT)
    client.sign_in(to_come.bob.id)
    client.get(f"/webinars/{to_come.slug}/live")
    client.sign_in(to_come.ada.id)
    here = f"/staff/webinars/{to_come.slug}/registrants"
    came = client.get(f"{here}?show=came").text
    assert "bob@example.org" in came
    assert "alice@example.org" not in came
    assert "10:00\u00a0AM" in came
    missed = client.get(f"{here}?show=missed").text
    assert "alice@example.org" in missed
    assert "bob@example.org" not in missed
    table = client.get(f"{here}.csv?show=came").text
    assert '"bob@example.org"' in table
    assert "alice@example.org" not in table
    assert "2026-03-05T15:00:00Z" in table


def test_page_shows_the_time_until_the_webinar(
    client: Visitor, to_come: Cast, clock: Clock
) -> None:
    said = []
    for moment in (
        HELD_AT - timedelta(minutes=61),
        HELD_AT - timedelta(minutes=60),
        HELD_AT,
        HELD_AT + timedelta(minutes=60),
    ):
        clock.set(moment)
        page = client.get(f"/webinars/{to_come.slug}").text
        said.append([words for words in PHASES if words in page])
    assert said == [[], *([phase] for phase in PHASES)]
