"""The figures of reports, in cases with known results."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import NotFound
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.seats import AssignmentEnd, AssignmentState
from lms.people import erasure
from lms.reports.periods_and_count_suppression import Lapse, Span, laps
from lms.reports.viewing_queries import HOUSE, Whose
from lms.reports.viewing_totals import (
    Line,
    Order,
    Sort,
    Totals,
    WebinarFacts,
    every_organization,
    every_webinar,
    find_webinar,
    read_laps,
    read_totals,
    read_webinar,
    read_webinars,
)
from tests.clock import NOW
from tests.factories import make_grant, make_group, make_login
from tests.reports.watched_organization import (
    HOUR,
    Place,
    make_place,
    seat,
    seat_of,
    see,
    view,
    watch,
)

ALL = Span(None, NOW)
WEEK = Span(NOW - timedelta(days=7), NOW)
UTC_ZONE = ZoneInfo("UTC")


def five(session: Session, place: Place) -> list[Login]:
    """Add five viewers: three finish, one watches half, and one opens it and watches nothing."""
    people = [seat(session, place) for _ in range(5)]
    for login in people[:3]:
        watch(session, place, login, 900.0)
    watch(session, place, people[3], 500.0)
    view(session, place, people[4], 0.0)
    return people


@pytest.mark.parametrize("is_house", [False, True])
def test_totals_count_people_views_hours_and_completions(
    database: Database, *, is_house: bool
) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = five(session, place)
        view(session, place, people[3], 700.0, began=500.0)  # watched again, and further
        whose = HOUSE if is_house else Whose(place.organization.id)
        found = read_totals(session, whose, ALL)
    assert found == Totals(people=5, views=6, seconds=3 * 900 + 500 + 200, begun=5, finished=3)


def test_webinar_row_has_the_average_watched_so_far(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        five(session, place)
        facts = WebinarFacts(place.webinar.id, "one", "One")
        line = read_webinar(session, Whose(place.organization.id), WEEK, facts)
    assert line == Line("one", "One", 5, 5, 3200, 5, 3, pytest.approx((3 * 0.9 + 0.5) / 5))


def test_only_views_started_in_the_period_count(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = [seat(session, place) for _ in range(6)]
        for login in people[:5]:
            view(session, place, login, 100.0, at=WEEK.starts_at or NOW)
        view(session, place, people[5], 100.0, at=NOW - timedelta(days=7, seconds=1))
        view(session, place, people[5], 100.0, at=NOW)
        found = read_totals(session, Whose(place.organization.id), WEEK)
    assert (found.people, found.views, found.seconds) == (5, 5, 500)


def test_staff_previews_are_not_counted(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        view(session, place, make_login(session), 900.0, is_preview=True)
        assert read_totals(session, HOUSE, ALL).is_empty


def test_counts_below_five_are_hidden(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        for _ in range(4):
            watch(session, place, seat(session, place), 900.0)
        facts = WebinarFacts(place.webinar.id, "one", "One")
        for whose in (HOUSE, Whose(place.organization.id)):
            assert read_totals(session, whose, WEEK) == Totals(None, None, None, None, None)
            line = read_webinar(session, whose, WEEK, facts)
            assert line == Line("one", "One", None, None, None, None, None, None)
            # over all time, managers see figures per person, but not views
            assert read_totals(session, whose, ALL) == Totals(4, None, None, 4, 4)
            line = read_webinar(session, whose, ALL, facts)
            assert line == Line("one", "One", 4, None, None, 4, 4, pytest.approx(0.9))
        watch(session, place, seat(session, place), 900.0)
        assert read_totals(session, HOUSE, WEEK).views == 5


def test_totals_do_not_reveal_hidden_counts(database: Database) -> None:
    with database.transaction() as session:
        lonely, large = make_place(session, "lonely"), make_place(session, "large")
        middle = make_place(session, "middle", organization=large.organization)
        lonely.pool.organization_id = large.organization.id
        for place, number in ((lonely, 1), (middle, 5), (large, 6)):
            for _ in range(number):
                watch(session, place, seat(session, place), 900.0)
        whose = Whose(large.organization.id)
        lines = {line.key: line.views for line in every_webinar(session, whose, WEEK, Order())}
        assert lines == {"large": 6}
        for _ in range(4):  # now five different people are hidden together
            watch(
                session,
                other := make_place(session, f"w{_}", organization=large.organization),
                seat(session, other),
                900.0,
            )
        lines = {line.key: line.views for line in every_webinar(session, whose, WEEK, Order())}
    assert lines == {"large": 6, "middle": 5}


def test_hidden_bar_hides_the_next_smallest_too(database: Database) -> None:
    first = date(2026, 3, 1)
    among = laps(first, first + timedelta(days=3), Lapse.DAY, UTC_ZONE)
    span = Span(among[0].starts_at, among[-1].ends_at)
    with database.transaction() as session:
        place = make_place(session, "one")
        people = [seat(session, place) for _ in range(7)]
        for day, number in ((0, 7), (1, 5), (3, 2)):
            for login in people[:number]:
                at = datetime(2026, 3, 1 + day, 12, tzinfo=UTC)
                view(session, place, login, 10.0, at=at)
        found = read_laps(session, Whose(place.organization.id), span, among)
        ours = read_laps(session, HOUSE, span, among, webinar_id=place.webinar.id)
    assert [one.views for one in found] == [7, None, None, None]
    assert ours == found


def test_webinar_bar_that_the_total_would_reveal_is_hidden(
    database: Database,
) -> None:
    first = date(2026, 3, 1)
    among = laps(first, first + timedelta(days=1), Lapse.DAY, UTC_ZONE)
    span = Span(among[0].starts_at, among[-1].ends_at)
    with database.transaction() as session:
        place = make_place(session, "one")
        other = make_place(session, "two", organization=place.organization)
        people = [seat(session, place) for _ in range(5)]
        for day in (1, 2):
            for login in people:
                view(session, place, login, 10.0, at=datetime(2026, 3, day, 12, tzinfo=UTC))
        view(session, other, seat(session, other), 10.0, at=datetime(2026, 3, 2, 12, tzinfo=UTC))
        whose = Whose(place.organization.id)
        assert [one.views for one in read_laps(session, whose, span, among)] == [5, 6]
        own = read_laps(session, whose, span, among, webinar_id=place.webinar.id)
    assert [one.views for one in own] == [5, None]


def test_viewing_through_other_access_is_not_the_organizations(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        other = make_place(session, "two")
        own = make_grant(session, login := seat(session, place), place.webinar)
        view(session, place, login, 100.0, through=own)
        watch(session, other, seat(session, other), 100.0)
        assert read_totals(session, Whose(place.organization.id), ALL).is_empty


def test_viewing_after_leaving_is_not_the_organizations(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = [seat(session, place) for _ in range(5)]
        for login in people:
            view(session, place, login, 400.0, at=NOW - timedelta(days=5))
        left = seat_of(session, people[0])
        left.state, left.ended_at = AssignmentState.RELEASED, NOW - timedelta(days=3)
        left.ended_as = AssignmentEnd.REMOVED
        for login in people:
            view(session, place, login, 1000.0, began=400.0, at=NOW - HOUR)
            see(session, place, login, 1000.0)
        found = read_totals(session, Whose(place.organization.id), ALL)
    assert (found.people, found.views, found.finished) == (5, 9, 4)


def test_viewing_in_a_frame_counts_for_its_organization(database: Database) -> None:
    with database.transaction() as session:
        place, other = make_place(session, "one"), make_place(session, "two")
        for _ in range(5):
            view(session, place, make_login(session), 950.0, frame=other.organization.id)
        found = read_totals(session, Whose(other.organization.id), ALL)
        assert read_totals(session, Whose(place.organization.id), ALL).is_empty
        assert find_webinar(session, Whose(other.organization.id), "one").slug == "one"
    assert found == Totals(people=5, views=5, seconds=5 * 950, begun=5, finished=5)


def test_merged_logins_count_as_one_person(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = five(session, place)
        twin = make_login(session)
        view(session, place, twin, 950.0)
        see(session, place, twin, 950.0)
        twin.merged_into = people[4].id
        session.flush()
        for whose in (HOUSE, Whose(place.organization.id)):
            found = read_totals(session, whose, ALL)
            assert (found.people, found.views, found.begun, found.finished) == (5, 6, 5, 4)


def test_seat_of_a_merged_login_counts(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = five(session, place)
        kept = make_login(session)
        people[4].merged_into = kept.id
        session.flush()
        view(session, place, kept, 100.0)
        found = read_totals(session, Whose(place.organization.id), ALL)
    assert (found.people, found.views) == (5, 6)


def test_erased_person_is_in_no_total(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        people = [seat(session, place) for _ in range(6)]
        for login in people:
            watch(session, place, login, 900.0)
        erasure.erase(
            session, people[0].id, hooks=(), links=Links("http://localhost"), actor=None, now=NOW
        )
    with database.read_session() as session:
        for whose in (HOUSE, Whose(place.organization.id)):
            found = read_totals(session, whose, ALL)
            assert (found.people, found.views, found.finished) == (5, 5, 5)


def test_table_is_sorted_and_hidden_rows_come_last_by_title(
    database: Database,
) -> None:
    with database.transaction() as session:
        much = make_place(session, "much")
        some, few, fewer = (
            make_place(session, slug, organization=much.organization)
            for slug in ("some", "b-few", "a-few")
        )
        for place, number, upto in (
            (much, 7, 300.0),
            (some, 6, 900.0),
            (few, 4, 999.0),
            (fewer, 3, 5.0),
        ):
            for _ in range(number):
                watch(session, place, seat(session, place), upto)
        whose = Whose(much.organization.id)

        def keys(by: Sort, *, descending: bool) -> list[str]:
            found = read_webinars(session, whose, ALL, Order(by, descending), offset=0)
            assert found.total == 4
            return [line.key for line in found.items]

        assert keys(Sort.VIEWS, descending=True) == ["much", "some", "a-few", "b-few"]
        assert keys(Sort.PEOPLE, descending=False) == ["some", "much", "a-few", "b-few"]
        assert keys(Sort.FINISHED, descending=True) == ["some", "much", "a-few", "b-few"]
        assert keys(Sort.SHARE, descending=False) == ["much", "some", "a-few", "b-few"]
        assert keys(Sort.TITLE, descending=True) == ["some", "much", "b-few", "a-few"]
        found = read_webinars(session, whose, WEEK, Order(), offset=0)
        assert ([line.key for line in found.items], found.total) == (["much", "some"], 2)


def test_hidden_row_is_not_sorted_by_its_figure(database: Database) -> None:
    with database.transaction() as session:
        most = make_place(session, "b-most")
        middle = make_place(session, "z-middle", organization=most.organization)
        least = make_place(session, "c-least", organization=most.organization)
        one = make_place(session, "a-one", organization=most.organization)
        for place, number, views in ((most, 7, 3), (middle, 5, 2), (least, 6, 1), (one, 1, 1)):
            for login in [seat(session, place) for _ in range(number)]:
                for _ in range(views):
                    view(session, place, login, 10.0)
        found = read_webinars(session, Whose(most.organization.id), ALL, Order(), offset=0)
    assert [(line.key, line.views) for line in found.items] == [
        ("b-most", 21),
        ("c-least", 6),
        ("a-one", None),
        ("z-middle", None),
    ]


def test_organizations_are_counted_separately(database: Database) -> None:
    with database.transaction() as session:
        elm, oak = make_place(session, "elm"), make_place(session, "oak")
        five(session, elm)
        for _ in range(6):
            watch(session, oak, seat(session, oak), 100.0)
        watch(
            session, oak, make_login(session), 100.0
        )  # without a seat, it counts for no organization
        lines = list(every_organization(session, WEEK, Order()))
        expected = [
            Line(
                oak.organization.public_id,
                oak.organization.name,
                6,
                6,
                600,
                6,
                0,
                pytest.approx(0.1),
            ),
            Line(
                elm.organization.public_id,
                elm.organization.name,
                5,
                5,
                3200,
                5,
                3,
                pytest.approx(0.64),
            ),
        ]
    assert lines == expected


def test_webinar_without_the_organizations_access_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        elm = make_place(session, "elm")
        make_place(session, "oak")
        whose = Whose(elm.organization.id)
        assert find_webinar(session, whose, "elm").title == "Elm"
        assert find_webinar(session, HOUSE, "oak").title == "Oak"
        with pytest.raises(NotFound):
            find_webinar(session, whose, "oak")


def test_group_report_counts_only_its_members(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "desk")
        people = [seat(session, place) for _ in range(12)]
        for login in people:
            watch(session, place, login, 900.0)
        desk = make_group(session, place.organization, "Desk", *people[:5])
        few = make_group(session, place.organization, "Few", people[5])
        both = Whose(place.organization.id, (desk.id, few.id))
        assert read_totals(session, Whose(place.organization.id), ALL).people == 12
        assert read_totals(session, Whose(place.organization.id, (desk.id,)), ALL).people == 5
        assert read_totals(session, both, ALL).people == 6
        assert read_totals(session, Whose(place.organization.id, ()), ALL).is_empty
        [line] = read_webinars(
            session, Whose(place.organization.id, (desk.id,)), ALL, Order(), offset=0
        ).items
        assert (line.people, line.finished) == (5, 5)
        hidden = read_totals(session, Whose(place.organization.id, (few.id,)), ALL)
        assert (hidden.people, hidden.views) == (1, None)  # fewer than five are hidden
