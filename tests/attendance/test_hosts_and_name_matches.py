"""Hosts and panelists earn nothing from a report; names are matched to registrants at once."""

import pytest
from sqlalchemy import select, update

from lms.attendance.attendance_spans import key_of
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.accounts import Login
from lms.models.live import RoomStay
from tests.attendance.test_report_imports import HEAD, bring_in, count, held, match, minutes, send
from tests.cast import Cast
from tests.live.upcoming_webinar import register
from tests.visitor import Visitor

__all__ = ["held"]
TABLES = f"""Host Details

{HEAD}
Carol,carol@example.org,03/05/2026 10:00:00 AM,03/05/2026 11:00:00 AM,60,No

Panelist Details
{HEAD}
Dan,dan@example.org,03/05/2026 10:00:00 AM,03/05/2026 11:00:00 AM,60,No

Attendee Details
{HEAD}
Bob,bob@example.org,03/05/2026 10:00:00 AM,03/05/2026 10:20:00 AM,20,No
Alice (Host),alice@example.org,03/05/2026 10:00:00 AM,03/05/2026 10:50:00 AM,50,No
"""
PHONES = f"""{HEAD}
alice,,03/05/2026 10:00:00 AM,03/05/2026 10:50:00 AM,50,Yes
BOB (Bob's phone),,03/05/2026 10:00:00 AM,03/05/2026 10:20:00 AM,20,Yes
Zoe,,03/05/2026 10:00:00 AM,03/05/2026 10:20:00 AM,20,Yes
"""


@pytest.fixture
def ada(client: Visitor, held: Cast) -> Visitor:
    client.sign_in(held.ada.id)
    return client


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_match_names(client: Visitor, held: Cast, person: str) -> None:
    client.sign_in(getattr(held, person).id)
    assert match(client, held, act="match_names").status_code == 404


def test_host_and_panelists_earn_nothing(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    assert ada.get(send(ada, held, TABLES).location).text.count("Left out") == 3
    bring_in(ada, carrel, held, TABLES)
    assert minutes(database, held) == {"alice": 0, "bob": 20, "dan": 0, "carol": 0}


def test_panelist_who_attended_counts_after_staff_match_them(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held, TABLES)
    match(ada, held, key="dan@example.org", email="dan@example.org")
    bring_in(ada, carrel, held, TABLES)
    assert minutes(database, held)["dan"] == 60


def test_names_of_registrants_are_matched_in_one_step(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    register(database, held.webinar_id, held.alice.id)
    bring_in(ada, carrel, held, PHONES)
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert "Match 2 names" in page
    assert match(ada, held, act="match_names").status_code == 303
    count(carrel)
    assert minutes(database, held) == {"alice": 50, "bob": 20, "dan": 0, "carol": 0}
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert "Zoe" in page
    assert "Match 2 names" not in page


def test_name_shared_by_two_registrants_is_left_to_staff(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    register(database, held.webinar_id, held.alice.id)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == held.alice.id).values(name="Bob"))
    bring_in(ada, carrel, held, PHONES)
    match(ada, held, act="match_names")
    with database.read_session() as session:
        assert session.scalars(select(RoomStay.login_id)).all() == [None, None, None]


def test_people_with_the_same_name_are_distinguished_by_address(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    with database.transaction() as session:
        for login_id in (held.alice.id, held.dan.id):
            session.get_one(Login, login_id).name = "Kim Lee"
    for login_id in (held.alice.id, held.dan.id):
        register(database, held.webinar_id, login_id)
    report = f"""{HEAD}
Kim's iPad,alice@example.org,03/05/2026 10:00:00 AM,03/05/2026 10:50:00 AM,50,No
Kim Lee,,03/05/2026 10:00:00 AM,03/05/2026 10:40:00 AM,40,Yes
The other Kim,,03/05/2026 10:00:00 AM,03/05/2026 10:40:00 AM,40,Yes
"""
    preview = ada.get(send(ada, held, report).location).text
    assert (
        "alice@example.org" in preview.split("Kim&#39;s iPad")[1].split("</tr>")[0].split("<td")[1]
    )
    bring_in(ada, carrel, held, report)
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert "alice@example.org, dan@example.org" in page
    match(ada, held, key=key_of("The other Kim", ""), email="dan@example.org")
    rest = ada.get(f"/staff/webinars/{held.slug}/attendance").text.split('id="rest-title"')[1]
    counted = rest.split("The other Kim")[1].split("</tr>")[0]
    assert "Kim Lee" in counted
    assert "dan@example.org" in counted
