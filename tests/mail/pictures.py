"""Pictures of every kind of email: two widths, light and dark, and each with images blocked.

Run as `python -m tests.mail.pictures DIRECTORY [KIND ...]` to write one HTML file for each kind
and contact sheets of their screenshots.
"""

import sys
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
from tests.contact_sheets import write_sheets
from tests.servers.chromium import running_chromium

ROOT: Final = Path(__file__).resolve().parents[2]
WIDTHS: Final = (390, 700)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
ON_A_SHEET, COLUMNS = 12, 6
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
                _sheets(browser, directory, kinds, width, scheme, has_pictures=True)
                _sheets(browser, directory, kinds, width, scheme, has_pictures=False)


def _sheets(
    browser: Browser,
    directory: Path,
    kinds: list[str],
    width: int,
    scheme: Literal["light", "dark"],
    *,
    has_pictures: bool,
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 600}, color_scheme=scheme)
    look = f"{width}-{scheme}" if has_pictures else f"{width}-{scheme}-without-pictures"
    page = context.new_page()
    if not has_pictures:  # the default of most mail programs
        page.route("**/*.svg", lambda route: route.abort())
    for kind in kinds:
        page.goto((directory / f"{kind}.html").as_uri())
        page.screenshot(path=directory / f"{kind}-{look}.png", full_page=True)
    pictures = [(kind, directory / f"{kind}-{look}.png") for kind in kinds]
    write_sheets(page, f"sheet-{look}", pictures, on_a_sheet=ON_A_SHEET, columns=COLUMNS)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or sorted(EXAMPLES))
