"""The retention curve: never from fewer than five people, and merged logins are one person."""

import itertools

import pytest
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.seats import AssignmentEnd, AssignmentState
from lms.playback.progress_bitmap import Tally
from lms.reports.retention_curve import Heat, NoHeat, drawn, read_heat
from lms.reports.viewing_queries import HOUSE, Whose
from tests.clock import NOW
from tests.factories import make_login, make_webinar
from tests.reports.watched_organization import HOUR, Place, make_place, seat, seat_of, see


def seats(session: Session, place: Place, number: int) -> list[Login]:
    return [seat(session, place) for _ in range(number)]


def line(session: Session, whose: Whose, place: Place) -> Heat:
    found = read_heat(session, whose, place.webinar.id)
    assert isinstance(found, Heat)
    return found


def test_tally_counts_each_bucket() -> None:
    tally = Tally()
    for buckets in (b"\x0f", b"\x03", b"\x01", b"", b"\x09"):
        tally.add(buckets)
    assert tally.counts(22.0) == [4, 2, 1, 2, 0]


def test_curve_is_drawn_from_five_people_up(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = seats(session, place, 5)
        for login in people[:4]:
            see(session, place, login, 500.0)
        for whose in (HOUSE, Whose(place.organization.id)):
            found = read_heat(session, whose, place.webinar.id)
            assert found == NoHeat(has_recording=True)
        see(session, place, people[4], 1000.0)
        for whose in (HOUSE, Whose(place.organization.id)):
            found = line(session, whose, place)
            assert (found.people, len(found.stretches)) == (5, 34)
            assert {round(one.share, 3) for one in found.stretches[:16]} == {1.0}
            assert {round(one.share, 3) for one in found.stretches[17:]} == {0.2}
            assert (found.stretches[-1].starts_s, found.stretches[-1].ends_s) == (990.0, 1000.0)
            assert found.stops == ()  # only four stopped watching


def test_stops_are_shown_when_five_people_stopped(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        for login, upto in zip(
            seats(session, place, 7), (100, 100, 500, 500, 890, 900, 1000), strict=True
        ):
            see(session, place, login, float(upto))
        found = line(session, HOUSE, place)
    stops = {(stop.starts_s, stop.ends_s): stop.people for stop in found.stops if stop.people}
    assert stops == {(0.0, 120.0): 2, (480.0, 600.0): 2, (840.0, 960.0): 1}


def test_merged_logins_are_drawn_as_one_person(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = seats(session, place, 4)
        for login in people:
            see(session, place, login, 500.0)
        twin = make_login(session)
        see(session, place, twin, 1000.0)
        twin.merged_into = people[0].id
        session.flush()
        assert isinstance(read_heat(session, HOUSE, place.webinar.id), NoHeat)
        see(session, place, seat(session, place), 500.0)
        for whose in (HOUSE, Whose(place.organization.id)):
            found = line(session, whose, place)
            assert (found.people, round(found.stretches[-1].share, 3)) == (5, 0.2)


def test_curve_is_the_same_for_every_batch_size(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        for upto, login in enumerate(seats(session, place, 7), start=1):
            see(session, place, login, upto * 100.0)
            twin = make_login(session)
            see(session, place, twin, 50.0)
            twin.merged_into = login.id
        session.flush()
        whole = line(session, HOUSE, place)
        for number in (1, 2, 3, 14):
            monkeypatch.setattr("lms.reports.retention_curve.AT_ONCE", number)
            assert line(session, HOUSE, place) == whole
    assert whole.people == 7


def test_viewing_after_leaving_is_not_in_the_organizations_curve(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = seats(session, place, 6)
        for login in people:
            see(session, place, login, 500.0)
        left = seat_of(session, people[0])
        left.state, left.ended_as = AssignmentState.RELEASED, AssignmentEnd.REMOVED
        left.ended_at = NOW - 2 * HOUR  # before their last view
        session.flush()
        assert line(session, Whose(place.organization.id), place).people == 5
        assert line(session, HOUSE, place).people == 6


def test_personal_viewing_is_not_in_the_organizations_curve(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        for _ in range(5):
            see(session, place, make_login(session), 500.0)
        whose = Whose(place.organization.id)
        assert read_heat(session, whose, place.webinar.id) == NoHeat(has_recording=True)


def test_webinar_without_a_recording_has_no_curve(database: Database) -> None:
    with database.transaction() as session:
        webinar = make_webinar(session)
        assert read_heat(session, HOUSE, webinar.id) == NoHeat(has_recording=False)


@pytest.mark.parametrize("seconds", [3.0, 5.0, 61.0, 3600.0, 7 * 3600.0])
def test_segments_and_stops_cover_any_recording_exactly_once(seconds: float) -> None:
    found = drawn([(b"\x01", 2.0)] * 5, seconds)
    assert isinstance(found, Heat)
    for parts in (found.stretches, found.stops):
        if parts:
            assert (parts[0].starts_s, parts[-1].ends_s) == (0.0, seconds)
            assert all(one.ends_s == other.starts_s for one, other in itertools.pairwise(parts))
    assert len(found.stretches) <= 60
