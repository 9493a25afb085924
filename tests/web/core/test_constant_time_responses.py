"""No clock tells whether an address is known: pages that could say so answer at whole steps of time."""

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
    """Hold the block to have taken a step of time at least."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began >= constant_time_responses.STEP_S


@pytest.fixture(autouse=True)
def _una(database: Database, cast: Cast) -> None:
    """Una's account waits for its confirmation."""
    with database.transaction() as session:
        make_login(session, "una@example.org").confirmed_at = None


@pytest.mark.parametrize("path", ["/forgotten-password", "/sign-in/code", "/sign-up"])
@pytest.mark.parametrize("email", [*EVERY_KIND, "no address"])
def test_who_asks_for_a_letter_waits_as_long_for_every_address(
    client: Visitor, path: str, email: str
) -> None:
    with a_whole_step():
        client.post(path, data={"email": email})


@pytest.mark.parametrize("email", EVERY_KIND)
def test_a_failed_try_takes_as_long_for_every_address(client: Visitor, email: str) -> None:
    with a_whole_step():
        client.post("/sign-in", data={"email": email, "password": "wrong wrong wrong"})


@pytest.mark.parametrize("email", EVERY_KIND)
def test_a_wrong_code_takes_as_long_for_every_address(client: Visitor, email: str) -> None:
    client.post("/sign-in/code", data={"email": email})
    with a_whole_step():
        client.post("/sign-in/code/enter", data={"code": "12345678"})


@pytest.mark.parametrize("page", ["email", "recovery"])
@pytest.mark.parametrize("email", EVERY_KIND)
def test_a_new_address_of_an_account_takes_as_long_whoever_has_it(
    client: Visitor, database: Database, cast: Cast, page: str, email: str
) -> None:
    give_password(database, cast.bob.id)
    client.sign_in(cast.bob.id)
    with a_whole_step():
        client.post(f"/account/{page}", data={"email": email, "present": PASSWORD})


@pytest.mark.parametrize("email", EVERY_KIND)
def test_a_colleague_is_asked_in_as_long_whoever_it_is(
    client: Visitor, database: Database, cast: Cast, email: str
) -> None:
    client.sign_in(cast.mia.id)
    area = client.get("/organization").headers["Location"]
    with a_whole_step():
        client.post(f"{area}/members", data={"email": email, "role": "manager"})


def test_what_takes_longer_than_a_step_waits_for_the_next() -> None:
    @constant_time_responses.evenly
    def slow() -> str:
        time.sleep(constant_time_responses.STEP_S * 1.1)
        return ""

    began = time.monotonic()
    slow()
    assert time.monotonic() - began >= 2 * constant_time_responses.STEP_S
