"""Pictures of every kind of email: in two widths, light and dark, and with pictures off.

Run as `python -m tests.mail.pictures DIRECTORY [KIND ...]` to write one HTML file for each kind, and
contact sheets of their screenshots.
"""

import sys
from html import escape
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser

from lms.core.accent_colors import OWN, light_accent
from lms.mail.edits import NO_EDITS
from lms.mail.examples import EXAMPLES
from lms.mail.examples.example import EMAIL, SITE
from lms.mail.lanes import KINDS, OPTIONAL, SUBSCRIBED
from lms.mail.rendering import BULK_FOOTER, LOGO, MailBranding, bulk_footer, logo_image, write
from lms.models.mail import MailLane
from tests.servers.chromium import running_chromium

ROOT: Final = Path(__file__).resolve().parents[2]
WIDTHS: Final = (390, 700)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
ON_A_SHEET: Final = 12
BRANDING: Final = MailBranding(
    name="Elm Street Training",
    contact_email="hello@example.com",
    accent=OWN,
    on_accent=light_accent(OWN).on,
)
ADDRESS: Final = "Elm Street Training LLC, 12 Elm Street, Springfield, IL 62701"


def as_sent(kind: str, *, logo: str) -> str:
    """Return the example of a kind as HTML, with its footer and a logo at this address."""
    example = EXAMPLES[kind]
    written = write(
        BRANDING, kind, example.subject, {**example.values, "recipient": EMAIL}, NO_EDITS
    )
    unsubscribe = f"{SITE}/unsubscribe/example" if kind in OPTIONAL | SUBSCRIBED else ""
    footer = ""
    if kind in KINDS[MailLane.BULK]:
        footer = bulk_footer(
            written.html, ADDRESS, unsubscribe, is_subscribed_to=kind in SUBSCRIBED
        )[1]
    return written.html.replace(BULK_FOOTER, footer).replace(LOGO, logo_image(logo))


def main(directory: Path, kinds: list[str]) -> None:
    """Write the pages and contact sheets."""
    directory.mkdir(parents=True, exist_ok=True)
    logo = (ROOT / "lms/static/img/favicon.svg").as_uri()
    for kind in kinds:
        (directory / f"{kind}.html").write_text(as_sent(kind, logo=logo), encoding="utf-8")
    with running_chromium() as browser:
        for width in WIDTHS:
            for scheme in SCHEMES:
                _sheets(browser, directory, kinds, width, scheme)


def _sheets(
    browser: Browser,
    directory: Path,
    kinds: list[str],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 600}, color_scheme=scheme)
    if scheme == "dark":  # pictures off, as most mail programs begin
        context.route("**/*.svg", lambda route: route.abort())
    page = context.new_page()
    for kind in kinds:
        page.goto((directory / f"{kind}.html").as_uri())
        page.screenshot(path=directory / f"{kind}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 1600, "height": 900})
    for first in range(0, len(kinds), ON_A_SHEET):
        some = kinds[first : first + ON_A_SHEET]
        sheet = directory / f"sheet-{width}-{scheme}-{first // ON_A_SHEET + 1:02}.html"
        cells = "".join(
            f'<figure><figcaption>{escape(kind)}</figcaption><img src="{kind}-{width}-{scheme}.png">'
            "</figure>"
            for kind in some
        )
        style = "body{columns:4;background:#888;font:14px sans-serif}figure{break-inside:avoid;margin:0 0 8px}img{width:100%}"
        sheet.write_text(f"<style>{style}</style>{cells}", encoding="utf-8")
        page.goto(sheet.as_uri())
        page.screenshot(path=sheet.with_suffix(".png"), full_page=True)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or sorted(EXAMPLES))
