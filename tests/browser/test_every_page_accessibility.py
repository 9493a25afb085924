"""Every page, by route: checked by axe and walked through with the Tab key.

Each page is checked in light and dark, at phone, tablet, and desktop widths, and as in
`page_adaptation.py`: narrow, with large text, wide spacing, forced colors, and no motion. A new
route is checked once `route_walk.py` has values for its variables; until then, or until it is
exempted there with a reason, `test_every_route_is_walked_or_exempt` fails.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page

from tests.browser.page_adaptation import A_FRAME, adaptation_faults
from tests.browser.person import Person
from tests.browser.route_walk import Stop, World, open_world, walk
from tests.servers.axe import axe_script
from tests.servers.databases import Databases

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SHARDS = 24  # each is well within the time limit even on a busy machine
DESK, TELEPHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
TABLET = {"width": 820, "height": 1180}
MOST_STOPS = 300
MOST_BYTES = 200_000  # of HTML, before compression
# The site has recordings without files, and axe posts messages to sandboxed frames.
OF_THE_TEST = ("Failed to load resource", "Failed to execute 'postMessage'")
OPEN_ALL = "document.querySelectorAll('main details').forEach((each) => { each.open = true; })"
# A page's main action is its first primary button.
FIND_MAIN_ACT = """() => {
    const acts = [...document.querySelectorAll("main .button-primary")].filter((each) =>
        each.matches("a, button, label") && !each.disabled && each.ariaDisabled !== "true"
        && each.checkVisibility());
    if (acts[0]) (acts[0].control ?? acts[0]).dataset.mainAct = "";
    return acts[0] ? acts[0].innerText : "";
}"""
WHERE = """() => {
    let it = document.activeElement;
    while (it?.shadowRoot?.activeElement) it = it.shadowRoot.activeElement;
    if (!it || it === document.body) return null;
    const up = (one) => one.parentElement ?? one.getRootNode().host ?? null;
    const isRinged = (one) => {
        const {outlineStyle, outlineWidth, outlineColor, boxShadow} = getComputedStyle(one);
        const isOutlined = outlineStyle !== "none" && parseFloat(outlineWidth) > 0
            && !/, 0\\)$|transparent/.test(outlineColor);
        // the player's own elements are ringed by a shadow inside of them
        return isOutlined || (one.localName.includes("-") && boxShadow !== "none");
    };
    // the button inside a field of a date is drawn, and ringed, by the browser
    const isBrowsersOwn = it.matches("input:focus-within:not(:focus)");
    // what is framed is a page of its own, and walked as one
    const isFrame = it.localName === "iframe";
    const around = [it, it.nextElementSibling, it.labels?.[0]].filter(Boolean);
    for (let one = up(it), steps = 0; one && steps < 4; one = up(one), steps += 1) around.push(one);
    const host = document.activeElement;
    const box = it.getBoundingClientRect();
    const label = it.labels?.[0]?.getBoundingClientRect();
    const isSeen = [box, label].some((each) => each && each.width > 0 && each.height > 0
        && each.bottom > 0 && each.right > 0 && each.top < innerHeight && each.left < innerWidth);
    // what is in sight may still lie below a bar that stays where it is (WCAG 2.4.11)
    const isOver = (one) => one === it || it.contains(one) || one.contains(it)
        || one === host || one.contains(host) || [...(it.labels ?? [])].some((each) => each.contains(one));
    const places = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
    const isCovered = places.every(([x, y]) => {
        const top = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
        return top && !isOver(top);
    });
    return {
        html: it.outerHTML.slice(0, 160).replaceAll(/\\s+/g, " "),
        isInMain: document.getElementById("main").contains(host) && host.id !== "main",
        isRinged: isBrowsersOwn || isFrame || around.some(isRinged),
        isSeen,
        isCovered: isSeen && isCovered,
        isMainAct: host.hasAttribute("data-main-act"),
    };
}"""

# A busy machine may draw late, so each waits up to 120 frames, about two seconds.
IS_AS_WIDE = """async (width) => {
    for (let frames = 0; innerWidth !== width && frames < 120; frames += 1)
        await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    await document.fonts.ready;
}"""
SKIPS_TO_MAIN = """async () => {
    for (let frames = 0; document.activeElement?.id !== "main" && frames < 120; frames += 1)
        await new Promise(requestAnimationFrame);
    return document.activeElement?.id === "main";
}"""


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, made_databases: Databases, worker_id: str
) -> Iterator[World]:
    url = made_databases.prepared(f"carrel_every_page_{worker_id}")
    with open_world(tmp_path_factory.mktemp("every-page"), url) as made:
        yield made


def test_every_route_is_walked_or_exempt(world: World) -> None:
    assert walk(world).unknown == []


@pytest.fixture(scope="module")
def stops(world: World) -> list[Stop]:
    """Every stop, grouped by person, because each new browser fetches and compiles all scripts."""
    return sorted(walk(world).stops, key=attrgetter("who"))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_page_is_accessible(
    browser: "Browser", world: World, stops: list[Stop], shard: int
) -> None:
    faults: list[str] = []
    first, last = (len(stops) * each // SHARDS for each in (shard, shard + 1))
    for who, theirs in groupby(stops[first:last], attrgetter("who")):
        person = arrive(browser, world, world.logins[who])
        for stop in theirs:
            person.faults.clear()
            found = look(person.page, stop)
            found += [each for each in person.faults if not each.startswith(OF_THE_TEST)]
            faults += [f"{who} {stop.path}: {each}" for each in found]
        person.leave()
    assert "\n".join(faults) == ""


def arrive(browser: "Browser", world: World, login_id: int | None) -> Person:
    how: dict[str, Any] = {"viewport": DESK, "color_scheme": "light", "reduced_motion": "reduce"}
    person = Person.arrive(browser, world.url, world.carrel, login_id, **how)
    # a third of the time that adding axe to each page would take
    person.context.add_init_script(f"if (window === window.top) {{ {axe_script()} }}")
    return person


def look(page: Page, stop: Stop) -> list[str]:
    """Return a page's errors at each width and theme, and along its Tab order."""
    _resize(page, DESK)
    page.emulate_media(color_scheme="light")
    answer = page.goto(stop.path)
    if answer is None or answer.status not in (200, stop.status):
        return [f"answers {answer.status if answer else 'nothing'}"]
    size = len(answer.body())
    faults = [f"{size:,} bytes of HTML"] if size > MOST_BYTES else []
    faults += go_through(page)
    page.evaluate(OPEN_ALL)
    for size in (DESK, TABLET, TELEPHONE):
        faults += _too_wide(page, size)
    return faults + adaptation_faults(page)


def _resize(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a size that Playwright accepts
    page.evaluate(IS_AS_WIDE, size["width"])


def _too_wide(page: Page, size: dict[str, int]) -> list[str]:
    """Resize a page, which keeps that size; returns what is wider than the page."""
    _resize(page, size)
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"at {size['width']} px: {wide} px wide"] if wide > size["width"] else []


def _where(page: Page) -> Any:
    """Return the focused element, once it's in view with a focus ring; frames scroll late."""
    here = page.evaluate(WHERE)
    for _ in range(60):  # up to 120 frames, as above
        if here is None or (here["isRinged"] and here["isSeen"]):
            break
        page.evaluate(A_FRAME)
        here = page.evaluate(WHERE)
    return here


def go_through(page: Page) -> list[str]:
    """Skip to the content and Tab through it; returns stops not seen and controls not reached."""
    main_act = page.evaluate(FIND_MAIN_ACT)
    if not page.locator(".skip").count():
        return ["has no skip link"]
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    if not page.evaluate(SKIPS_TO_MAIN):
        return ["the skip link does not lead to the content"]
    faults = []
    is_reached = not main_act
    for _ in range(MOST_STOPS):
        page.keyboard.down("Tab")  # repeated, as when the key is held down
        here = _where(page)
        if here is None or not here["isInMain"]:
            break
        is_reached = is_reached or here["isMainAct"]
        wrong = {
            "no ring around": not here["isRinged"],
            "out of sight": not here["isSeen"],
            "covered": here["isCovered"],
        }
        faults += [f"{what}: {here['html']}" for what, is_so in wrong.items() if is_so]
    else:
        faults.append("the Tab key does not lead out of the content")
    page.keyboard.up("Tab")
    if not is_reached:
        faults.append(f"the Tab key does not lead to “{main_act}”")
    return faults
