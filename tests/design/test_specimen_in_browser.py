"""The specimen in a real browser: accessible, and within its security policy."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from lms.web.core.security_headers_and_proxies import POLICY
from lms.web.playback.player_csp import PLAYER_POLICY
from tests.design import specimen
from tests.servers.axe import axe_faults, faults_in_both_themes

pytestmark = pytest.mark.browser
PAGES = sorted(path.stem for path in (specimen.HERE / "pages").glob("*.html"))
SHELL_PAGES = [name for name in PAGES if name != "mail"]
NOT_OF_EMAIL = ("landmark-one-main", "region")  # landmarks are for pages
SHIFTS = """window.shifted = 0; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});"""
STAND_INS = """async (text) => {
    const line = document.createElement("span");
    line.textContent = text;
    document.body.append(line);
    const size = (face, family) => {
        line.style.cssText = "position: absolute; white-space: nowrap; line-height: normal;"
            + `font: ${face.style} ${face.weight} 64px ${family}`;
        return [line.offsetWidth, line.offsetHeight];
    };
    const faults = [];
    for (const face of document.fonts) {
        const meant = face.family.match(/ for (Source Serif|Atkinson)/)?.[1];
        if (!meant || !await face.load().catch(() => null)) continue;
        const family = meant === "Atkinson" ? "Atkinson Hyperlegible Next" : "Source Serif 4";
        await document.fonts.load(`${face.style} ${face.weight} 64px "${family}"`);
        const [[wide, high], [width, height]] = [family, face.family.replaceAll('"', "")].map(
            (name) => size(face, `"${name}"`));
        if (Math.abs(width / wide - 1) > 0.015 || Math.abs(height - high) > 2)
            faults.push(`${face.family} ${face.weight}: ${width} x ${height}, not ${wide} x ${high}`);
    }
    return faults;
}"""
TELEPHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


class _Specimen(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        if "mail" not in self.path:
            policy = PLAYER_POLICY if "watch" in self.path else POLICY
            self.send_header("Content-Security-Policy", policy)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place: Path = tmp_path_factory.mktemp("specimen")
    specimen.write(place)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Specimen, directory=str(place))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK, base_url=address)
    yield context.new_page()
    context.close()


def _complaints(page: Page) -> list[str]:
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def test_axe_checks_a_message_after_it_has_faded_in(page: Page) -> None:
    page.set_content(
        "<!doctype html><html lang=en><title>Orders</title><main><h1>Orders</h1>"
        "<style>@keyframes fade { from { opacity: 0.1 } } .new { animation: fade 60s }"
        ".busy { animation: fade 1s infinite }</style>"
        "<p class=new>Order placed.</p><p class=busy>Loading</p></main></html>"
    )
    assert axe_faults(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_fits_a_phone(page: Page, name: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"/{name}.html")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert faults_in_both_themes(page, left_out=NOT_OF_EMAIL if name == "mail" else ()) == []
    page.set_viewport_size(TELEPHONE)
    page.reload()  # its details are collapsed
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]


@pytest.mark.parametrize("name", SHELL_PAGES)
def test_page_obeys_the_content_security_policy(page: Page, name: str) -> None:
    heard = _complaints(page)
    page.goto(f"/{name}.html")
    page.wait_for_timeout(200)
    assert "\n".join(heard) == ""


def test_every_element_of_the_player_obeys_its_policy(page: Page) -> None:
    heard = _complaints(page)
    page.goto("/watch.html")
    source = specimen.ROOT / "lms/static/vendor/media-chrome/all.js"
    page.evaluate(
        """source => {
            const player = document.querySelector("media-controller");
            for (const [, name] of source.matchAll(/customElements\\.define\\("(media-[a-z-]+)"/g)) {
                if (["media-controller", "media-theme"].includes(name)) continue;
                player.insertAdjacentHTML("beforeend", `<${name}></${name}>`);
            }
        }""",
        source.read_text("utf-8"),
    )
    page.wait_for_timeout(200)
    assert "\n".join(heard) == ""


@pytest.mark.parametrize("name", ["catalog", "webinar", "form", "staff"])
def test_late_fonts_cause_no_layout_shift(page: Page, name: str) -> None:
    page.add_init_script(SHIFTS)
    page.route("**/*.woff2", lambda route: (page.wait_for_timeout(400), route.continue_()))
    page.goto(f"/{name}.html")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(200)
    assert page.evaluate("window.shifted") < 0.01


def test_installed_fallback_fonts_match_the_size_of_the_web_fonts(page: Page) -> None:
    page.goto("/webinar.html")
    text = " ".join(page.locator(".prose p, .prose li").all_inner_texts())
    assert page.evaluate(STAND_INS, text) == []


def test_chosen_theme_is_remembered(page: Page) -> None:
    page.goto("/catalog.html")
    page.get_by_role("button", name="Dark").click()
    page.goto("/form.html")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"


def test_slash_focuses_the_search_except_in_a_field(page: Page) -> None:
    page.goto("/form.html")
    page.locator("#overview").press("/")
    assert page.locator("#overview").input_value() == "/"
    page.locator("#overview").blur()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "site-search"


def test_escape_closes_the_account_menu_and_focuses_its_button(page: Page) -> None:
    page.goto("/catalog.html")
    page.locator("[data-menu] > summary").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.get_by_role("button", name="Sign out").is_visible()
    assert page.evaluate("document.activeElement.localName") == "summary"


def test_error_summary_has_focus_and_links_to_the_field(page: Page) -> None:
    page.goto("/form.html")
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    page.get_by_role("link", name="Title: Enter a title.").click()
    assert page.evaluate("document.activeElement.id") == "title"


def test_staff_menu_is_a_drawer_on_a_phone_and_escape_closes_it(page: Page) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto("/staff.html")
    link = page.locator(".rail").get_by_role("link", name="Requests")
    assert not link.is_visible()
    page.get_by_role("button", name="Staff menu").click()
    assert link.is_visible()
    page.keyboard.press("Escape")
    assert not link.is_visible()


def test_script_can_show_a_message_with_undo(page: Page) -> None:
    page.goto("/catalog.html")
    page.evaluate(
        """document.dispatchEvent(new CustomEvent("carrel:toast", {detail: {
            text: "Three people removed.", act: {label: "Undo", run: () => { window.undone = true; }},
        }}))"""
    )
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    assert page.evaluate("window.undone")
    assert page.get_by_text("Three people removed.").count() == 0


def test_form_is_submitted_once(page: Page) -> None:
    sent: list[str] = []
    page.route("**/form.html", lambda route: _keep_posts(route, sent))
    page.goto("/form.html")
    page.evaluate("document.querySelector('form.form button[type=submit]').dataset.here = 'yes'")
    button = page.locator("button[data-here]")
    button.dblclick(no_wait_after=True)
    page.wait_for_timeout(300)
    assert sent == ["POST"]


def test_confirmation_is_above_the_title_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    page = context.new_page()
    page.goto(f"{address}/catalog.html")
    said = page.get_by_text("Your place is saved").bounding_box()
    title = page.get_by_role("heading", name="Webinars", exact=True).bounding_box()
    context.close()
    assert said is not None
    assert title is not None
    assert said["y"] < title["y"]


def _keep_posts(route: object, sent: list[str]) -> None:
    if route.request.method == "POST":  # type: ignore[attr-defined]
        sent.append("POST")  # never answered, as on a slow connection
    else:
        route.continue_()  # type: ignore[attr-defined]
