"""Sign-in with other addresses and merged logins of one person; strangers learn nothing."""

import pytest
from sqlalchemy import select

from lms.accounts import email_aliases
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.models.accounts import Login, SellerRole, SignIn
from lms.people import login_merges, team
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import (
    PASSWORD,
    give_password,
    letters,
    link_in,
    newest,
    without_form_token,
)
from tests.visitor import Visitor

FURTHER = "alice@other.example"
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def known(database: Database, cast: Cast) -> None:
    """Give Alice another address, and merge Bob's login into hers; both had passwords."""
    give_password(database, cast.alice.id)
    give_password(database, cast.bob.id)
    with database.transaction() as session:
        email_aliases.add_alias(session, cast.alice.id, read_address(FURTHER), actor=None, now=NOW)
        login_merges.merge(
            session,
            kept=cast.alice.public_id,
            merged=cast.bob.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )


def _try(client: Visitor, email: str, password: str) -> int:
    answer = client.post("/sign-in", data={"email": email, "password": password})
    return answer.status_code


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("email", [FURTHER, "bob@example.org", "alice@example.org"])
def test_every_address_refuses_a_wrong_password(client: Visitor, email: str) -> None:
    assert _try(client, email, "wrong wrong wrong") == 400


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("email", [FURTHER, "bob@example.org", "alice@example.org"])
def test_every_address_signs_in_to_the_same_account(
    client: Visitor, database: Database, cast: Cast, email: str
) -> None:
    assert _try(client, email, PASSWORD) == 303
    with database.read_session() as session:
        assert session.scalars(select(SignIn.login_id)).one() == cast.alice.id
    assert cast.alice.email in client.get("/account").text


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("email", "status"), [(FURTHER, 400), ("bob@example.org", 400), ("alice@example.org", 303)]
)
def test_staff_account_accepts_only_its_own_address(
    client: Visitor, database: Database, cast: Cast, email: str, status: int
) -> None:
    """The other addresses might be another person's (docs/roles.md)."""
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).seller_role = SellerRole.STAFF
    assert _try(client, email, PASSWORD) == status


@pytest.mark.usefixtures("known")
def test_new_team_member_can_sign_in_with_a_new_password(
    client: Visitor, database: Database, cast: Cast
) -> None:
    own = cast.alice.email
    with database.transaction() as session:
        team.set_role(
            session, cast.alice.public_id, SellerRole.STAFF, actor=cast.ada.public_id, now=NOW
        )
    assert _try(client, own, PASSWORD) == 400
    assert own in newest(database, own, "password_removed").text
    client.post("/forgotten-password", data={"email": own})
    link = link_in(newest(database, own, "reset_password"))
    assert client.post(link, data={"password": "another quiet corner"}).status_code == 303
    assert _try(client, own, "another quiet corner") == 303
    assert client.get("/staff").status_code == 200


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("path", ["/sign-in/code", "/forgotten-password", "/sign-up"])
def test_pages_are_the_same_for_every_address(
    client: Visitor, database: Database, path: str
) -> None:
    pages = set()
    for email in (FURTHER, "bob@example.org", "alice@example.org", "nobody@other.example"):
        answer = client.post(path, data={"email": email}, follow_redirects=True)
        pages.add(without_form_token(answer.text).replace(email, "ADDRESS"))
        assert letters(database, email)
    assert len(pages) == 1
