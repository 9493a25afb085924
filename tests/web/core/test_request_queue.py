"""The queue for concurrent requests: which ones wait, skip the line, or are turned away."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from threading import Event, Thread
from typing import Any

import pytest
from werkzeug.test import Client

from lms.web.core.error_pages import BUSY
from lms.web.core.request_queue import READ_FIRST, TURNED_AWAY, RequestQueue
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.wait_until import PATIENCE_S


class Pages:
    """Pages in which `/slow` blocks until `may_leave` is set."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.entered = Event()
        self.may_leave = Event()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.seen.append(f"{path}{' turned away' if TURNED_AWAY in environ else ''}")
        if path == "/slow":
            self.entered.set()
            assert self.may_leave.wait(PATIENCE_S)
        start("200 OK", [])
        return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]


@pytest.fixture
def pages() -> Iterator[Pages]:
    made = Pages()
    yield made
    made.may_leave.set()


def _ask(room: RequestQueue, path: str) -> Thread:
    asking = Thread(target=Client(room).get, args=(path,))
    asking.start()
    return asking


def test_request_waits_for_a_free_slot_and_is_answered(pages: Pages) -> None:
    room = RequestQueue(pages, places=1)
    slow = _ask(room, "/slow")
    assert pages.entered.wait(PATIENCE_S)
    next_one = _ask(room, "/next")
    next_one.join(0.2)
    assert (next_one.is_alive(), pages.seen) == (True, ["/slow"])
    pages.may_leave.set()
    slow.join()
    next_one.join()
    assert pages.seen == ["/slow", "/next"]


@pytest.mark.parametrize(
    "path", ["/webinars/talk/playback", "/lti/f/secret/playback/token/why", "/transcripts/x"]
)
def test_player_requests_skip_the_queue(pages: Pages, path: str) -> None:
    room = RequestQueue(pages, places=1, players=1, patience_s=0)
    slow = _ask(room, "/slow")
    assert pages.entered.wait(PATIENCE_S)
    Client(room).get(path)
    Client(room).get("/webinars/talk/watch")
    pages.may_leave.set()
    slow.join()
    assert pages.seen == ["/slow", path, "/webinars/talk/watch turned away"]


def test_lms_launches_use_their_own_slots(pages: Pages) -> None:
    room = RequestQueue(pages, places=1, launches=1, patience_s=0)
    slow = _ask(room, "/slow")
    assert pages.entered.wait(PATIENCE_S)
    for path in ("/lti/launch", "/lti/register", "/lti/launched", "/"):
        Client(room).get(path)
    pages.may_leave.set()
    slow.join()
    turned_away = ["/lti/launched turned away", "/ turned away"]
    assert pages.seen == ["/slow", "/lti/launch", "/lti/register", *turned_away]


def test_slot_is_released_after_a_failed_page() -> None:
    def fails(_environ: object, _start: object) -> Iterable[bytes]:
        raise RuntimeError

    room = RequestQueue(fails, places=1, patience_s=0)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            Client(room).get("/")


def test_short_body_is_read_before_a_slot_is_taken(pages: Pages) -> None:
    room = RequestQueue(pages, places=1, patience_s=0)
    sent = BytesIO(b"name=Dan")
    answers: list[bytes] = []

    class Line(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            answers.append(Client(room).get("/meanwhile").data)
            return sent.read(size)

    environ = {"wsgi.input": Line(), "CONTENT_LENGTH": "8", "PATH_INFO": "/form"}
    kept = b"".join(room(environ, lambda *_: lambda _: None))
    assert (kept, pages.seen) == (b"name=Dan", ["/meanwhile", "/form"])


@pytest.mark.parametrize(
    "way",
    [
        {"data": b"x" * (READ_FIRST + 1)},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"environ_overrides": {"CONTENT_LENGTH": "-1"}},
    ],
)
def test_body_that_might_be_long_uses_no_page_slot(pages: Pages, way: dict[str, Any]) -> None:
    room = RequestQueue(pages, places=1, patience_s=0)
    slow = _ask(room, "/slow")
    assert pages.entered.wait(PATIENCE_S)
    Client(room).post("/file", **way)
    Client(room).get("/page")
    pages.may_leave.set()
    slow.join()
    assert pages.seen == ["/slow", "/file", "/page turned away"]


def test_turned_away_visitor_sees_when_to_try_again(client: Visitor) -> None:
    answer = client.get("/webinars", environ_overrides={TURNED_AWAY: True})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert shows(answer.text, BUSY)
    assert client.get("/webinars").status_code == 200
