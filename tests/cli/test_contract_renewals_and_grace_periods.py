"""carrel pool renew and carrel pool grace."""

from lms.core.database import Database
from lms.models.organizations import Organization
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.contracts.contract_fixtures import END, grace_of, letters, make_contract
from tests.mailbox import newest


def test_contract_is_renewed_from_its_end(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    made = make_contract(database)
    pool = made.home.pool.public_id
    ran = carrel_command(
        "pool", "renew", pool, "--seats", "9", "--ends", "2027-06-10T15:00:00Z", "--json"
    )  # fmt: skip
    assert ran.code == 0
    assert ran.answer["starts_at"] == END.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (ran.answer["seats"], ran.answer["capacity"]) == (9, 4)
    assert letters(database, "contract_renewed") == [("contract_renewed", made.manager)]


def test_renewal_without_a_number_of_seats_is_a_usage_error(
    carrel_command: Shell, database: Database
) -> None:
    pool = make_contract(database).home.pool.public_id
    ran = carrel_command("pool", "renew", pool, "--ends", "2027-06-10T15:00:00Z")
    assert ran.code == 2


def test_unknown_pool_is_not_found(carrel_command: Shell, database: Database) -> None:
    ran = carrel_command(
        "pool", "renew", "none", "--unlimited", "--ends", "2027-06-10T15:00:00Z", "--json"
    )  # fmt: skip
    assert ran.code == 3


def test_grace_period_of_a_contract_is_extended(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    made = make_contract(database)
    ran = carrel_command(
        "pool", "grace", made.home.pool.public_id, "--until", "2026-09-01T00:00:00Z", "--json"
    )  # fmt: skip
    assert ran.code == 0
    [until] = grace_of(database, made.pool_id)
    assert until is not None
    assert until.isoformat() == "2026-09-01T00:00:00+00:00"


def test_managers_are_emailed_the_last_day_in_their_time_zone(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    made = make_contract(database)
    there = "America/Los_Angeles"
    with database.transaction() as session:
        session.get_one(Organization, made.home.organization_id).zone = there
    pool = made.home.pool.public_id
    carrel_command("pool", "grace", pool, "--until", "2026-09-01", "--zone", there)
    extended = newest(database, made.manager, "grace_extended")
    assert "until Monday, August 31, 2026" in extended.subject
    ran = carrel_command(
        "pool", "renew", pool, "--unlimited", "--ends", "2027-07-01", "--zone", there
    )  # fmt: skip
    assert "June 30, 2027" in newest(database, made.manager, "contract_renewed").subject
    assert "June 30, 2027" in ran.out
