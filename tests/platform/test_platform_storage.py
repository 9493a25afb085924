"""Platform storage is available only to the tool's own frame and origin."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.platform.product_quirks import CANVAS, MOODLE, PLAIN, Habits

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame

pytestmark = pytest.mark.browser

TELL = """\
([message, frame]) => new Promise((resolve) => {
  const to = frame ? window.parent.frames[frame] : window.parent;
  addEventListener("message", (event) => resolve({ ...event.data, from: event.origin }));
  to.postMessage({ message_id: "1", ...message }, "*");
  setTimeout(() => resolve("silence"), 700);
})
"""
KEPT: dict[str, Any] = {"subject": "lti.put_data", "key": "state", "value": "a secret"}
ASKED: dict[str, Any] = {"subject": "lti.get_data", "key": "state"}


@pytest.fixture(scope="module")
def tool_url() -> Iterator[str]:
    """Serve a separate site with one empty page; yield its URL."""
    app = Flask("tool")

    @app.route("/<path:anything>", methods=["GET", "POST"])
    def page(anything: str) -> str:
        return "<title>A tool</title>"

    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


def framed(browser: "Browser", platform: Platform, tool_url: str, seen: str = "") -> "Frame":
    """Open a link and return its frame; `seen` registers another origin for the tool."""
    tool = platform.register(
        login_url=f"{tool_url}/login",
        redirect_uris=[f"{seen or tool_url}/launch"],
        launch_url=f"{seen or tool_url}/launch",
        jwks={"keys": []},
    )
    link = platform.link(tool)
    page = browser.new_page()
    page.goto(platform.url)
    page.locator(f"form[action='/become/{platform.course.learners[0].id}'] button").click()
    page.goto(f"{platform.url}/links/{link.id}")
    page.frame_locator("iframe[data-tool]").locator("title").wait_for(state="attached")
    frame = page.frame(name="tool")
    assert frame is not None
    return frame


@pytest.mark.parametrize(("habits", "target"), [(PLAIN, None), (CANVAS, "post_message_forwarding")])
def test_stored_value_is_returned_to_the_same_origin(
    browser, tool_url, habits: Habits, target
) -> None:
    with running_platform(habits=habits) as platform:
        frame = framed(browser, platform, tool_url)
        told = frame.evaluate(TELL, [{"subject": "lti.capabilities"}, None])
        put = [one for one in told["supported_messages"] if one["subject"] == "lti.put_data"]
        assert put == [{"subject": "lti.put_data", **({"frame": target} if target else {})}]
        put_answer = frame.evaluate(TELL, [KEPT, target])
        assert put_answer["subject"] == "lti.put_data.response"
        assert frame.evaluate(TELL, [ASKED, target])["value"] == "a secret"
        assert put_answer["from"] == platform.url


def test_message_to_the_wrong_frame_is_refused(browser, tool_url) -> None:
    with running_platform(habits=CANVAS) as platform:
        frame = framed(browser, platform, tool_url)
        assert frame.evaluate(TELL, [KEPT, None])["error"]["code"] == "bad_request"


def test_platform_without_storage_says_so(browser, tool_url) -> None:
    with running_platform(habits=MOODLE) as platform:
        frame = framed(browser, platform, tool_url)
        told = frame.evaluate(TELL, [{"subject": "lti.capabilities"}, None])
        assert "lti.put_data" not in str(told)
        assert frame.evaluate(TELL, [KEPT, None])["error"]["code"] == "unsupported_subject"


def test_another_origin_gets_no_answer(browser, tool_url, tmp_path: Path) -> None:
    with running_platform() as platform:
        frame = framed(browser, platform, tool_url)
        page = frame.page
        page.evaluate(
            "url => { const other = document.createElement('iframe'); other.name = 'other';"
            " other.src = url; document.body.append(other); }",
            f"{tool_url}/page",
        )
        page.frame_locator("iframe[name=other]").locator("title").wait_for(state="attached")
        stranger = page.frame(name="other")
        assert stranger.evaluate(TELL, [KEPT, None]) == "silence"


def test_frame_resizes_and_closes_at_the_tools_request(browser, tool_url) -> None:
    with running_platform() as platform:
        frame = framed(browser, platform, tool_url)
        page = frame.page
        frame.evaluate(TELL, [{"subject": "lti.frameResize", "height": 1234}, None])
        assert page.locator("iframe[data-tool]").evaluate("one => one.style.height") == "1234px"
        frame.evaluate("() => parent.postMessage({ subject: 'org.imsglobal.lti.close' }, '*')")
        page.wait_for_url(f"{platform.url}/courses/{platform.course.id}")
