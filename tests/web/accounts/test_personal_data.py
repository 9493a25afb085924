"""A person's own data: downloaded, and deleted after they enter their password."""

import json

import pytest

from lms.core.database import Database
from lms.core.password_hashing_and_rules import hash_password
from lms.models.accounts import Login
from lms.models.organizations import Role
from lms.people.erased_orders import ERASED_NAME
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_membership, make_organization
from tests.sales.order_fixtures import SEAT, placed
from tests.visitor import Visitor

PASSWORD = "a lamp and a carrel"  # noqa: S105  (test data)
FORM = {"present": PASSWORD, "sure": "y"}


@pytest.fixture
def alice(client: Visitor, cast: Cast, clock: Clock, database: Database) -> Visitor:
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).password_hash = hash_password(PASSWORD)
    client.sign_in(cast.alice.id)
    return client


@pytest.mark.parametrize("path", ["/account/data", "/account/data/my-data.json"])
def test_data_pages_require_sign_in(client: Visitor, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert "/sign-in" in answer.location


def test_file_has_only_the_persons_own_data(alice: Visitor, cast: Cast) -> None:
    assert "Your data" in alice.get("/account").text
    answer = alice.get("/account/data/my-data.json")
    kept = json.loads(answer.text)
    assert (kept["name"], kept["email"]) == ("Alice", "alice@example.org")
    assert len(kept["grants"]) == 1
    assert kept["since"].endswith("Z")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "bob@example.org" not in answer.text


def test_file_of_a_buyer_has_the_date_of_their_payment(
    client: Visitor, cast: Cast, database: Database
) -> None:
    placed(database, SEAT)
    client.sign_in(cast.dan.id)
    [paid] = json.loads(client.get("/account/data/my-data.json").text)["payments"]
    assert paid["received_on"] == f"{NOW:%Y-%m-%d}"


def test_deleting_needs_password_and_confirmation_and_signs_out(
    alice: Visitor, cast: Cast, database: Database
) -> None:
    shown = alice.get("/account/data").text
    assert "including permanent access you bought" in shown
    assert "js/accounts/show_password." in shown  # the page has the button that shows the password
    answer = alice.post("/account/data/erase", data=FORM)
    assert answer.status_code == 303
    with database.read_session() as session:
        row = session.get_one(Login, cast.alice.id)
    assert (row.name, row.email, row.password_hash) == (ERASED_NAME, None, None)
    assert alice.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({**FORM, "present": "something else"}, "That isn\u2019t your password."),
        ({"present": PASSWORD}, "Confirm that you understand what will be deleted."),
        ({"sure": "y"}, "Enter your password"),
    ],
)
def test_nothing_is_deleted_without_password_and_confirmation(
    alice: Visitor, cast: Cast, database: Database, form: dict[str, str], sentence: str
) -> None:
    answer = alice.post("/account/data/erase", data=form)
    assert answer.status_code == 400
    assert sentence in answer.text
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).email == "alice@example.org"


def test_staff_account_with_a_role_is_not_deleted(
    client: Visitor, cast: Cast, clock: Clock, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.ada.id).password_hash = hash_password(PASSWORD)
    client.sign_in(cast.ada.id)
    answer = client.post("/account/data/erase", data=FORM)
    assert answer.status_code == 409
    assert "Ask an owner to remove its role first" in answer.text


def test_person_without_a_password_must_set_one_first(
    client: Visitor, cast: Cast, clock: Clock, database: Database
) -> None:
    client.sign_in(cast.dan.id)
    assert "Set a password before you" in client.get("/account/data").text
    assert client.post("/account/data/erase", data=FORM).status_code == 400
    with database.read_session() as session:
        assert session.get_one(Login, cast.dan.id).email == "dan@example.org"


def test_last_owner_must_choose_another_owner_first(
    alice: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        elm = make_organization(session, name="Elm County")
        people = f"/organization/{elm.public_id}/people"
        for person, role in ((cast.alice, Role.OWNER), (cast.bob, Role.MEMBER)):
            login = session.get_one(Login, person.id)
            make_membership(session, elm, login, role=role)
    shown = alice.get("/account/data").text
    assert "Choose another owner first" in shown
    assert f'href="{people}"' in shown
    assert "Delete my account" not in shown
    assert alice.get(people).status_code == 200
    answer = alice.post("/account/data/erase", data=FORM)
    assert answer.status_code == 409
    assert "Choose another owner first" in answer.text
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).email == "alice@example.org"
