"""Response times don't reveal known addresses: sensitive pages answer after whole time steps."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lms.core.database import Database
from lms.web.core import constant_time_responses
from tests.cast import Cast
from tests.factories import make_login
from tests.mailbox import PASSWORD, give_password
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("slow_sign_ins")

EVERY_KIND = ["alice@example.org", "una@example.org", "nobody@example.org"]


@contextmanager
def a_whole_step() -> Iterator[None]:
    """Assert that the block takes at least one time step."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began >= constant_time_responses.STEP_S


@pytest.fixture(autouse=True)
def _una(database: Database, cast: Cast) -> None:
    """Add Una, whose account isn't confirmed yet."""
    with database.transaction() as session:
        make_login(session, "una@example.org").confirmed_at = None


@pytest.mark.parametrize("path", ["/forgotten-password", "/sign-in/code", "/sign-up"])
@pytest.mark.parametrize("email", [*EVERY_KIND, "no address"])
def test_email_request_takes_a_whole_step_for_every_address(
    client: Visitor, path: str, email: str
) -> None:
    with a_whole_step():
        client.post(path, data={"email": email})


@pytest.mark.parametrize("email", EVERY_KIND)
def test_failed_sign_in_takes_a_whole_step_for_every_address(client: Visitor, email: str) -> None:
    with a_whole_step():
        client.post("/sign-in", data={"email": email, "password": "wrong wrong wrong"})


@pytest.mark.parametrize("email", EVERY_KIND)
def test_wrong_code_takes_a_whole_step_for_every_address(client: Visitor, email: str) -> None:
    client.post("/sign-in/code", data={"email": email})
    with a_whole_step():
        client.post("/sign-in/code/enter", data={"code": "12345678"})


@pytest.mark.parametrize("page", ["email", "recovery"])
@pytest.mark.parametrize("email", EVERY_KIND)
def test_address_change_takes_a_whole_step_for_every_address(
    client: Visitor, database: Database, cast: Cast, page: str, email: str
) -> None:
    give_password(database, cast.bob.id)
    client.sign_in(cast.bob.id)
    with a_whole_step():
        client.post(f"/account/{page}", data={"email": email, "present": PASSWORD})


@pytest.mark.parametrize("email", EVERY_KIND)
def test_member_invitation_takes_a_whole_step_for_every_address(
    client: Visitor, database: Database, cast: Cast, email: str
) -> None:
    client.sign_in(cast.mia.id)
    area = client.get("/organization").headers["Location"]
    with a_whole_step():
        client.post(f"{area}/members", data={"email": email, "role": "manager"})


def test_response_longer_than_a_step_waits_for_the_next_step() -> None:
    @constant_time_responses.evenly
    def slow() -> str:
        time.sleep(constant_time_responses.STEP_S * 1.1)
        return ""

    began = time.monotonic()
    slow()
    assert time.monotonic() - began >= 2 * constant_time_responses.STEP_S
