"""carrel seats import."""

from pathlib import Path

from sqlalchemy import select

from lms.core.database import Database
from lms.models.seat_imports import SeatImport
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.seat_imports.list_fixtures import a_pool, footprint, invited, of, stored

MIXED = b"""\
E-mail;Name
jane@elm.example.org;Jane
nonsense;Joe
jane@elm.example.org;Jane
bob@elm.example.org;Bob
cid@elm.example.org;Cid
"""


def test_dry_run_reports_problem_rows_and_writes_nothing(
    carrel_command: Shell, database: Database, clock: Clock, tmp_path: Path
) -> None:
    pool = a_pool(database, 2)
    path = str(stored(tmp_path, MIXED))
    ran = carrel_command("seats", "import", pool.public_id, path, "--dry-run", "--json")
    assert ran.code == 0
    assert [(row["line"], row["answer"]) for row in ran.answer["items"]] == [
        (3, "invalid"),
        (4, "duplicate"),
        (6, "no_seat"),
    ]
    assert (ran.answer["rows"], ran.answer["ok"], ran.answer["applied"]) == (5, 2, False)
    assert footprint(database, pool) == (0, 0, 0)
    with database.read_session() as session:
        assert session.scalars(select(SeatImport)).all() == []


def test_list_with_problem_rows_is_not_applied(
    carrel_command: Shell, database: Database, clock: Clock, tmp_path: Path
) -> None:
    pool = a_pool(database, 2)
    path = str(stored(tmp_path, MIXED))
    ran = carrel_command("seats", "import", pool.public_id, path, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "not_applied")
    assert "1 invalid and 1 without a seat" in ran.complaint["message"]
    assert footprint(database, pool) == (0, 0, 0)


def test_valid_rows_are_applied_with_partial(
    carrel_command: Shell, database: Database, clock: Clock, tmp_path: Path
) -> None:
    pool = a_pool(database, 2)
    path = str(stored(tmp_path, MIXED))
    ran = carrel_command("seats", "import", pool.public_id, path, "--partial")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "2 invited.")
    assert "line 3: nonsense: invalid." in ran.out
    assert invited(database, pool) == ["jane@elm.example.org", "bob@elm.example.org"]


def test_importing_the_same_file_twice_changes_nothing(
    carrel_command: Shell, database: Database, clock: Clock, tmp_path: Path
) -> None:
    pool = a_pool(database)
    path = str(stored(tmp_path, of(3)))
    first = carrel_command("seats", "import", pool.public_id, path, "--json").answer
    again = carrel_command("seats", "import", pool.public_id, path, "--json").answer
    assert (first["seated"], again["already"], again["seated"]) == (3, 3, 0)
    assert footprint(database, pool) == (3, 3, 3)


def test_file_that_is_not_a_list_is_refused_with_advice(
    carrel_command: Shell, database: Database, clock: Clock, tmp_path: Path
) -> None:
    pool = a_pool(database)
    path = str(stored(tmp_path, b"PK\x03\x04xl/workbook.xml"))
    ran = carrel_command("seats", "import", pool.public_id, path, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")
    assert "CSV UTF-8" in ran.complaint["message"]


def test_unknown_pool_is_not_found(
    carrel_command: Shell, database: Database, clock: Clock, tmp_path: Path
) -> None:
    path = str(stored(tmp_path, of(1)))
    assert carrel_command("seats", "import", "a" * 26, path).code == 3
