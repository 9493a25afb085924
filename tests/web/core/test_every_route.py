"""Every route, once for everyone who comes by it: what one of the two databases refuses, it refuses here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from lms.app import create_app
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from tests.browser.route_walk import Stop, World, furnish, walk
from tests.conftest import SECRET_KEY
from tests.servers.databases import Databases
from tests.visitor import Visitor
from wsgi import COMPONENTS

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def world(tmp_path: Path, made_databases: Databases, worker_id: str) -> Iterator[World]:
    environ = {
        "CARREL_DATA_DIR": str(tmp_path),
        "CARREL_DATABASE_URL": made_databases.prepared(f"carrel_every_route_{worker_id}"),
        "CARREL_BASE_URL": "http://localhost",
        "CARREL_SECRET_KEY": SECRET_KEY,
    }
    carrel = open_carrel(Settings.from_env(environ))
    yield furnish(carrel, "http://localhost")
    carrel.database.dispose()


def answers(world: World, method: str) -> dict[Stop, int]:
    """Return what each stop of a method answers; a form is sent with nothing in it."""
    app = create_app(world.carrel, COMPONENTS)
    found = {}
    for stop in walk(world, method).stops:
        visitor = Visitor(app)
        login_id = world.logins[stop.who]
        if login_id is not None:
            visitor.sign_in(login_id)
        found[stop] = visitor.open(stop.path, method=method).status_code
    return found


def test_no_page_and_no_empty_form_fails(world: World) -> None:
    with capture_logs() as logs:
        # the pages first: the forms take away what is in them
        pages = answers(world, "GET")
        forms = answers(world, "POST")
    assert len(pages) > 200
    assert {one: got for one, got in pages.items() if got >= 400 and got != one.status} == {}
    assert len(forms) > 200
    assert {one: got for one, got in forms.items() if got >= 500} == {}
    assert [one for one in logs if one["event"] == "request_failed"] == []
