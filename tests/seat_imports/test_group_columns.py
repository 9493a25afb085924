"""Departments and branches of a staff list: groups, for current and for invited people."""

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.training import TrainingGroup, TrainingGroupInvitee
from lms.seat_imports import group_columns
from lms.seat_imports.group_columns import ListedGroup, read_listed_groups
from lms.seat_imports.jobs import apply_list, take_in_pasted
from lms.seat_imports.read_models import ImportFacts
from lms.seats import claims
from lms.seats.pools import PoolFacts
from lms.training.groups import list_groups
from lms.training.listed_groups import KEPT, admit_invited
from tests.clock import NOW
from tests.factories import make_login
from tests.seat_imports.list_fixtures import a_pool, footprint

STAFF = """\
Email,Department,Branch
ann@elm.example.org,Reference,Main
bob@elm.example.org,reference,
cid@elm.example.org,,Main
not an address,Circulation,
"""


def taken_in(carrel: Carrel, pool: PoolFacts, text: str = STAFF) -> ImportFacts:
    return take_in_pasted(carrel, text, pool_id=pool.id, actor=None, now=NOW)


def applied(carrel: Carrel, facts: ImportFacts) -> ImportFacts:
    return apply_list(carrel, facts.public_id, partial=True, actor=None, now=NOW)


def groups(database: Database, pool: PoolFacts) -> dict[str, int]:
    """Return the groups of the pool's organization, and how many people are in each."""
    with database.read_session() as session:
        found = list_groups(session, pool.organization_id)
    return {one.name: one.people for one in found}


def claim(database: Database, pool: PoolFacts, address: str) -> None:
    with database.transaction() as session:
        login = make_login(session, address)
        claims.claim(session, pool.id, login.id, actor=None, now=NOW)


def awaited(database: Database) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(TrainingGroupInvitee)) or 0


def test_preview_counts_the_people_of_each_group_and_creates_none(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database)
    facts = taken_in(carrel, pool)
    with database.read_session() as session:
        assert read_listed_groups(session, facts.id) == (
            ListedGroup("Main", 2),
            ListedGroup("Reference", 1),
            ListedGroup("reference", 1),
        )
    assert groups(database, pool) == {}


def test_people_join_their_groups_when_they_claim_their_seats(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database)
    applied(carrel, taken_in(carrel, pool))
    assert groups(database, pool) == {"Main": 0, "Reference": 0}
    claim(database, pool, "ann@elm.example.org")
    with database.transaction() as session:
        admit_invited(session, now=NOW)
    assert groups(database, pool) == {"Main": 1, "Reference": 1}
    assert awaited(database) == 2


def test_people_with_a_seat_join_at_once_and_reimporting_changes_nothing(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database)
    for address in ("ann@elm.example.org", "bob@elm.example.org", "cid@elm.example.org"):
        claim(database, pool, address)
    for _ in range(2):
        applied(carrel, taken_in(carrel, pool))
        assert groups(database, pool) == {"Main": 2, "Reference": 2}
        assert footprint(database, pool) == (3, 3, 3)
        assert awaited(database) == 0


def test_people_without_a_seat_join_no_group(carrel: Carrel, database: Database) -> None:
    pool = a_pool(database, 1)
    applied(carrel, taken_in(carrel, pool))
    assert groups(database, pool) == {"Main": 0, "Reference": 0}
    assert awaited(database) == 2


def test_column_with_too_many_values_creates_no_groups(
    carrel: Carrel, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_columns, "MOST_GROUPS", 1)
    pool = a_pool(database)
    assert applied(carrel, taken_in(carrel, pool)).seated == 3
    assert groups(database, pool) == {}


def test_existing_group_is_found_in_any_case_and_addresses_are_later_deleted(
    carrel: Carrel, database: Database
) -> None:
    pool = a_pool(database)
    with database.transaction() as session:
        session.add(
            TrainingGroup(organization_id=pool.organization_id, name="MAIN", created_at=NOW)
        )
    applied(carrel, taken_in(carrel, pool))
    assert set(groups(database, pool)) == {"MAIN", "Reference"}
    assert awaited(database) == 4
    with database.transaction() as session:
        admit_invited(session, now=NOW + 2 * KEPT)
    assert awaited(database) == 0
