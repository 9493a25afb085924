"""axe-core in a page: reports accessibility problems."""

from collections.abc import Sequence
from typing import Literal

from playwright.sync_api import Frame, Page

from tests.servers.npm import Pinned

AXE = Pinned(
    "axe-core",
    "4.14.1",
    "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
)
LOOKS: tuple[tuple[int, Literal["dark", "light"]], ...] = ((390, "dark"), (1440, "light"))
FIND = """async ({only, also, leftOut}) => {
    // a message that fades in, or a color on its way to another theme, has not its contrast yet
    for (const each of document.getAnimations()) {
        if (each.effect.getComputedTiming().endTime === Infinity) each.cancel();
        else each.finish();
    }
    const how = {resultTypes: ["violations"]};
    if (only.length) how.runOnly = only;
    how.rules = Object.fromEntries([
        ...also.map((rule) => [rule, {enabled: true}]),
        ...leftOut.map((rule) => [rule, {enabled: false}]),
    ]);
    const found = await axe.run(how);
    return found.violations.flatMap((fault) => fault.nodes.map((node) =>
        `${fault.id}: ${node.html.slice(0, 160)}: ${node.failureSummary}`));
}"""


def axe_script() -> str:
    """Return the source of axe-core."""
    return (AXE.unpacked() / "axe.min.js").read_text(encoding="utf-8")


def axe_faults(
    page: Page | Frame,
    *,
    only: Sequence[str] = (),
    also: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> list[str]:
    """Return each problem that axe finds in a page after its animations, by rule and element.

    `only` names the rules to run instead of all, `also` those that are off by default, and
    `left_out` those to skip.
    """
    # through the protocol, not as a script element, so the page's own policy is unchanged
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe_script())
    rules = {"only": list(only), "also": list(also), "leftOut": list(left_out)}
    found: list[str] = page.evaluate(FIND, rules)
    return found


def faults_on_phone_and_desk(page: Page) -> list[str]:
    """Return what axe finds on a phone in dark mode and a desktop in light mode, and overflow."""
    faults = []
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        faults += [f"at {width} px: {each}" for each in axe_faults(page)]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            faults.append(f"at {width} px: {wide} px wide")
    return faults


def faults_at_widths(
    page: Page, widths: Sequence[int], *, left_out: Sequence[str] = ()
) -> list[str]:
    """Return what axe finds in a page in both themes at each width, and where it overflows."""
    faults = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        found = faults_in_both_themes(page, left_out=left_out)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{wide} px wide")
        faults += [f"at {width} px: {each}" for each in found]
    return faults


def faults_in_both_themes(page: Page, *, left_out: Sequence[str] = ()) -> list[str]:
    """Return what axe finds in light mode, and for contrast only, in dark mode."""
    page.emulate_media(color_scheme="light")
    faults = axe_faults(page, left_out=left_out)
    page.emulate_media(color_scheme="dark")
    return faults + [f"dark: {each}" for each in axe_faults(page, only=["color-contrast"])]
