"""One person with several addresses or logins comes in by any of them, and strangers learn nothing."""

import pytest
from sqlalchemy import select

from lms.accounts import email_aliases
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.models.accounts import SignIn
from lms.people import login_merges
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import PASSWORD, give_password, letters, without_form_token
from tests.visitor import Visitor

FURTHER = "alice@other.example"
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def known(database: Database, cast: Cast) -> None:
    """Alice has a further address, and Bob's login was merged into hers; both had passwords."""
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
def test_nobody_comes_in_by_any_of_them_with_a_wrong_password(client: Visitor, email: str) -> None:
    assert _try(client, email, "wrong wrong wrong") == 400


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("email", [FURTHER, "bob@example.org", "alice@example.org"])
def test_each_address_with_its_password_opens_the_one_login(
    client: Visitor, database: Database, cast: Cast, email: str
) -> None:
    assert _try(client, email, PASSWORD) == 303
    with database.read_session() as session:
        assert session.scalars(select(SignIn.login_id)).one() == cast.alice.id
    assert cast.alice.email in client.get("/account").text


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("path", ["/sign-in/code", "/forgotten-password", "/sign-up"])
def test_a_stranger_sees_the_same_page_for_every_address(
    client: Visitor, database: Database, path: str
) -> None:
    pages = set()
    for email in (FURTHER, "bob@example.org", "alice@example.org", "nobody@other.example"):
        answer = client.post(path, data={"email": email}, follow_redirects=True)
        pages.add(without_form_token(answer.text).replace(email, "ADDRESS"))
        assert letters(database, email)
    assert len(pages) == 1
