"""Open every route as each of its audiences, to find what only one of the two databases refuses."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from lxml.html import document_fromstring
from structlog.testing import capture_logs
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from lms.app import create_app
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from tests.browser.route_walk import Stop, World, furnish, walk
from tests.conftest import SECRET_KEY
from tests.servers.databases import Databases
from tests.visitor import Visitor
from wsgi import COMPONENTS

pytestmark = pytest.mark.timeout(900)


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


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was submitted with one of its buttons, and the response status."""

    who: str
    path: str
    button: str
    status: int


class Walkers:
    """The people who open the routes, each signed in."""

    def __init__(self, world: World) -> None:
        self._app = create_app(world.carrel, COMPONENTS)
        self._logins = world.logins
        self._routes = self._app.url_map.bind("localhost")

    def open(self, who: str, path: str, method: str = "GET", **values: Any) -> TestResponse:
        visitor = Visitor(self._app)
        login_id = self._logins[who]
        if login_id is not None:
            visitor.sign_in(login_id)
        return visitor.open(path, method=method, **values)

    def endpoint_of(self, path: str) -> str:
        try:
            return str(self._routes.match(path, method="POST")[0])
        except HTTPException:
            return path


def as_it_is(value: str) -> str:
    return value


def overlong(value: str) -> str:
    """Return overlong text for an empty field; a value that the page set stays the same."""
    return value or "\u0661 <b>'" + "9" * 5000


def forms_sent(
    walkers: Walkers, pages: Mapping[Stop, str], filled: Callable[[str], str]
) -> list[Sent]:
    """Submit the forms of these pages, filled in by `filled`, once per button and person."""
    known, found = set(), []
    for stop, page in pages.items():
        for form in document_fromstring(page).forms if page else ():
            path = urljoin(stop.path, form.action or stop.path)
            buttons = form.xpath(".//button[@name]") or [None]
            if form.method != "POST" or not path.startswith("/"):
                continue
            for button in buttons:
                pressed = () if button is None else ((button.get("name"), button.get("value", "")),)
                key = (stop.who, walkers.endpoint_of(urlsplit(path).path), *pressed)
                if key in known:
                    continue
                known.add(key)
                fields = [(name, filled(value)) for name, value in form.form_values()]
                data = MultiDict([*fields, *pressed])
                status = walkers.open(stop.who, path, "POST", data=data).status_code
                found.append(Sent(stop.who, path, str(pressed), status))
    return found


def test_every_page_and_form_answers_without_an_error(world: World) -> None:
    walkers = Walkers(world)
    with capture_logs() as logs:
        answers = {one: walkers.open(one.who, one.path) for one in walk(world).stops}
        pages = {
            one: got.text if got.mimetype == "text/html" else "" for one, got in answers.items()
        }
        # after the pages, because the forms delete what the pages show
        forms = forms_sent(walkers, pages, overlong) + forms_sent(walkers, pages, as_it_is)
        for one in walk(world, "POST").stops:
            status = walkers.open(one.who, one.path, "POST").status_code
            forms.append(Sent(one.who, one.path, "", status))
    assert len(pages) > 200
    unread = {one: got.status_code for one, got in answers.items() if got.status_code >= 400}
    assert {one: status for one, status in unread.items() if status != one.status} == {}
    assert len(forms) > 800
    assert [one for one in forms if one.status >= 500] == []
    assert [one for one in logs if one["event"] == "request_failed"] == []
