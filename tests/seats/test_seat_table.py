"""The table of people and seats: rows shown, sort order, and watched share."""

from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.jobs import JobState
from lms.models.mail import Mail, MailLane
from lms.seats.seat_table import (
    Order,
    SeatRow,
    Sort,
    Standing,
    Wanted,
    Watching,
    every_row,
    every_seat,
    read_rows,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login, make_organization, make_recording, make_webinar
from tests.seat_rows import add_pool, let_go, seat, watched

HOUR: Final = timedelta(hours=1)


@pytest.fixture
def seated(database: Database, cast: Cast) -> dict[str, str]:
    """Seats of Alice and Bob in two pools of Elm County, an invitation, and Dan's locked seat."""
    with database.transaction() as session:
        one = add_pool(session, cast.organization_id, cast.webinar_id)
        all_of_it = add_pool(session, cast.organization_id, ends_at=NOW + timedelta(days=200))
        seats = {
            "alice": seat(session, one, cast.alice.id),
            "bob": seat(session, all_of_it, cast.bob.id),
            "new": seat(session, one, email="zoe@example.org"),
            "dan": seat(session, one, cast.dan.id),
        }
        let_go(session, seats["dan"], opens_at=None)
        other = add_pool(session, make_organization(session), cast.webinar_id)
        seat(session, other, cast.carol.id)
        watched(session, cast.alice.id, cast.recording_id, 0.5)
        second = make_recording(session, make_webinar(session))
        watched(session, cast.bob.id, second.id, 1.0)
        watched(session, cast.bob.id, cast.recording_id, 0.2)
        return {"one": one.public_id, **{name: each.public_id for name, each in seats.items()}}


def rows(
    database: Database, cast: Cast, wanted: Wanted | None = None, order: Order | None = None
) -> list[SeatRow]:
    with database.read_session() as session:
        asked = (wanted or Wanted(), order or Order())
        found = read_rows(session, cast.organization_id, *asked, offset=0)
        assert found.total == len(found.items)
        assert tuple(every_row(session, cast.organization_id, *asked)) == found.items
        seats = every_seat(session, cast.organization_id, asked[0])
        assert set(seats) == {row.seat_id for row in found.items}
        return list(found.items)


def names(found: list[SeatRow]) -> list[str]:
    return [row.name or row.email or "" for row in found]


def test_table_shows_all_people_with_seats_of_only_this_organization(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    assert set(names(rows(database, cast))) == {"Alice", "Bob", "zoe@example.org"}


def test_table_can_be_sorted_both_ways(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    named = Wanted(standing=Standing.CLAIMED)
    assert names(rows(database, cast, named, Order(Sort.NAME))) == ["Alice", "Bob"]
    turned = Order(Sort.NAME, descending=True)
    assert names(rows(database, cast, named, turned)) == ["Bob", "Alice"]
    most = Order(Sort.WATCHED, descending=True)
    assert names(rows(database, cast, None, most)) == ["Bob", "Alice", "zoe@example.org"]


@pytest.mark.parametrize("by", list(Sort))
def test_every_column_sorts_all_rows(
    database: Database, cast: Cast, seated: dict[str, str], by: Sort
) -> None:
    assert len(rows(database, cast, None, Order(by))) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [("ali", ["Alice"]), ("EXAMPLE zoe", ["zoe@example.org"]), ("100%", []), ("bob@", ["Bob"])],
)
def test_table_can_be_searched_by_words_of_names_and_addresses(
    database: Database, cast: Cast, seated: dict[str, str], query: str, found: list[str]
) -> None:
    assert names(rows(database, cast, Wanted(query=query))) == found


def came_back(session: Session, email: str, *, later: bool = False) -> None:
    """Record that an email to this address bounced; with `later`, the next one got through."""
    for at, bounced_at in ((NOW, NOW + HOUR), (NOW + 2 * HOUR, None))[: 2 if later else 1]:
        session.add(
            Mail(
                kind="invitation",
                lane=MailLane.BULK,
                login_id=None,
                recipient=email,
                recipient_key=email,
                subject="",
                text="",
                html="",
                state=JobState.DONE,
                run_at=at,
                created_at=at,
                sent_at=at,
                bounced_at=bounced_at,
            )
        )


def test_table_can_be_filtered_by_bounced_emails(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    with database.transaction() as session:
        came_back(session, "zoe@example.org")
        came_back(session, "bob@example.org")
        came_back(session, "alice@example.org", later=True)
        came_back(session, "dan@example.org")
    assert set(names(rows(database, cast, Wanted(bounced=True)))) == {"Bob", "zoe@example.org"}
    everybody = rows(database, cast)
    assert {row.name or row.email for row in everybody if row.bounced} == {"Bob", "zoe@example.org"}
    [locked] = rows(database, cast, Wanted(standing=Standing.LOCKED))
    assert not locked.bounced


def test_table_can_be_filtered_by_pool(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    found = rows(database, cast, Wanted(pool_id=seated["one"]))
    assert set(names(found)) == {"Alice", "zoe@example.org"}


def test_filter_by_another_organizations_pool_shows_no_rows(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    with database.transaction() as session:
        pool = add_pool(session, make_organization(session), cast.webinar_id)
        seat(session, pool, cast.carol.id)
        wanted = Wanted(pool_id=pool.public_id)
    assert rows(database, cast, wanted) == []


def test_locked_and_released_seats_show_the_former_person(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    (locked,) = rows(database, cast, Wanted(standing=Standing.LOCKED))
    assert (locked.name, locked.seat_id, locked.opens_at) == ("Dan", seated["dan"], None)
    assert names(rows(database, cast, Wanted(standing=Standing.RELEASED))) == ["Dan"]


def test_table_can_be_filtered_by_whether_people_watched(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    never = rows(database, cast, Wanted(watching=Watching.NEVER))
    assert names(never) == ["zoe@example.org"]
    begun = rows(database, cast, Wanted(watching=Watching.BEGUN, standing=Standing.CLAIMED))
    assert names(begun) == ["Alice", "Bob"]


def test_row_shows_webinars_started_and_completed_and_the_watched_share(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    alice, bob = rows(database, cast, Wanted(standing=Standing.CLAIMED))
    assert (alice.begun, alice.completed, alice.share) == (1, 0, pytest.approx(0.5))
    assert (bob.begun, bob.completed, bob.share) == (2, 1, pytest.approx(0.6))


def test_webinars_outside_the_pool_are_not_counted(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    with database.transaction() as session:
        other = make_recording(session, make_webinar(session))
        watched(session, cast.alice.id, other.id, 1.0)
    (alice,) = rows(database, cast, Wanted(query="alice"))
    assert (alice.begun, alice.completed) == (1, 0)


def test_viewing_of_a_merged_account_counts(
    database: Database, cast: Cast, seated: dict[str, str]
) -> None:
    with database.transaction() as session:
        old = make_login(session, name="Alice before")
        watched(session, old.id, cast.recording_id, 0.95)
        session.execute(update(Login).where(Login.id == old.id).values(merged_into=cast.alice.id))
    (alice,) = rows(database, cast, Wanted(query="alice"))
    assert (alice.begun, alice.completed, alice.share) == (1, 1, pytest.approx(0.95))


def test_pages_do_not_repeat_or_skip_rows(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        pool = add_pool(session, cast.organization_id, seats=None)
        for number in range(120):
            seat(session, pool, email=f"p{number:03}@example.org")
    with database.read_session() as session:
        pages = [
            read_rows(session, cast.organization_id, Wanted(), Order(Sort.STATE), offset=offset)
            for offset in (0, 50, 100)
        ]
    assert [len(page.items) for page in pages] == [50, 50, 20]
    assert {page.total for page in pages} == {120}
    assert len({row.seat_id for page in pages for row in page.items}) == 120
