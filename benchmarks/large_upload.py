"""A recording of 20 GiB through the upload page in Chromium: its time, its memory, and whether it is whole.

Sends a film to `carrel serve` on this machine's disk by the page that staff use. Once a third is
there all of the server is killed with SIGKILL and started again, once two thirds are there the page
is reloaded and the same file chosen anew. Then the SHA-256 of the file, of what the database says and
of what is stored are compared. The file is mostly a hole; what is stored takes its whole size, so the
disk needs room for that. Memory is what the processes hold, shared pages by their share.
Run: python -m benchmarks.large_upload [--gib 20] [--folder /where/there/is/room]
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
from tests.browser.recordings.upload_server import House, long_film, until_share
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
        house = made_house(folder)
        house.start()
        try:
            with running_chromium() as browser:
                found = measure(house, browser, folder, round(options.gib * GIB))
        finally:
            house.kill()
            house.carrel.database.dispose()
    print(json.dumps(found | {"load": [round(each, 1) for each in os.getloadavg()]}))


def made_house(folder: Path) -> House:
    """Return a house that can be started: SQLite, files in a directory, no webinar but one."""
    port = free_port()
    environ = {
        "CARREL_DATA_DIR": str(folder / "house"),
        "CARREL_BASE_URL": f"http://127.0.0.1:{port}",
        "CARREL_SECRET_KEY": "a key for benchmarks alone, " * 3,
    }
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    with carrel.database.transaction() as session:
        make_webinar(session, SLUG)
    return House(port, environ, carrel, folder / "log")


def measure(house: House, browser: "Browser", folder: Path, size: int) -> dict[str, object]:
    """Send a file of so many bytes with all that goes wrong; returns what it took."""
    film = folder / "A long evening.mp4"
    long_film(film, size)
    with house.carrel.database.transaction() as session:
        ada = make_login(session, "ada@example.org", name="Ada", seller_role=SellerRole.STAFF).id
    person = Person.arrive(browser, f"http://127.0.0.1:{house.port}", house.carrel, ada)
    held = Held(house)
    held.begin()
    began = time.monotonic()
    sent_s = send(person, house, film)
    settled_s = time.monotonic() - began
    held.end()
    person.leave()
    with house.carrel.database.read_session() as session:
        made = session.scalars(select(Recording)).one()
    with film.open("rb") as file, house.carrel.storage.open(made.original_key) as stored:
        sums = {sha256(file), sha256(stored), made.sha256}
    return {
        "metric": "large upload",
        "bytes": made.size_bytes,
        "is_whole": made.size_bytes == size and len(sums) == 1,
        "sha256": made.sha256,
        "killed": house.killed,
        "reloaded": 1,
        "sent_s": round(sent_s),
        "settled_s": round(settled_s),
        "server_mib": round(held.most["server"] / MIB),
        "browser_mib": round(held.most["browser"] / MIB),
    }


def send(person: Person, house: House, film: Path) -> float:
    """Send a film by the page until it is part of the webinar; returns the seconds until all was there."""
    page, line = person.page, person.page.locator(".upload-line")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/staff/webinars/{SLUG}")
    began = time.monotonic()
    page.get_by_label("Choose files").set_input_files(film)
    until_share(page, 1 / 3, within_s=PATIENCE_S)
    house.kill()
    expect(line.get_by_text("Trying again in")).to_be_visible(timeout=60_000)
    house.start()
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
    """The most memory that the server and the browser held at a time, in bytes."""

    house: House
    most: dict[str, int] = field(default_factory=lambda: {"server": 0, "browser": 0})
    _over: threading.Event = field(default_factory=threading.Event)
    _looking: threading.Thread | None = None

    def begin(self) -> None:
        """Look every other second from now on."""
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        if self._looking is not None:
            self._looking.join()

    def _look(self) -> None:
        while not self._over.wait(LOOKS_EACH_S):
            server = self.house.process.pid if self.house.process else 0
            held = {
                "server": sum(map(held_by, below(server))),
                "browser": sum(map(held_by, filter(is_browser, below(os.getpid())))),
            }
            for name, value in held.items():
                self.most[name] = max(self.most[name], value)


def below(process: int) -> list[int]:
    """Return a process and all below it; none when one of them ends meanwhile."""
    with suppress(OSError):
        return tree(process)
    return []


def is_browser(process: int) -> bool:
    """Tell whether a process is one of Chromium's."""
    with suppress(OSError):
        return b"chrom" in Path(f"/proc/{process}/cmdline").read_bytes().partition(b"\0")[0]
    return False


def held_by(process: int) -> int:
    """Return the bytes of memory that a process holds, shared ones by its share."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def sha256(stream: BinaryIO) -> str:
    """Return the sum of all that is left in a stream."""
    made = hashlib.sha256()
    while piece := stream.read(MIB):
        made.update(piece)
    return made.hexdigest()


if __name__ == "__main__":
    main()
