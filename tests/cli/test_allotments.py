"""carrel pool allot, pool take-back and pool allotments."""

from lms.core.database import Database
from lms.models.organizations import Organization
from lms.seats.allotments import TOO_FEW_FREE
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.factories import make_organization
from tests.seats.pool_fixtures import Home, counts, make_home, people, take


def consortium(database: Database, seats: int | None = 10) -> Home:
    """Create seats for a parent of North Branch; Far Library is not a member."""
    home = make_home(database, seats)
    with database.transaction() as session:
        parent = session.get_one(Organization, home.organization_id)
        make_organization(session, "north", name="North Branch").parent_id = parent.id
        make_organization(session, "far", name="Far Library")
    return home


def test_seats_are_allotted_changed_listed_and_moved_back(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    home = consortium(database)
    pool = home.pool.public_id
    ran = carrel_command("pool", "allot", pool, "north", "--seats", "4", "--json")
    assert (ran.code, ran.answer["allotted"], ran.answer["used"]) == (0, 4, 0)
    again = carrel_command("pool", "allot", pool, "north", "--seats", "6")
    assert (again.code, "North Branch has 6 seats, 0 of them in use" in again.out) == (0, True)
    listed = carrel_command("pool", "allotments", pool, "--json").answer["items"]
    assert [(one["organization"], one["allotted"], one["unused"]) for one in listed] == [
        ("North Branch", 6, 6)
    ]
    back = carrel_command("pool", "take-back", pool, "north", "--json")
    assert (back.code, back.answer["taken_back"], back.answer["allotted"]) == (0, 6, 0)
    assert counts(database, home.pool_id) == (0, 10)


def test_allotting_more_seats_than_available_is_refused(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    home = consortium(database, 2)
    for reader in people(database, 1):
        take(database, home.pool_id, reader)
    ran = carrel_command(
        "pool", "allot", home.pool.public_id, "north", "--seats", "2", "--json"
    )  # fmt: skip
    assert ran.code == 1
    assert ran.complaint["message"] == TOO_FEW_FREE
    assert counts(database, home.pool_id) == (1, 2)


def test_only_member_organizations_can_be_allotted_seats(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    pool = consortium(database).pool.public_id
    for child in ("far", "nobody"):
        assert carrel_command("pool", "allot", pool, child, "--seats", "1", "--json").code == 3
        assert carrel_command("pool", "take-back", pool, child, "--json").code == 3
    assert carrel_command("pool", "allot", "0" * 26, "north", "--seats", "1", "--json").code == 3


def test_allotment_needs_a_valid_number_of_seats(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    pool = consortium(database).pool.public_id
    assert carrel_command("pool", "allot", pool, "north").code == 2
    assert carrel_command("pool", "allot", pool, "north", "--unlimited", "--json").code == 1
    assert carrel_command("pool", "allot", pool, "north", "--seats", "-1", "--json").code == 1


def test_unlimited_pool_allots_unlimited_seats(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    pool = consortium(database, None).pool.public_id
    ran = carrel_command("pool", "allot", pool, "north", "--unlimited")
    assert "unlimited seats" in ran.out
