"""An account that a copied claim link made: its address is not confirmed (PRODUCT.md, S13)."""

import pytest

from lms.accounts import accounts
from lms.accounts.accounts import NewLogin
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict
from lms.models.accounts import Login
from tests.cast import Cast
from tests.clock import NOW

PAT = read_address("pat@elm.example")
NEW = NewLogin(PAT, "Pat", password_hash="hash")


def begin(database: Database) -> int:
    with database.transaction() as session:
        return accounts.add_unproven(session, NEW, now=NOW).id


def test_address_with_a_password_or_an_account_is_refused(database: Database, cast: Cast) -> None:
    begin(database)
    for address in (PAT, read_address(cast.dan.email)):
        with pytest.raises(Conflict), database.transaction() as session:
            accounts.add_unproven(session, NewLogin(address, "X", password_hash="h"), now=NOW)


def test_begun_account_without_a_password_is_taken_over(database: Database) -> None:
    with database.transaction() as session:
        accounts.add_unconfirmed(session, PAT, now=NOW)
    login_id = begin(database)
    with database.read_session() as session:
        login = session.get_one(Login, login_id)
    assert (login.name, login.password_hash, login.confirmed_at) == ("Pat", "hash", None)


def test_who_proves_the_address_elsewhere_has_what_was_claimed(
    database: Database, cast: Cast
) -> None:
    login_id = begin(database)
    with database.transaction() as session:
        accounts.give_up_unproven(session, login_id, to=cast.dan.id, now=NOW)
    with database.read_session() as session:
        login = session.get_one(Login, login_id)
    assert (login.email, login.password_hash, login.merged_into) == (None, None, cast.dan.id)


def test_confirmed_account_is_never_given_up(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        accounts.give_up_unproven(session, cast.dan.id, to=cast.alice.id, now=NOW)
    with database.read_session() as session:
        assert session.get_one(Login, cast.dan.id).merged_into is None
