"""Concurrent claims, offers, lists, and releases for the same people: exact counts, no deadlock."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from random import Random

from lms.core.database import Database
from lms.core.errors import Conflict
from lms.grants.grants import Term
from lms.organizations.staff_list_parser import read_pasted
from lms.seat_imports import imports
from lms.seat_imports.imports import stage
from lms.seat_imports.jobs import apply_now
from lms.seat_imports.uploaded_list_lifecycle import NewList
from lms.seats.claims import Already, Claimed
from lms.seats.seat_counts import lock_pool
from lms.seats.waitlist_offers import offer_next
from tests.clock import NOW
from tests.seats.pool_fixtures import (
    DAY,
    counts,
    let_go,
    make_home,
    people,
    settle_at,
    take,
    take_seat,
    undo,
    wait,
)
from tests.seats.test_claims import email_of
from tests.seats.test_concurrent_claims import together

ROUNDS = 3
STARTED_WITHIN_S = 0.5


def listed(database: Database, pool_id: int, emails: Sequence[str]) -> str:
    """Return the ID of a staff list that was checked and can be applied."""
    with database.transaction() as session:
        row = imports.LISTS.begin(session, NewList("", None, NOW, pool_id))
        stage(session, row.id, tuple(read_pasted("\n".join(emails))), 1)
        imports.check(session, row.id, NOW)
        return row.public_id


def test_claim_and_offer_to_the_same_person_do_not_deadlock(
    database: Database,
) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    wait(database, home.pool_id, pat)
    with ThreadPoolExecutor(1) as other:
        with database.transaction() as session:
            lock_pool(session, home.pool_id)
            claim = other.submit(take, database, home.pool_id, pat)
            with suppress(TimeoutError):
                claim.result(STARTED_WITHIN_S)  # the person has the seat, which waits to be counted
            offer_next(session, home.pool_id, now=NOW)
        assert isinstance(claim.result(), Claimed | Already)
    assert counts(database, home.pool_id) == (1, 2)


def test_two_lists_of_the_same_people_in_different_orders_are_both_applied(
    database: Database,
) -> None:
    home = make_home(database, 400)
    emails = [f"reader{number}@example.org" for number in range(300)]
    lists = [listed(database, home.pool_id, order) for order in (emails, emails[::-1])]

    def act(place: int) -> object:
        return apply_now(database, lists[place], partial=False, actor=None, now=NOW)

    together(2, act)
    assert counts(database, home.pool_id) == (300, 400)


def test_concurrent_changes_for_the_same_people_keep_the_count_exact(
    database: Database,
) -> None:
    dice = Random(3)  # noqa: S311  (the same order in every run)
    home = make_home(database, 6, Term(NOW - 90 * DAY, NOW + 90 * DAY))
    crowd = people(database, 8)
    emails = [email_of(database, one) for one in crowd]
    taken = [take_seat(database, home.pool_id, one, NOW - 30 * DAY) for one in crowd[:4]]
    for one in crowd[5:]:
        wait(database, home.pool_id, one)

    def list_of(emails: Sequence[str]) -> Callable[[], object]:
        known = listed(database, home.pool_id, emails)
        return lambda: apply_now(database, known, partial=True, actor=None, now=NOW)

    acts: list[Callable[[], object]] = [
        *(partial(let_go, database, seat) for seat in taken),
        *(partial(undo, database, seat) for seat in taken[:2]),
        *(partial(take, database, home.pool_id, one) for one in crowd[2:]),
        *(list_of(dice.sample(emails, 8)) for _ in range(3)),
        partial(settle_at, database, home.pool_id, NOW),
    ]

    def act(place: int) -> object:
        try:
            return acts[place]()
        except Conflict as refused:
            return refused

    for _ in range(ROUNDS):
        dice.shuffle(acts)
        together(len(acts), act)
        used, capacity = counts(database, home.pool_id)
        assert capacity == 6
        assert used <= 6
