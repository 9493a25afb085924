"""Uploading a large file on the staff page while the server is killed and the page is reloaded.

The file has 60 MB, or CARREL_TEST_UPLOAD_MB.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.core.model_base import new_public_id
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.models.accounts import SellerRole
from lms.models.jobs import Job
from lms.models.recordings import Recording
from lms.recordings.recordings import ENCODE
from tests.browser.conftest import SECRET_KEY
from tests.browser.page_elements import is_done
from tests.browser.person import Person
from tests.browser.recordings.upload_server import House, long_film, share, until_share
from tests.factories import make_login, make_webinar
from tests.servers.databases import Databases
from tests.servers.process import free_port
from tests.servers.s3 import S3Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

SIZE = int(os.environ.get("CARREL_TEST_UPLOAD_MB", "60")) * 1_000_000
TAKES_S = 25
SLUG = "a-long-evening"


@pytest.fixture(params=["local", "s3"])
def house(
    request: pytest.FixtureRequest, tmp_path: Path, made_databases: Databases, worker_id: str
) -> Iterator[House]:
    port, name = free_port(), f"carrel_upload_{request.param}_{worker_id}"
    environ = {
        "CARREL_DATA_DIR": str(tmp_path / "house"),
        "CARREL_DATABASE_URL": made_databases.prepared(name),
        "CARREL_BASE_URL": f"http://127.0.0.1:{port}",
        "CARREL_SECRET_KEY": SECRET_KEY,
    }
    if request.param == "local":
        yield from _house(port, environ, tmp_path)
        made_databases.drop(name)
        return
    server: S3Server = request.getfixturevalue("s3_bucket")
    yield from _house(port, {**environ, **server.settings("house")}, tmp_path)
    made_databases.drop(name)


def _house(port: int, environ: Mapping[str, str], tmp_path: Path) -> Iterator[House]:
    carrel = open_carrel(Settings.from_env(environ))
    made = House(port, environ, carrel, tmp_path / "log")
    made.start()
    try:
        yield made
    finally:
        made.kill()
        carrel.database.dispose()


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "A long evening.mp4"
    long_film(path, SIZE)
    yield path
    path.unlink()


@pytest.fixture
def ada(browser: "Browser", house: House) -> Iterator[Person]:
    with house.carrel.database.transaction() as session:
        make_webinar(session, SLUG)
        ada_id = make_login(
            session,
            f"ada-{new_public_id()[:6]}@example.org",
            name="Ada",
            seller_role=SellerRole.STAFF,
        ).id
    url = f"http://127.0.0.1:{house.port}"
    person = Person.arrive(
        browser, url, house.carrel, ada_id, viewport={"width": 1280, "height": 900}
    )
    person.page.on("dialog", lambda dialog: dialog.accept())
    yield person
    person.leave()


class Line(Protocol):
    """Turns a page's network off and on."""

    def __call__(self, *, is_there: bool) -> None: ...


def send_slowly(page: Page) -> Line:
    """Throttle the page's uploads; returns what turns its network off and on."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": SIZE / TAKES_S}

    def let(*, is_there: bool) -> None:
        session.send("Network.emulateNetworkConditions", {**slow, "offline": not is_there})

    let(is_there=True)
    return let


def test_large_upload_survives_two_server_kills_and_a_reload(
    house: House, ada: Person, talk: Path
) -> None:
    page = ada.page
    page.goto(f"/staff/webinars/{SLUG}")
    send_slowly(page)
    page.get_by_label("Choose files").set_input_files(talk)
    until_share(page, 0.25)

    house.kill()
    expect(page.locator(".upload-line[data-state=retrying]")).to_be_visible(timeout=120_000)
    house.start()
    until_share(page, 0.5)

    page.reload()
    expect(page.get_by_text("Unfinished")).to_be_visible()
    kept = share(page)
    assert kept > 0.25
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="Choose the same file to resume").click()
    asked.value.set_files(talk)
    until_share(page, 0.75)

    house.kill()
    house.start()
    is_done(page, talk.name, within_ms=300_000)

    assert_whole(house, talk)
    assert house.killed == 2


def assert_whole(house: House, talk: Path) -> None:
    with talk.open("rb") as file:
        sent = hashlib.file_digest(file, "sha256").hexdigest()
    with house.carrel.database.read_session() as reading:
        made = reading.scalars(select(Recording)).one()
        assert reading.scalars(select(Job).where(Job.kind == ENCODE)).one()
    with house.carrel.storage.open(made.original_key) as stored:
        kept_sha256 = hashlib.sha256()
        while piece := stored.read(1 << 20):
            kept_sha256.update(piece)
    assert (made.size_bytes, made.sha256, kept_sha256.hexdigest()) == (SIZE, sent, sent)
    assert list(house.carrel.storage.intake.unfinished()) == []
