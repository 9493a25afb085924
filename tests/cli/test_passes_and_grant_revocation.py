"""carrel pass add and carrel revoke."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.grants.grants import Target, Term
from lms.models.catalog import Presenter
from lms.models.grants import Grant, OfferKind, Scope
from lms.seats import pools
from lms.seats.pools import NewPoolGrant
from tests.cast import PASS_ENDS, Cast
from tests.cli.command_runner import Shell
from tests.clock import NOW, Clock
from tests.factories import make_series


def test_pass_ends_at_the_end_of_its_anniversary_in_new_york(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    ran = carrel_command(
        "pass", "add", "DAN@example.org", "--everything", "--starts", "2026-10-06T18:00:00Z", "--json"
    )  # fmt: skip
    assert ran.code == 0
    assert ran.answer["starts_at"] == "2026-10-06T18:00:00Z"
    assert ran.answer["ends_at"] == "2027-10-07T04:00:00Z"
    assert (ran.answer["scope"], ran.answer["target"]) == ("everything", None)


def test_pass_renewed_before_its_end_starts_at_that_end(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    renewed = carrel_command("pass", "add", cast.bob.email, "--everything", "--json").answer
    again = carrel_command("pass", "add", cast.bob.email, "--everything", "--json").answer
    assert renewed["starts_at"] == PASS_ENDS.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert again["starts_at"] == renewed["ends_at"]


def test_pass_renewed_after_its_end_starts_now(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    renewed = carrel_command("pass", "add", cast.carol.email, "--everything", "--json").answer
    assert renewed["starts_at"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_pass_of_another_scope_starts_now(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        make_series(session, "first-thursdays")
    made = carrel_command("pass", "add", cast.bob.email, "--series", "first-thursdays", "--json")
    assert made.answer["starts_at"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (made.answer["scope"], made.answer["target"]) == ("series", "first-thursdays")


def test_series_and_presenter_with_the_same_id_are_different_scopes(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        series_id = make_series(session, "first-thursdays").id
        hester = Presenter(slug="hester", name="Hester", created_at=NOW)
        hester.id = series_id
        session.add(hester)
    carrel_command("pass", "add", cast.dan.email, "--series", "first-thursdays")
    made = carrel_command("pass", "add", cast.dan.email, "--presenter", "hester", "--json")
    assert made.answer["starts_at"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_pass_can_cover_one_presenter(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        session.add(Presenter(slug="hester", name="Hester", created_at=NOW))
    assert carrel_command("pass", "add", cast.dan.email, "--presenter", "hester").code == 0
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.dan.id)).one()
    assert line.scope is Scope.PRESENTER


def test_naive_start_needs_a_zone(carrel_command: Shell, cast: Cast, clock: Clock) -> None:
    starts = ("--everything", "--starts", "2026-10-06T14:00")
    assert carrel_command("pass", "add", cast.dan.email, *starts).code == 2
    zoned = carrel_command(
        "pass", "add", cast.dan.email, *starts, "--zone", "America/New_York", "--json"
    )
    assert zoned.answer["starts_at"] == "2026-10-06T18:00:00Z"


@pytest.mark.parametrize("scope", [(), ("--everything", "--series", "any")])
def test_pass_needs_exactly_one_scope(
    carrel_command: Shell, cast: Cast, scope: tuple[str, ...]
) -> None:
    assert carrel_command("pass", "add", cast.dan.email, *scope).code == 2


@pytest.mark.parametrize("scope", [("--series", "none"), ("--presenter", "none")])
def test_unknown_scope_is_not_found(
    carrel_command: Shell, cast: Cast, scope: tuple[str, ...]
) -> None:
    assert carrel_command("pass", "add", cast.dan.email, *scope).code == 3


def test_revoked_grant_gives_no_access_and_its_reason_is_saved(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    grant = carrel_command("grant", cast.dan.email, cast.slug, "--json").answer["grant"]
    clock.advance(timedelta(minutes=1))
    ran = carrel_command("revoke", grant, "--reason", "A double charge", "--refunded", "--json")
    assert ran.code == 0
    assert ran.answer["revoked_as"] == "refunded"
    assert carrel_command("why", cast.dan.email, cast.slug, "--json").answer["code"] == "REFUNDED"
    with database.read_session() as session:
        line = session.scalars(select(Grant).where(Grant.public_id == grant)).one()
    assert line.revoked_reason == "A double charge"
    assert carrel_command("revoke", grant, "--reason", "Once more", "--json").code == 1


def test_grant_revoked_without_a_refund_is_not_called_refunded(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    grant = carrel_command("grant", cast.dan.email, cast.slug, "--json").answer["grant"]
    carrel_command("revoke", grant, "--reason", "Given by mistake")
    assert carrel_command("why", cast.dan.email, cast.slug, "--json").answer["code"] == "REVOKED"


def test_revoking_needs_an_existing_grant_and_a_reason(carrel_command: Shell, cast: Cast) -> None:
    assert carrel_command("revoke", "0" * 26, "--reason", "Why not").code == 3
    assert carrel_command("revoke", "0" * 26).code == 2


def test_grant_of_a_pool_is_revoked_by_the_same_command(
    carrel_command: Shell, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        target = Target(Scope.WEBINAR, cast.webinar_id)
        new = NewPoolGrant(cast.organization_id, target, 3, Term(NOW), OfferKind.GROUP_SEATS)
        pool = pools.sell_seats(session, new, actor=None, now=NOW)
        grant = pools.grants_of(session, pool.id)[0].public_id
    ran = carrel_command("revoke", grant, "--reason", "Never paid", "--json")
    assert (ran.code, ran.answer["revoked_as"]) == (0, "revoked")
    with database.read_session() as session:
        assert pools.find_pool(session, pool.public_id).capacity == 0
        assert session.scalars(select(Grant.revoked_reason).where(Grant.public_id == grant)).one()
