"""How pages adapt to readers: narrow screens, large text, wide spacing, forced colors, motion."""

from playwright.sync_api import Page

from tests.servers.axe import axe_faults

NARROW = {"width": 320, "height": 640}  # 1280 px at 400% zoom
LAPTOP = {"width": 1280, "height": 800}
# axe rules for WCAG 2.2 and speech input, which are off by default.
ASKED_FOR = ("target-size", "label-content-name-mismatch", "css-orientation-lock")
TWICE = {"standard": 32, "fixed": 26}  # twice the browser's default text size
USUAL = {"standard": 16, "fixed": 13}
A_FRAME = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
# Text spacing of WCAG 1.4.12. A constructed style sheet complies with the page's CSP.
SPACE_OUT = """(isOn) => {
    if (!window.spacing) {
        window.spacing = new CSSStyleSheet();
        window.spacing.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
            word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }`);
    }
    const others = document.adoptedStyleSheets.filter((each) => each !== window.spacing);
    document.adoptedStyleSheets = isOn ? [...others, window.spacing] : others;
}"""
# Replaces dates and times with wide ones, so no page fits only on certain days.
WIDEST_DATES = r"""() => {
    const months = "January|February|March|April|June|July|August|September|October|November|December";
    const abbreviated = `May|${months.replaceAll(/\b(...)\w*/g, "$1")}`;
    const [long, short] = [months, abbreviated].map((each) => `\\b(?:${each})\\b`);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        text.data = text.data.replaceAll(/\b\w+day,(?= \w+ \d)/g, "Wednesday,")
            .replaceAll(RegExp(`${long} \\d{1,2},`, "g"), "September 28,")
            .replaceAll(RegExp(`${short} \\d{1,2},`, "g"), "Nov 28,")
            .replaceAll(/\b\d{1,2}:\d{2} [AP]M\b/g, "12:48 AM");
    }
}"""
# Text that is cut off, except where it's hidden on purpose or can be scrolled to.
CUT_OFF = """() => [...document.querySelectorAll("body *")].filter((one) => {
    const {overflowX, overflowY, position} = getComputedStyle(one);
    const cuts = (value) => value === "hidden" || value === "clip";
    const isWide = cuts(overflowX) && one.scrollWidth > one.clientWidth + 2;
    const isHigh = cuts(overflowY) && one.scrollHeight > one.clientHeight + 2;
    const isShown = one.clientWidth > 4 && one.clientHeight > 4 && one.checkVisibility();
    const isMeant = one.closest(".visually-hidden, svg, video, .watch-film") || position === "fixed";
    return isShown && !isMeant && (isWide || isHigh) && one.innerText?.trim();
}).map((one) => one.outerHTML.slice(0, 120).replaceAll(/\\s+/g, " "))"""
# With forced colors, browsers paint no backgrounds, so a control needs a border.
WITHOUT_EDGE = """() => [...document.querySelectorAll(
    "main .button, main .input, main select, main textarea"
)].filter((one) => {
    const {borderTopStyle, borderTopWidth, outlineStyle, textDecorationLine} = getComputedStyle(one);
    const hasEdge = (borderTopStyle !== "none" && parseFloat(borderTopWidth) > 0)
        || outlineStyle !== "none" || textDecorationLine.includes("underline");
    return one.checkVisibility() && !hasEdge;
}).map((one) => one.outerHTML.slice(0, 120).replaceAll(/\\s+/g, " "))"""
MOVES = """() => [...document.querySelectorAll("body, body *")].filter((one) => {
    const {transitionDuration, animationDuration, animationName} = getComputedStyle(one);
    const longest = (value) => Math.max(...value.split(",").map(parseFloat));
    return longest(transitionDuration) > 0.02
        || (animationName !== "none" && longest(animationDuration) > 0.02);
}).map((one) => one.outerHTML.slice(0, 120).replaceAll(/\\s+/g, " "))"""


def adaptation_faults(page: Page) -> list[str]:
    """Return what breaks when the reader adapts a page, and axe errors; leaves it dark and narrow.

    The browser must request reduced motion and light colors.
    """
    faults = [f"moves in spite of reduced motion: {each}" for each in page.evaluate(MOVES)]
    _resize(page, LAPTOP)
    faults += [f"at 1280 px by day: {each}" for each in axe_faults(page, also=ASKED_FOR)]
    usual = set(page.evaluate(CUT_OFF))
    faults += _spaced(page, usual, "spaced out")
    faults += _doubled(page, usual)
    faults += _forced(page)
    _resize(page, NARROW)
    page.evaluate(WIDEST_DATES)
    faults += _too_wide(page, "at 320 px")
    narrow = set(page.evaluate(CUT_OFF))
    faults += _spaced(page, narrow, "spaced out at 320 px")
    page.emulate_media(color_scheme="dark")
    faults += [f"at 320 px by lamplight: {each}" for each in axe_faults(page, also=ASKED_FOR)]
    return faults


def _spaced(page: Page, usual: set[str], how: str) -> list[str]:
    page.evaluate(SPACE_OUT, True)
    page.evaluate(A_FRAME)
    faults = _cut(page, usual, how) + _too_wide(page, how)
    page.evaluate(SPACE_OUT, False)
    return faults


def _doubled(page: Page, usual: set[str]) -> list[str]:
    browser = page.context.new_cdp_session(page)
    browser.send("Page.setFontSizes", {"fontSizes": TWICE})
    page.evaluate(A_FRAME)
    faults = _cut(page, usual, "at 200 %") + _too_wide(page, "at 200 %")
    browser.send("Page.setFontSizes", {"fontSizes": USUAL})
    browser.detach()
    return faults


def _forced(page: Page) -> list[str]:
    page.emulate_media(forced_colors="active")
    faults = [f"no edge with forced colors: {each}" for each in page.evaluate(WITHOUT_EDGE)]
    page.emulate_media(forced_colors="none")
    return faults


def _cut(page: Page, usual: set[str], how: str) -> list[str]:
    return [f"cut off {how}: {each}" for each in page.evaluate(CUT_OFF) if each not in usual]


def _too_wide(page: Page, how: str) -> list[str]:
    wide, width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [f"{how}: {wide} px wide of {width}"] if wide > width else []


def _resize(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a size that Playwright accepts
    page.evaluate(A_FRAME)
