"""A 20 GiB recording through the upload page in Chromium: its time, memory, and integrity.

Uploads a file to `carrel serve` through the page that staff use. After a third, the server is
killed with SIGKILL and restarted; after two thirds, the page is reloaded and the same file is
chosen again. Then the SHA-256 of the file, of the database row, and of the stored file are
compared. The file is sparse, but the stored copy isn't, so the disk needs that much space. Memory
counts shared pages proportionally. Run: python -m benchmarks.large_upload [--gib 20] [--folder
/path/with/space]
"""

import argparse
import hashlib
import json
import os
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from playwright.sync_api import expect
from sqlalchemy import select

from benchmarks.delivery_servers import tree
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.models.accounts import SellerRole
from lms.models.recordings import Recording
from tests.browser.person import Person
from tests.browser.recordings.upload_server import Installation, long_film, until_share
from tests.factories import make_login, make_webinar
from tests.servers.chromium import running_chromium
from tests.servers.process import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SLUG: Final = "a-long-evening"
GIB: Final = 2**30
MIB: Final = 2**20
PATIENCE_S: Final = 4 * 3600
LOOKS_EACH_S: Final = 2.0


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=20, help="how large the file is")
    parser.add_argument("--folder", type=Path, help="where to work; by default the system's place")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-large-upload-", dir=options.folder) as name:
        folder = Path(name)
        installation = made_installation(folder)
        installation.start()
        try:
            with running_chromium() as browser:
                found = measure(installation, browser, folder, round(options.gib * GIB))
        finally:
            installation.kill()
            installation.carrel.database.dispose()
    print(json.dumps(found | {"load": [round(each, 1) for each in os.getloadavg()]}))


def made_installation(folder: Path) -> Installation:
    """Return an installation that can be started: SQLite, files in a directory, one webinar."""
    port = free_port()
    environ = {
        "CARREL_DATA_DIR": str(folder / "installation"),
        "CARREL_BASE_URL": f"http://127.0.0.1:{port}",
        "CARREL_SECRET_KEY": "a key for benchmarks alone, " * 3,
    }
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    with carrel.database.transaction() as session:
        make_webinar(session, SLUG)
    return Installation(port, environ, carrel, folder / "log")


def measure(
    installation: Installation, browser: "Browser", folder: Path, size: int
) -> dict[str, object]:
    """Upload a file of so many bytes with all interruptions; returns the measurements."""
    film = folder / "A long evening.mp4"
    long_film(film, size)
    with installation.carrel.database.transaction() as session:
        ada = make_login(session, "ada@example.org", name="Ada", seller_role=SellerRole.STAFF).id
    person = Person.arrive(
        browser, f"http://127.0.0.1:{installation.port}", installation.carrel, ada
    )
    held = Held(installation)
    held.begin()
    began = time.monotonic()
    sent_s = send(person, installation, film)
    settled_s = time.monotonic() - began
    held.end()
    person.leave()
    with installation.carrel.database.read_session() as session:
        made = session.scalars(select(Recording)).one()
    with film.open("rb") as file, installation.carrel.storage.open(made.original_key) as stored:
        sums = {sha256(file), sha256(stored), made.sha256}
    return {
        "metric": "large upload",
        "bytes": made.size_bytes,
        "is_whole": made.size_bytes == size and len(sums) == 1,
        "sha256": made.sha256,
        "killed": installation.killed,
        "reloaded": 1,
        "sent_s": round(sent_s),
        "settled_s": round(settled_s),
        "server_mib": round(held.most["server"] / MIB),
        "browser_mib": round(held.most["browser"] / MIB),
    }


def send(person: Person, installation: Installation, film: Path) -> float:
    """Upload a recording through the page; returns the seconds until it was complete."""
    page, line = person.page, person.page.locator(".upload-line")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/staff/webinars/{SLUG}")
    began = time.monotonic()
    page.get_by_label("Choose files").set_input_files(film)
    until_share(page, 1 / 3, within_s=PATIENCE_S)
    installation.kill()
    expect(line.get_by_text("Trying again in")).to_be_visible(timeout=60_000)
    installation.start()
    until_share(page, 2 / 3, within_s=PATIENCE_S)
    page.reload()
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="Choose the same file to resume").click()
    asked.value.set_files(film)
    until_share(page, 1, within_s=PATIENCE_S)
    sent_s = time.monotonic() - began
    expect(page.get_by_text("is uploaded. We're processing it")).to_be_visible(
        timeout=PATIENCE_S * 1000
    )
    return sent_s


@dataclass(slots=True)
class Held:
    """The most memory that the server and the browser used at a time, in bytes."""

    installation: Installation
    most: dict[str, int] = field(default_factory=lambda: {"server": 0, "browser": 0})
    _over: threading.Event = field(default_factory=threading.Event)
    _looking: threading.Thread | None = None

    def begin(self) -> None:
        """Start sampling every two seconds."""
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def end(self) -> None:
        """Stop sampling."""
        self._over.set()
        if self._looking is not None:
            self._looking.join()

    def _look(self) -> None:
        while not self._over.wait(LOOKS_EACH_S):
            server = self.installation.process.pid if self.installation.process else 0
            held = {
                "server": sum(map(held_by, below(server))),
                "browser": sum(map(held_by, filter(is_browser, below(os.getpid())))),
            }
            for name, value in held.items():
                self.most[name] = max(self.most[name], value)


def below(process: int) -> list[int]:
    """Return a process and its descendants; none if one exits meanwhile."""
    with suppress(OSError):
        return tree(process)
    return []


def is_browser(process: int) -> bool:
    """Return whether a process is one of Chromium's."""
    with suppress(OSError):
        return b"chrom" in Path(f"/proc/{process}/cmdline").read_bytes().partition(b"\0")[0]
    return False


def held_by(process: int) -> int:
    """Return a process's memory in bytes, with shared pages counted proportionally."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def sha256(stream: BinaryIO) -> str:
    """Return the SHA-256 of the rest of a stream."""
    made = hashlib.sha256()
    while piece := stream.read(MIB):
        made.update(piece)
    return made.hexdigest()


if __name__ == "__main__":
    main()
