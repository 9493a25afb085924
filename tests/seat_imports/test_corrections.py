"""Correcting rows of a staff list by hand: before it is applied, and afterward."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import NotFound
from lms.core.runtime import Carrel
from lms.models.seat_imports import Answer, ImportState
from lms.models.seats import AssignmentEnd, Seat
from lms.seat_imports.corrections import Correction, correct
from lms.seat_imports.jobs import apply_list, take_in_pasted
from lms.seat_imports.read_models import ImportFacts, find_import, rows_left_out, rows_of
from lms.seats.claims import release
from lms.seats.pools import PoolFacts
from tests.clock import NOW
from tests.seat_imports.list_fixtures import a_pool, answers, invited
from tests.seats.pool_fixtures import LINKS

FAULTY = "Email,Name\nann@elm.example.org,Ann\nbob at elm,Bob\n,Cid\n"


def taken_in(carrel: Carrel, pool: PoolFacts, text: str = FAULTY) -> ImportFacts:
    return take_in_pasted(carrel, text, pool_id=pool.id, actor=None, now=NOW)


def corrected(database: Database, facts: ImportFacts, said: dict[int, Correction]) -> int:
    with database.transaction() as session:
        return correct(session, facts.public_id, said, now=NOW)


def test_corrected_row_gets_a_seat_and_the_others_stay(carrel: Carrel, database: Database) -> None:
    facts = taken_in(carrel, a_pool(database))
    said = {2: Correction("bob@elm.example.org", "Bob Reed"), 3: Correction("still wrong", "Cid")}
    assert corrected(database, facts, said) == 1
    assert answers(database, facts.id) == [(2, "ok"), (3, "ok"), (4, "invalid")]
    with database.read_session() as session:
        now = find_import(session, facts.public_id)
        [bob] = [one for one in rows_of(session, facts.id).items if one.line == 3]
        [left] = rows_left_out(session, facts.id)
    assert (now.ok, now.invalid, now.state) == (2, 1, ImportState.CHECKED)
    assert (bob.text, bob.name) == ("bob@elm.example.org", "Bob Reed")
    assert (left.text, left.answer) == ("still wrong", Answer.INVALID)


def test_corrected_row_cannot_repeat_a_person_or_exceed_the_seats(
    carrel: Carrel, database: Database
) -> None:
    facts = taken_in(carrel, a_pool(database, 1))
    said = {2: Correction("ANN@elm.example.org", ""), 3: Correction("cid@elm.example.org", "")}
    assert corrected(database, facts, said) == 2
    assert answers(database, facts.id) == [(2, "ok"), (3, "duplicate"), (4, "no_seat")]


def test_row_corrected_with_a_blank_address_keeps_its_original_text(
    carrel: Carrel, database: Database
) -> None:
    facts = taken_in(carrel, a_pool(database), "Email,Name,Department\n,Cid,Reference\n")
    with database.read_session() as session:
        [before] = rows_left_out(session, facts.id)
    assert corrected(database, facts, {1: Correction(" ", "Cid Reed")}) == 0
    with database.read_session() as session:
        [after] = rows_left_out(session, facts.id)
    assert before.text == after.text == "Cid, Reference"
    assert after.name == "Cid Reed"


def test_valid_rows_are_not_changed(carrel: Carrel, database: Database) -> None:
    facts = taken_in(carrel, a_pool(database))
    assert corrected(database, facts, {1: Correction("eve@elm.example.org", "Eve")}) == 0
    assert answers(database, facts.id)[0] == (2, "ok")
    with database.transaction() as session, pytest.raises(NotFound):
        correct(session, "a" * 26, {}, now=NOW)


def test_people_removed_after_the_list_was_applied_are_not_invited_again(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database)
    facts = taken_in(carrel, pool)
    apply_list(carrel, facts.public_id, partial=True, actor=None, now=NOW)
    with database.transaction() as session:
        seat = session.scalars(select(Seat.public_id).where(Seat.pool_id == pool.id)).one()
        release(session, seat, AssignmentEnd.REMOVED, links=LINKS, actor=None, now=NOW)
    assert corrected(database, facts, {2: Correction("still wrong", "")}) == 0
    assert answers(database, facts.id)[0] == (2, "ok")
    corrected(database, facts, {2: Correction("bob@elm.example.org", "")})
    apply_list(carrel, facts.public_id, partial=True, actor=None, now=NOW)
    assert invited(database, pool) == ["bob@elm.example.org"]


def test_people_corrected_after_the_list_was_applied_are_invited_too(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database)
    facts = taken_in(carrel, pool)

    def apply() -> ImportFacts:
        return apply_list(carrel, facts.public_id, partial=True, actor=None, now=NOW)

    assert apply().seated == 1
    assert corrected(database, facts, {2: Correction("bob@elm.example.org", "")}) == 1
    assert answers(database, facts.id) == [(2, "already"), (3, "ok"), (4, "invalid")]
    assert apply().seated == 2
    assert invited(database, pool) == ["ann@elm.example.org", "bob@elm.example.org"]
