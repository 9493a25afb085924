"""Staff lists imported into a pool: preview, all or nothing, and the same list twice (S6)."""

from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.email_addresses import NOT_AN_ADDRESS
from lms.core.errors import Conflict, Invalid, NotFound
from lms.core.runtime import Carrel
from lms.grants.grants import Term
from lms.models.accounts import LoginAlias
from lms.models.audit import AuditEntry
from lms.models.seat_imports import Answer, ImportState, SeatImport, SeatImportRow
from lms.models.seats import (
    Assignment,
    AssignmentState,
    Seat,
    SeatState,
    WaitingEnd,
    WaitingEntry,
)
from lms.seat_imports import imports
from lms.seat_imports.jobs import SMALL_BYTES, apply_list, take_in, take_in_pasted
from lms.seat_imports.read_models import (
    ImportFacts,
    find_import,
    latest_imports,
    read_import,
    rows_of,
)
from lms.seats.claim_statements import Place, Sitter, seat_one
from lms.seats.pools import PoolFacts
from lms.seats.seat_counts import count_in
from tests.clock import NOW
from tests.factories import make_login
from tests.seat_imports.list_fixtures import a_pool, answers, footprint, invited, of, stored

FIVE_KINDS = """\
E-mail;Name
ann@elm.example.org;Ann
jane@elm.example.org;Jane
not an address;Joe
JANE@elm.example.org;Jane again
bob@elm.example.org;Bob
cid@elm.example.org;Cid
"""


def taken_in(carrel: Carrel, pool: PoolFacts, text: str) -> ImportFacts:
    """Upload pasted text as a list for a pool."""
    return take_in_pasted(carrel, text, pool_id=pool.id, actor=None, now=NOW)


def applied(carrel: Carrel, facts: ImportFacts, *, partial: bool = False) -> ImportFacts:
    """Apply a list."""
    return apply_list(carrel, facts.public_id, partial=partial, actor=None, now=NOW)


def seat(database: Database, pool: PoolFacts, email: str) -> None:
    """Invite one person."""
    with database.transaction() as session:
        place = Place(AssignmentState.INVITED, NOW + timedelta(days=14))
        seat_one(session, pool.id, Sitter(None, email, email), place, actor=None, now=NOW)


def test_preview_answers_every_row_and_writes_nothing_to_the_pool(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database, 3)
    seat(database, pool, "ann@elm.example.org")
    before = footprint(database, pool)
    facts = taken_in(carrel, pool, FIVE_KINDS)
    assert answers(database, facts.id) == [
        (2, "already"),
        (3, "ok"),
        (4, "invalid"),
        (5, "duplicate"),
        (6, "ok"),
        (7, "no_seat"),
    ]
    assert (facts.ok, facts.already, facts.invalid, facts.duplicate, facts.no_seat) == (
        2,
        1,
        1,
        1,
        1,
    )
    assert (facts.state, facts.rows, facts.fits_whole) == (ImportState.CHECKED, 6, False)
    assert footprint(database, pool) == before


def test_rows_can_be_paged_and_filtered_by_answer(carrel: Carrel, database: Database) -> None:
    facts = taken_in(carrel, a_pool(database, 3), FIVE_KINDS)
    with database.read_session() as session:
        page = rows_of(session, facts.id, answer=Answer.INVALID)
        second = rows_of(session, facts.id, page=2, size=4)
    (row,) = page.items
    assert (page.total, row.line, row.text, row.name) == (1, 4, "not an address", "Joe")
    assert row.sentence == NOT_AN_ADDRESS
    assert (second.total, [one.line for one in second.items]) == (6, [6, 7])


def test_list_is_applied_as_a_whole(carrel: Carrel, database: Database, tmp_path: Path) -> None:
    pool = a_pool(database, 5)
    path = stored(tmp_path, of(4))
    facts = take_in(carrel, path, "staff.csv", pool_id=pool.id, actor=None, now=NOW)
    done = applied(carrel, facts)
    assert (done.state, done.seated, done.applied_at) == (ImportState.APPLIED, 4, NOW)
    assert invited(database, pool) == [f"person{number}@elm.example.org" for number in range(1, 5)]
    assert footprint(database, pool) == (4, 4, 4)


def test_invited_person_has_14_days_and_is_not_emailed_yet(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database)
    applied(carrel, taken_in(carrel, pool, "Jane Doe <Jane@elm.example.org>"))
    with database.read_session() as session:
        one = session.scalars(select(Assignment)).one()
    assert (one.state, one.name, one.email) == (
        AssignmentState.INVITED,
        "Jane Doe",
        "Jane@elm.example.org",
    )
    assert (one.expires_at, one.notified_at, one.login_id) == (NOW + timedelta(days=14), None, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a@elm.example.org\nnonsense\n", "1 invalid"),
        ("a@elm.example.org\nb@elm.example.org\nc@elm.example.org\n", "1 without a seat"),
    ],
)
def test_no_one_is_invited_unless_everyone_can_be(
    carrel: Carrel, database: Database, text: str, why: str
) -> None:
    pool = a_pool(database, 2)
    done = applied(carrel, taken_in(carrel, pool, text))
    assert done.state is ImportState.CHECKED
    assert why in done.failure
    assert footprint(database, pool) == (0, 0, 0)


def test_partial_import_invites_people_in_file_order(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database, 3)
    done = applied(carrel, taken_in(carrel, pool, FIVE_KINDS), partial=True)
    assert (done.state, done.seated, done.no_seat) == (ImportState.APPLIED, 3, 1)
    assert invited(database, pool) == [
        "ann@elm.example.org",
        "jane@elm.example.org",
        "bob@elm.example.org",
    ]


def test_same_list_twice_changes_nothing(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database, 3)
    people = "a@elm.example.org, b@elm.example.org, c@elm.example.org"
    first = applied(carrel, taken_in(carrel, pool, people))
    before = footprint(database, pool)
    again = taken_in(carrel, pool, people)
    second = applied(carrel, again)
    assert (first.seated, again.already, second.seated) == (3, 3, 0)
    assert second.state is ImportState.APPLIED
    assert footprint(database, pool) == before


def test_applying_one_list_twice_changes_nothing(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database)
    facts = taken_in(carrel, pool, "a@elm.example.org")
    assert applied(carrel, facts) == applied(carrel, facts)
    assert footprint(database, pool) == (1, 1, 1)


def test_list_is_checked_again_when_it_is_applied(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database, 2)
    facts = taken_in(carrel, pool, "a@elm.example.org, b@elm.example.org")
    seat(database, pool, "z@elm.example.org")
    refused = applied(carrel, facts)
    assert (refused.state, refused.ok, refused.no_seat) == (ImportState.CHECKED, 1, 1)
    assert invited(database, pool) == ["z@elm.example.org"]


@pytest.mark.parametrize("is_by_merged", [False, True])
def test_person_seated_under_another_address_is_already_there(
    carrel: Carrel, database: Database, is_by_merged: bool
) -> None:
    pool = a_pool(database)
    with database.transaction() as session:
        holder = make_login(session, "jane@elm.example.org")
        merged = make_login(session, "jdoe@elm.example.org")
        merged.merged_into = holder.id
        session.add(
            LoginAlias(
                login_id=holder.id,
                email="j@elm.example.org",
                email_key="j@elm.example.org",
                created_at=NOW,
            )
        )
        session.flush()
        claimer = merged if is_by_merged else holder
        sitter = Sitter(claimer.id, "first@elm.example.org", "first@elm.example.org")
        place = Place(AssignmentState.CLAIMED)
        seat_one(session, pool.id, sitter, place, actor=None, now=NOW)
    facts = taken_in(
        carrel,
        pool,
        "first@elm.example.org, jane@elm.example.org, jdoe@elm.example.org, j@elm.example.org",
    )
    assert (facts.already, facts.ok) == (4, 0)


def test_available_seats_are_filled_first_and_locked_ones_are_not_filled(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database, 4)
    with database.transaction() as session:
        free, locked = (
            Seat(pool_id=pool.id, state=state, created_at=NOW)
            for state in (SeatState.FREE, SeatState.LOCKED)
        )
        count_in(session, pool.id)  # a locked seat counts as used
        session.add_all([free, locked])
        session.flush()
        kept = free.id, locked.id
    applied(carrel, taken_in(carrel, pool, "a@elm.example.org, b@elm.example.org"))
    with database.read_session() as session:
        seats = {one.email: one.seat_id for one in session.scalars(select(Assignment))}
        states = {one.id: one.state for one in session.scalars(select(Seat))}
    assert seats["a@elm.example.org"] == kept[0]
    assert seats["b@elm.example.org"] not in kept
    assert (states[kept[0]], states[kept[1]]) == (SeatState.TAKEN, SeatState.LOCKED)
    assert len(states) == 3


def test_more_available_seats_than_one_batch_are_filled(
    carrel: Carrel, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.seat_imports.bulk_assignment._REUSED_AT_ONCE", 2)
    pool = a_pool(database, 10)
    with database.transaction() as session:
        session.add_all(
            Seat(pool_id=pool.id, state=SeatState.FREE, created_at=NOW) for _ in range(5)
        )
    applied(carrel, taken_in(carrel, pool, of(7).decode()))
    assert footprint(database, pool) == (7, 7, 7)
    assert len(invited(database, pool)) == 7


@pytest.mark.usefixtures("loops_alone")
def test_no_more_seats_are_filled_than_there_are_people(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database, 10)
    with database.transaction() as session:
        session.add_all(
            Seat(pool_id=pool.id, state=SeatState.FREE, created_at=NOW) for _ in range(6)
        )
    applied(carrel, taken_in(carrel, pool, of(2).decode()))
    with database.read_session() as session:
        states = [one.state for one in session.scalars(select(Seat).order_by(Seat.id))]
    assert states == [SeatState.TAKEN] * 2 + [SeatState.FREE] * 4


def test_unlimited_pool_seats_everyone(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database, None)
    assert applied(carrel, taken_in(carrel, pool, of(300).decode())).seated == 300


@pytest.mark.parametrize("ended_for_days", [1, 60])
def test_pool_whose_term_ended_invites_no_one(
    carrel: Carrel, database: Database, ended_for_days: int
) -> None:
    ended = NOW - timedelta(days=ended_for_days)
    pool = a_pool(database, 5, term=Term(ended - timedelta(days=300), ended))
    facts = taken_in(carrel, pool, "a@elm.example.org")
    assert (facts.ok, facts.no_seat) == (0, 1)


def test_invited_person_leaves_the_waitlist(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database)
    with database.transaction() as session:
        session.add(
            WaitingEntry(
                pool_id=pool.id,
                email="a@elm.example.org",
                email_key="a@elm.example.org",
                joined_at=NOW,
            )
        )
    applied(carrel, taken_in(carrel, pool, "a@elm.example.org"))
    with database.read_session() as session:
        assert session.scalars(select(WaitingEntry.ended_as)).one() is WaitingEnd.SEATED


def test_two_lists_applied_at_once_never_oversell(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database, 10)
    lists = [taken_in(carrel, pool, of(10, first).decode()) for first in (1, 6)]
    barrier = Barrier(2)
    done: list[ImportFacts] = []

    def run(facts: ImportFacts) -> None:
        barrier.wait()
        done.append(applied(carrel, facts, partial=True))

    threads = [Thread(target=run, args=(facts,)) for facts in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.state for one in done] == [ImportState.APPLIED] * 2
    assert sum(one.seated for one in done) == 10
    assert footprint(database, pool) == (10, 10, 10)


def test_list_of_another_organization_is_not_found(carrel: Carrel, database: Database) -> None:
    pool, other = a_pool(database), a_pool(database)
    facts = taken_in(carrel, pool, "a@elm.example.org")
    with database.read_session() as session:
        mine = read_import(session, facts.public_id, organization_id=pool.organization_id)
        with pytest.raises(NotFound):
            read_import(session, facts.public_id, organization_id=other.organization_id)
    assert mine == facts


def test_latest_lists_of_a_pool_come_first(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database)
    made = [taken_in(carrel, pool, f"{name}@elm.example.org") for name in "abc"]
    with database.read_session() as session:
        latest = latest_imports(session, [pool.id], limit=2)
    assert latest == (made[2], made[1])


def test_unreadable_file_is_rejected_and_not_stored(
    carrel: Carrel, database: Database, tmp_path: Path
) -> None:
    pool = a_pool(database)
    for data in (b"PK\x03\x04xl/", b"PK\x03\x04xl/" * SMALL_BYTES):
        path = stored(tmp_path, data)
        with pytest.raises(Invalid):
            take_in(carrel, path, "staff.xlsx", pool_id=pool.id, actor=None, now=NOW)
    with database.read_session() as session:
        assert session.scalars(select(SeatImport)).all() == []
    assert list(carrel.storage.list("imports/")) == []


def test_unapplied_list_can_be_discarded(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database)
    facts = taken_in(carrel, pool, "a@elm.example.org")
    with database.transaction() as session:
        imports.discard(session, facts.public_id)
    with database.read_session() as session:
        assert session.scalars(select(SeatImportRow)).all() == []
        with pytest.raises(NotFound):
            find_import(session, facts.public_id)


def test_applied_list_cannot_be_discarded(carrel: Carrel, database: Database) -> None:
    facts = applied(carrel, taken_in(carrel, a_pool(database), "a@elm.example.org"))
    with database.transaction() as session, pytest.raises(Conflict):
        imports.discard(session, facts.public_id)


def test_lists_are_deleted_after_a_month(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database)
    taken_in(carrel, pool, "a@elm.example.org")
    for days, left in ((30, 1), (31, 0)):
        with database.transaction() as session:
            imports.forget_old(session, now=NOW + timedelta(days=days))
            assert len(session.scalars(select(SeatImport)).all()) == left


def test_audit_trail_has_the_list_and_pool_but_no_people(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database)
    facts = applied(carrel, taken_in(carrel, pool, "a@elm.example.org"))
    with database.read_session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "seats.imported")).one()
    assert (entry.subject, entry.detail) == (
        facts.public_id,
        {"pool": pool.public_id, "seats": 1},
    )
