"""The staff page that extends a contract's grace period."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.grants.grants import Term
from lms.models.audit import AuditEntry
from lms.models.organizations import Organization
from lms.models.seats import AssignmentState
from lms.seats import pools
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.contracts.contract_fixtures import DAY, END, Contract, grace_of, make_contract
from tests.sales.order_fixtures import placed
from tests.sales.test_payer_and_holder import ELM as PASS_FOR_ELM
from tests.sales.test_payer_and_holder import pool_of
from tests.seats.pool_fixtures import people, settle_at, states, take_seat
from tests.visitor import Visitor


@pytest.fixture
def made(database: Database, cast: Cast, clock: Clock) -> Contract:
    clock.set(NOW)
    return make_contract(database)


@pytest.fixture
def path(made: Contract, database: Database) -> str:
    with database.read_session() as session:
        slug = session.get_one(Organization, made.home.organization_id).slug
    return f"/staff/organizations/{slug}/pools/{made.home.pool.public_id}/grace"


def last_moment_in_new_york(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 4, tzinfo=UTC)  # midnight in daylight saving time


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_open_the_page(client: Visitor, cast: Cast, path: str, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get(path).status_code == 404
    assert client.post(path, data={"until": "2026-11-01"}).status_code == 404


def test_staff_extend_the_grace_period_to_the_end_of_a_local_day(
    client: Visitor, cast: Cast, database: Database, made: Contract, path: str
) -> None:
    client.sign_in(cast.ada.id)
    assert client.get(path).status_code == 200
    answer = client.post(path, data={"until": "2026-10-20"})
    assert (answer.status_code, answer.location) == (303, path.partition("/pools/")[0])
    assert grace_of(database, made.pool_id) == [last_moment_in_new_york(2026, 10, 21)]


def test_ended_grace_period_is_shown_as_ended(
    client: Visitor, cast: Cast, clock: Clock, path: str
) -> None:
    client.sign_in(cast.ada.id)
    assert "The contract ends" in client.get(path).text
    clock.set(END + 15 * DAY)
    client.sign_in(cast.ada.id)
    page = client.get(path).text
    assert "The contract ended" in page
    assert "The grace period has ended" in page


def test_extension_is_audited(client: Visitor, cast: Cast, database: Database, path: str) -> None:
    client.sign_in(cast.ada.id)
    client.post(path, data={"until": "2026-10-20"})
    with database.read_session() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "grant.grace_extended")
        ).one()
    assert (entry.actor, entry.detail) == (
        cast.ada.public_id,
        {"until": "2026-10-21T04:00:00+00:00"},
    )
    page = client.get(path).text
    assert "October 20, 2026, extended by staff" in page
    assert cast.ada.name in page.partition("Earlier extensions")[2]
    trail = client.get("/staff/audit?act=grant.grace_extended").text
    assert "extended the grace period of" in trail


def test_extension_restores_lost_seats(
    client: Visitor, cast: Cast, database: Database, clock: Clock, made: Contract, path: str
) -> None:
    [pat] = people(database, 1)
    take_seat(database, made.pool_id, pat)
    after = END + 20 * DAY
    settle_at(database, made.pool_id, after)
    assert states(database, made.pool_id) == {pat: AssignmentState.FROZEN}
    clock.set(after)
    client.sign_in(cast.ada.id)
    assert "The grace period has ended" in client.get(path).text
    day = (after + 30 * DAY).date().isoformat()
    assert client.post(path, data={"until": day}).status_code == 303
    assert states(database, made.pool_id) == {pat: AssignmentState.CLAIMED}


@pytest.mark.parametrize("day", ["", "soon", "2026-02-01", "2029-01-01", "9999-12-31"])
def test_date_too_early_or_late_shows_an_error_at_its_field(
    client: Visitor, cast: Cast, database: Database, made: Contract, path: str, day: str
) -> None:
    before = grace_of(database, made.pool_id)
    client.sign_in(cast.ada.id)
    answer = client.post(path, data={"until": day})
    assert answer.status_code == 400
    assert 'id="until-error"' in answer.text
    assert grace_of(database, made.pool_id) == before


def test_organization_page_links_to_the_grace_period_page(
    client: Visitor, cast: Cast, path: str
) -> None:
    client.sign_in(cast.ada.id)
    page = client.get(path.partition("/pools/")[0]).text
    assert f'href="{path}"' in page
    assert "Grace period until" in page


def test_permanent_seats_have_no_grace_page(
    client: Visitor, cast: Cast, database: Database, path: str
) -> None:
    made = make_contract(database, term=Term(NOW))
    with database.read_session() as session:
        slug = session.get_one(Organization, made.home.organization_id).slug
    client.sign_in(cast.ada.id)
    other = f"/staff/organizations/{slug}/pools/{made.home.pool.public_id}/grace"
    assert client.get(other).status_code == 404
    foreign = f"/staff/organizations/{slug}/pools/{path.split('/')[-2]}/grace"
    assert client.get(foreign).status_code == 404


def test_a_pass_has_no_grace_page(staff: Visitor, cast: Cast, database: Database) -> None:
    pool_id = pool_of(database, placed(database, PASS_FOR_ELM))
    with database.read_session() as session:
        pool = pools.read_pool(session, pool_id).public_id
    assert staff.get(f"/staff/organizations/elm-county/pools/{pool}/grace").status_code == 404
    page = staff.get("/staff/organizations/elm-county").text
    assert "Pass, 1 seat" in page
    assert "Extend the grace period" not in page
