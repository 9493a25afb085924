"""A site served as in production, and people in real browsers."""

import fcntl
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.models.accounts import Login, SellerRole
from lms.models.catalog import Webinar
from lms.models.handouts import Handout
from lms.models.playback import PlaybackEnd
from lms.models.recordings import Recording, RecordingState
from lms.playback.sessions import end_for_logins
from media.documents.document_check import check_document, first_page
from media.files.subprocesses import ffmpeg_path
from media.storage.object_keys import content_type_of
from media.video.transcoder import Encoded, encode
from media.video.upload_probe import probe
from tests.browser.person import Person
from tests.factories import make_login, make_webinar
from tests.servers.databases import Databases
from tests.servers.process import free_port, running
from tests.servers.stripe import KEY, SECRET
from tests.wait_until import PATIENCE_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "lms/demo/files"
SECRET_KEY = "a key for browser tests alone, " * 2


@dataclass(frozen=True, slots=True)
class Film:
    """An encoded recording in a local directory."""

    folder: Path
    encoded: Encoded


@dataclass(frozen=True, slots=True)
class Served:
    """A running site, and its runtime for tests to change data."""

    url: str
    port: int
    carrel: Carrel
    film: Film

    def add_webinar(self, session: Session, slug: str, *, title: str) -> Webinar:
        """Add a past webinar whose recording plays."""
        webinar = make_webinar(session, slug)
        webinar.title = title
        self.add_recording(session, webinar)
        return webinar

    def add_recording(self, session: Session, webinar: Webinar) -> Recording:
        """Add a recording that plays; without files, other pages would show a broken poster."""
        recording = Recording(
            webinar_id=webinar.id,
            number=1,
            is_current=True,
            state=RecordingState.READY,
            original_key=f"originals/{webinar.slug}/recording.mp4",
            original_name="recording.mp4",
            size_bytes=1,
            sha256="0" * 64,
            seconds=self.film.encoded.seconds,
            run=new_public_id(),
            created_at=now(),
        )
        session.add(recording)
        session.flush()
        prefix = f"renditions/{recording.public_id}/{recording.run}"
        for name in self.film.encoded.files:
            self._put(f"{prefix}/{name}", self.film.folder / name)
        return recording

    def _put(self, key: str, path: Path) -> None:
        """Store a file, hard-linked where possible: copying took longer than many tests."""
        also = self.carrel.settings.scratch / new_public_id()
        try:
            os.link(path, also)
        except OSError:  # it's on another disk
            self.carrel.storage.put_file(key, path, content_type_of(key))
        else:
            self.carrel.storage.take_file(key, also, content_type_of(key))

    def add_handout(self, session: Session, webinar: Webinar, *, title: str) -> Handout:
        """Add a PDF to a webinar."""
        source = FILES / "getting-the-most.pdf"
        handout = Handout(
            webinar_id=webinar.id,
            position=1,
            title=title,
            name="Getting the most.pdf",
            key="",
            preview_key="",
            size_bytes=source.stat().st_size,
            sha256="0" * 64,
            pages=check_document(source, source).pages,
            created_at=now(),
        )
        handout.key = f"handouts/{handout.public_id}/slides.pdf"
        handout.preview_key = f"handouts/{handout.public_id}/page-1.jpg"
        self.carrel.storage.put_file(handout.key, source, "application/pdf")
        picture = self.carrel.settings.scratch / f"{handout.public_id}.jpg"
        first_page(source, picture, 640)
        self.carrel.storage.put_file(handout.preview_key, picture, "image/jpeg")
        session.add(handout)
        session.flush()
        return handout

    def add_person(
        self, session: Session, name: str, *, seller_role: SellerRole | None = None
    ) -> Login:
        """Add a person whose email address starts with their name."""
        return make_login(
            session,
            f"{name.lower()}-{new_public_id()[:6]}@example.org",
            name=name,
            seller_role=seller_role,
        )

    def status_of(self, path: str, headers: Mapping[str, str]) -> int:
        """Request a path without a browser; returns the status code."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()


@pytest.fixture
def slug(request: pytest.FixtureRequest) -> str:
    """The slug of a webinar that only this test uses."""
    return re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:100]


@pytest.fixture(scope="session")
def film(made_databases: Databases) -> Film:
    """A recording of the demo, encoded by the real pipeline once per run."""
    place = made_databases.place / "film"
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process encodes, the others wait
        if not place.exists():
            _encoded_at(place).rename(place)
    return Film(place / "run", pickle.loads((place / "encoded").read_bytes()))  # noqa: S301  (we wrote it)


def first_seconds(place: Path) -> Path:
    """Write the first seconds of the recording to a file; encoding it all takes half a minute."""
    command = [ffmpeg_path(), "-v", "error", "-i", str(FILES / "getting-the-most.mp4"), "-t", "8"]
    subprocess.run([*command, "-c", "copy", str(place)], check=True, timeout=PATIENCE_S)
    return place


def _drawn_small(place: Path) -> Path:
    """Write the recording with ten small frames a second.

    Without a graphics card, a browser needs most of a CPU to play the original.
    """
    command = [ffmpeg_path(), "-v", "error", "-i", str(FILES / "getting-the-most.mp4")]
    pictures = ["-vf", "fps=10,scale=480:-2", "-c:a", "copy"]
    subprocess.run([*command, *pictures, str(place)], check=True, timeout=PATIENCE_S)
    return place


def _encoded_at(place: Path) -> Path:
    """Encode the recording next to its final directory; returns where."""
    made = place.with_name(f"film-{new_public_id()}")
    made.mkdir()
    source = _drawn_small(made / "source.mp4")
    encoded = encode(
        source, made / "run", probe(source), progress=lambda share: None, canceled=lambda: False
    )
    (made / "encoded").write_bytes(pickle.dumps(encoded))
    return made


@pytest.fixture(scope="session")
def served(made_databases: Databases, worker_id: str, film: Film) -> Iterator[Served]:
    """`carrel serve` on its own port, which trusts proxies on this machine."""
    name = f"carrel_browser_{worker_id}"
    place, url = beside(made_databases, name), made_databases.prepared(name)
    # two processes, so a test finds state that they don't share
    with serving(place, url, film, web_processes=2) as made:
        yield made


def beside(made_databases: Databases, name: str) -> Path:
    """Create a directory for a site's files next to its database and the recording."""
    place = made_databases.place / f"{name}_files"
    place.mkdir()
    return place


@contextmanager
def serving(
    place: Path,
    database_url: str,
    film: Film,
    *,
    smtp_url: str | None = None,
    stripe_url: str | None = None,
    moved_by: timedelta | None = None,
    web_processes: int = 1,
) -> Iterator[Served]:
    """Run `carrel serve` on a migrated database during the block.

    It emails through the server at `smtp_url`; without one, to files. It takes cards at the
    simulated Stripe at `stripe_url`; without one, none. Its clock is ahead by `moved_by`.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        "CARREL_DATA_DIR": str(place / "house"),
        "CARREL_DATABASE_URL": database_url,
        "CARREL_BASE_URL": url,
        "CARREL_SECRET_KEY": SECRET_KEY,
        "CARREL_TRUSTED_PROXIES": "127.0.0.0/8",
    }
    if smtp_url is not None:
        environ["CARREL_SMTP_URL"] = smtp_url
    if stripe_url is not None:
        environ["CARREL_STRIPE_SECRET_KEY"] = KEY
        environ["CARREL_STRIPE_WEBHOOK_SECRET"] = SECRET
        environ["CARREL_STRIPE_API_BASE"] = stripe_url
    carrel = open_carrel(Settings.from_env(environ))
    serve = ["serve", "--bind", f"127.0.0.1:{port}", "--workers", str(web_processes)]
    made = Served(url, port, carrel, film)
    inherited = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    if moved_by is not None:
        inherited["PYTHONPATH"] = f"{ROOT / 'tests/servers/moved_clock'}:{ROOT}"
        inherited["CARREL_TEST_CLOCK_S"] = str(moved_by.total_seconds())
    with running(
        [sys.executable, ROOT / "wsgi.py", *serve],
        ready=lambda: _answers(made),
        log=place / "log",
        environ={**inherited, **environ},
    ):
        yield made
    carrel.database.dispose()


class Visit(Protocol):
    """Opens a browser for a person, or without a login for a visitor who isn't signed in."""

    def __call__(self, login_id: int | None = None, **how: Any) -> Person: ...


@pytest.fixture
def visit(browser: "Browser", served: Served) -> Iterator[Visit]:
    """Opens browsers: `visit(login_id)` returns a signed-in `Person`."""
    opened: list[Person] = []

    def arrive(login_id: int | None = None, **how: Any) -> Person:
        person = Person.arrive(browser, served.url, served.carrel, login_id, **how)
        opened.append(person)
        return person

    yield arrive
    for person in opened:
        person.leave()
    # A closed browser keeps its stream for 45 s, which would block the next test.
    with served.carrel.database.transaction() as session:
        end_for_logins(session, select(Login.id), ended_as=PlaybackEnd.CLOSED, now=now())


def _answers(made: Served) -> bool:
    try:
        return made.status_of("/healthz", {}) == 200
    except OSError:
        return False
