"""Importing live attendance: previewed, matched with people, counted without overlap."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms.accounts import email_aliases
from lms.attendance import report_imports
from lms.attendance.attendance_spans import minutes_of
from lms.certificates.rules_and_attendance_minutes import read_attendances
from lms.component import work_of
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.certificates import Certificate, CertificateKind
from lms.models.jobs import Job
from lms.models.live import RoomReport, RoomStay
from lms.people import erasure
from lms.registry import LIBRARY
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.live.upcoming_webinar import HELD_AT, HOUR, LINKS, Quiet, register
from tests.visitor import Visitor

HEAD = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"
REPORT = f"""{HEAD}
Alice,ALICE@example.org,03/05/2026 09:50:00 AM,03/05/2026 10:30:00 AM,40,No
Alice,alice@example.org,03/05/2026 10:20:00 AM,03/05/2026 10:50:00 AM,30,No
Bob,bob@example.org,03/05/2026 10:00:00 AM,03/05/2026 10:20:00 AM,20,No
Daniel's iPad,,03/05/2026 10:00:00 AM,03/05/2026 11:00:00 AM,60,Yes
Host,host@zoom.example,03/05/2026 09:45:00 AM,03/05/2026 11:05:00 AM,80,No
"""


@pytest.fixture
def held(cast: Cast, database: Database, clock: Clock) -> Cast:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = HELD_AT
    register(database, cast.webinar_id, cast.bob.id)
    clock.set(HELD_AT + 2 * HOUR)
    return cast


@pytest.fixture
def ada(client: Visitor, held: Cast) -> Visitor:
    client.sign_in(held.ada.id)
    return client


def send(ada: Visitor, cast: Cast, text: str = REPORT, **more: str) -> TestResponse:
    file = (io.BytesIO(text.encode()), "participants.csv")
    return ada.post(
        f"/staff/webinars/{cast.slug}/attendance",
        data={"file": file, **more},
        content_type="multipart/form-data",
    )


def count(carrel: Carrel) -> None:
    with carrel.database.read_session() as session:
        subjects = session.scalars(
            select(Job.subject).where(Job.kind == report_imports.COUNT)
        ).all()
    for subject in subjects:
        work_of((LIBRARY,)).handlers[report_imports.COUNT](
            carrel, JobRun(0, "", subject, {}, 1, 1, Quiet())
        )


def bring_in(ada: Visitor, carrel: Carrel, cast: Cast, text: str = REPORT) -> None:
    ada.post(send(ada, cast, text).location)
    count(carrel)


def minutes(database: Database, cast: Cast) -> dict[str, int]:
    with database.read_session() as session:
        return {
            name: read_attendances(session, getattr(cast, name).id, (cast.webinar_id,)).get(
                cast.webinar_id, 0
            )
            for name in ("alice", "bob", "dan", "carol")
        }


def match(ada: Visitor, cast: Cast, **data: str) -> TestResponse:
    return ada.post(f"/staff/webinars/{cast.slug}/attendance/match", data=data)


def test_preview_shows_the_report_and_stores_no_attendance(
    ada: Visitor, held: Cast, database: Database
) -> None:
    shown = ada.get(send(ada, held).location).text
    for words in ("Alice", "Bob", "Daniel&#39;s iPad", "host@zoom.example", "Not matched"):
        assert words in shown
    with database.read_session() as session:
        assert session.scalars(select(RoomStay)).all() == []
    assert minutes(database, held) == {"alice": 0, "bob": 0, "dan": 0, "carol": 0}


def test_minutes_count_from_the_start_and_only_once(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held)
    assert minutes(database, held) == {"alice": 50, "bob": 20, "dan": 0, "carol": 0}
    with database.read_session() as session:
        [made] = session.scalars(select(Certificate)).all()
        assert (made.login_id, made.kind) == (held.alice.id, CertificateKind.LIVE)


def test_same_report_twice_changes_nothing_and_a_later_one_adds(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held)
    again = send(ada, held)
    assert "Importing it again changes nothing" in ada.get(again.location).text
    ada.post(again.location)
    count(carrel)
    assert minutes(database, held)["alice"] == 50
    later = f"{HEAD}\nBob,bob@example.org,03/05/2026 10:30:00 AM,03/05/2026 11:00:00 AM,30,No\n"
    bring_in(ada, carrel, held, later)
    assert minutes(database, held)["bob"] == 50
    with database.read_session() as session:
        assert len(session.scalars(select(RoomStay)).all()) == 6
        assert len(session.scalars(select(Certificate)).all()) == 2


@pytest.mark.parametrize("letter", ["\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}", "\u0390"])
def test_name_that_grows_in_lowercase_does_not_block_other_people(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database, letter: str
) -> None:
    name, mail = letter * 150, "\u0390" * 200
    odd = f"{name},{mail},03/05/2026 10:00:00 AM,03/05/2026 11:00:00 AM,60,Yes\n"
    lone = f"{name},,03/05/2026 10:00:00 AM,03/05/2026 11:00:00 AM,60,Yes\n"
    bring_in(ada, carrel, held, REPORT + odd + lone)
    assert minutes(database, held)["alice"] == 50
    [key] = [one for one in keys(database) if one.startswith("name:") and len(one) == 330]
    match(ada, held, key=key, act="match", email="dan@example.org")
    assert minutes(database, held)["dan"] == 60


def test_match_by_staff_applies_to_later_reports(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held)
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert "2 participants aren" in page
    [key] = [key for key in keys(database) if key.startswith("name:")]
    match(ada, held, key=key, act="match", email="dan@example.org")
    assert minutes(database, held)["dan"] == 60
    more = f"{HEAD}\nDaniel's iPad (Dan),,03/05/2026 11:00:00 AM,03/05/2026 11:10:00 AM,10,Yes\n"
    bring_in(ada, carrel, held, more)
    assert minutes(database, held)["dan"] == 70
    match(ada, held, key=key, act="put_back")
    assert minutes(database, held)["dan"] == 0


def test_ignored_participant_stays_ignored_in_later_reports(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held)
    for key in keys(database):
        if key.startswith("name:") or "zoom.example" in key:
            match(ada, held, key=key, act="ignore")
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert "t matched to an account" not in page
    bring_in(ada, carrel, held, REPORT.replace("11:05:00", "11:06:00"))
    assert "t matched to an account" not in ada.get(f"/staff/webinars/{held.slug}/attendance").text


def test_matched_participant_who_is_then_ignored_is_not_counted(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held)
    [key] = [key for key in keys(database) if key.startswith("name:")]
    match(ada, held, key=key, act="match", email="dan@example.org")
    match(ada, held, key=key, act="ignore")
    assert minutes(database, held)["dan"] == 0


def test_address_without_a_login_is_rejected(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held)
    [key] = [key for key in keys(database) if key.startswith("name:")]
    answer = match(ada, held, key=key, act="match", email="nobody@example.org")
    assert "No account has this address." in ada.get(answer.location).text
    assert match(ada, held, key="name:none", act="ignore").status_code == 404


def test_address_of_a_registrant_is_suggested_for_their_name(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held, f"{HEAD}\nBOB,,03/05/2026 10:00 AM,03/05/2026 11:00 AM,60,Yes\n")
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert 'value="bob@example.org"' in page
    assert minutes(database, held)["bob"] == 0  # a name alone proves nothing


def by_hand(ada: Visitor, cast: Cast, text: str) -> None:
    path = f"/staff/webinars/{cast.slug}/certificates/attended"
    assert ada.post(path, data={"people": text}).status_code == 303


def test_minutes_entered_by_hand_override_the_report_until_staff_switch(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    by_hand(ada, held, "bob@example.org 45")
    here = send(ada, held).location
    assert "45 counted manually" in ada.get(here).text
    ada.post(here)
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert "The report is still processing" in page
    assert "Use the report" not in page
    early = match(ada, held, key="bob@example.org", act="by_report")
    assert "The report is still processing." in ada.get(early.location).text
    assert minutes(database, held)["bob"] == 45
    count(carrel)
    assert minutes(database, held)["bob"] == 45
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert "45 counted manually" in page
    assert re.search("Use the report.s 20<", page)
    assert "still processing" not in page
    match(ada, held, key="bob@example.org", act="by_report")
    assert minutes(database, held)["bob"] == 20
    assert "by hand" not in ada.get(f"/staff/webinars/{held.slug}/attendance").text
    by_hand(ada, held, "bob@example.org 46")
    count(carrel)
    assert minutes(database, held)["bob"] == 46


def test_minutes_entered_for_the_kept_account_override_the_merged_ones_report(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held)
    with database.transaction() as session:
        session.get_one(Login, held.bob.id).merged_into = held.dan.id
    by_hand(ada, held, "bob@example.org 5")
    assert minutes(database, held)["dan"] == 5
    assert ">5<" in ada.get(f"/staff/webinars/{held.slug}/registrants?show=all").text
    page = ada.get(f"/staff/webinars/{held.slug}/attendance").text
    assert "5 counted manually" in page
    match(ada, held, key="bob@example.org", act="by_report")
    assert minutes(database, held)["dan"] == 20
    assert "5 counted manually" not in ada.get(f"/staff/webinars/{held.slug}/attendance").text


def test_using_a_report_without_that_person_is_not_found(
    ada: Visitor, held: Cast, database: Database
) -> None:
    by_hand(ada, held, "bob@example.org 45")
    assert match(ada, held, key="bob@example.org", act="by_report").status_code == 404
    assert minutes(database, held)["bob"] == 45


def crowd(size: int) -> str:
    row = (
        "Guest {0:03},guest{0:03}@example.org,03/05/2026 10:00:00 AM,03/05/2026 11:00:00 AM,60,Yes"
    )
    return "\n".join([HEAD, *(row.format(number) for number in range(size))])


def test_long_report_is_shown_in_pages(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    here = send(ada, held, crowd(120)).location
    first, last = ada.get(here).text, ada.get(f"{here}?page=3").text
    assert "1 to 50 of 120" in first
    assert "Guest 049" in first
    assert "Guest 050" not in first
    assert "Guest 119" in last
    assert ada.get(f"{here}?page=4").status_code == 404
    ada.post(here)
    page = ada.get(f"/staff/webinars/{held.slug}/attendance?page=2").text
    assert "120 participants aren" in page
    assert "51 to 100 of 120" in page
    assert "Guest 050" in page


def test_participants_are_found_by_alias_and_merged_address(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    with database.transaction() as session:
        further = read_address("bobby@example.net")
        email_aliases.add_alias(session, held.bob.id, further, actor=None, now=NOW)
        session.get_one(Login, held.dan.id).merged_into = held.bob.id
    text = f"""{HEAD}
Bobby,Bobby@Example.net,03/05/2026 10:00:00 AM,03/05/2026 10:20:00 AM,20,No
Dan,dan@example.org,03/05/2026 10:20:00 AM,03/05/2026 10:45:00 AM,25,No
Nobody,no address at all,03/05/2026 10:20:00 AM,03/05/2026 10:45:00 AM,25,No
"""
    bring_in(ada, carrel, held, text)
    assert minutes(database, held)["bob"] == 45


def test_times_outside_the_webinar_are_reported(ada: Visitor, held: Cast) -> None:
    shown = ada.get(send(ada, held, zone="Asia/Tokyo").location).text
    assert "The times don" in shown
    shown = ada.get(send(ada, held).location).text
    assert "The times don" not in shown


def test_file_that_is_not_a_report_is_rejected_and_not_stored(
    ada: Visitor, held: Cast, database: Database
) -> None:
    answer = send(ada, held, "Name,Total\nBob,3\n")
    assert answer.status_code == 400
    assert "join and leave times" in answer.text
    assert ada.post(f"/staff/webinars/{held.slug}/attendance").status_code == 400
    with database.read_session() as session:
        assert session.scalars(select(RoomReport)).all() == []


def test_draft_can_be_discarded(ada: Visitor, held: Cast, database: Database) -> None:
    here = send(ada, held).location
    assert ada.post(here, data={"act": "discard"}).status_code == 303
    assert ada.get(here).status_code == 404
    assert ada.post(here).status_code == 404


def test_attendance_is_not_found_before_the_webinar_starts(
    ada: Visitor, held: Cast, clock: Clock
) -> None:
    clock.set(HELD_AT - HOUR)
    assert send(ada, held).status_code == 404
    assert ada.get(f"/staff/webinars/{held.slug}/attendance").status_code == 404


def test_list_of_registrants_shows_join_and_leave_times(
    ada: Visitor, carrel: Carrel, held: Cast
) -> None:
    bring_in(ada, carrel, held)
    page = ada.get(f"/staff/webinars/{held.slug}/registrants?show=came").text
    assert "9:50\u00a0AM to 10:50\u00a0AM" in page
    assert ">50<" in page


def test_erased_person_is_in_no_report(
    ada: Visitor, carrel: Carrel, held: Cast, database: Database
) -> None:
    bring_in(ada, carrel, held)
    send(ada, held)
    with database.transaction() as session:
        erasure.erase(session, held.bob.id, hooks=(), links=LINKS, actor=None, now=NOW)
    with database.read_session() as session:
        assert "bob@example.org" not in {one.email for one in session.scalars(select(RoomStay))}
        assert session.scalars(select(RoomReport)).all() == []
        assert session.get_one(Login, held.alice.id).email == "alice@example.org"


def test_minutes_on_several_devices_count_once() -> None:
    def stay(first: float, last: float) -> RoomStay:
        return RoomStay(
            webinar_id=1,
            key="k",
            name="n",
            email="",
            began_at=HELD_AT + timedelta(minutes=first),
            ended_at=HELD_AT + timedelta(minutes=last),
        )

    assert minutes_of(HELD_AT, []) == 0
    assert minutes_of(HELD_AT, [stay(-30, -5)]) == 0
    assert minutes_of(HELD_AT, [stay(-30, 10)]) == 10
    assert minutes_of(HELD_AT, [stay(20, 30), stay(0, 60), stay(59, 61)]) == 61
    assert minutes_of(HELD_AT, [stay(0, 24.6), stay(30, 55)]) == 50
    assert minutes_of(HELD_AT, [stay(0, 0)]) == 0


def keys(database: Database) -> set[str]:
    with database.read_session() as session:
        return set(session.scalars(select(RoomStay.key)))
