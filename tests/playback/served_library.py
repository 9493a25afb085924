"""The whole product in each delivery mode, as operators run it: `carrel serve` behind a proxy."""

import http.client
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lms.core.clock import now
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.playback import sessions
from lms.playback.sessions import Playback, Screen
from lms.web.core.current_user import cookie_name
from media.delivery.delivery_modes import Way
from media.delivery.media_tokens import Ticket, fingerprint
from tests.servers.nginx import CERTIFICATE, deployed
from tests.servers.process import free_port, running
from tests.servers.s3 import S3Server
from tests.visitor import add_sign_in
from tests.wait_until import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
AGENT = "Firefox of the tests"


@dataclass(frozen=True, slots=True)
class Answer:
    """The final response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    was_redirected: bool


@dataclass(frozen=True, slots=True)
class House:
    """A library that is served in one delivery mode."""

    way: Way
    carrel: Carrel
    port: int

    def ask(self, path: str, cookie: str = "", **headers: str) -> Answer:
        """Send a request as a browser does, and follow a redirect to the bucket."""
        sent = {"User-Agent": AGENT} | headers | ({"Cookie": cookie} if cookie else {})
        trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
        trusting.check_hostname = False
        host = "127.0.0.1"
        made = (
            http.client.HTTPSConnection(host, self.port, timeout=PATIENCE_S, context=trusting)
            if self.way is Way.NGINX
            else http.client.HTTPConnection(host, self.port, timeout=60)
        )
        with closing(made) as connection:
            connection.request("GET", path, headers=sent)
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != 302:
            return Answer(answer.status, answer.headers, body, was_redirected=False)
        place = urlsplit(answer.headers["Location"])
        with closing(http.client.HTTPConnection(place.netloc, timeout=60)) as bucket:
            bucket.request("GET", f"{place.path}?{place.query}", headers=headers)
            answer = bucket.getresponse()
            return Answer(answer.status, answer.headers, answer.read(), was_redirected=True)

    def cookie_of(self, login_id: int) -> str:
        """Sign a person in and return their cookie."""
        value, _id = add_sign_in(self.carrel, login_id)
        return f"{cookie_name(self.carrel.settings)}={value}"

    def film_of(self, login_id: int, webinar_id: int) -> str:
        """Open a playback session and return the path of its folder."""
        with self.carrel.database.transaction() as session:
            screen = Screen(login_id, None, "Firefox")
            played = sessions.open_playback(
                session, screen=screen, webinar_id=webinar_id, now=now(), takes_over=True
            )
        assert isinstance(played, Playback)
        ticket = Ticket(
            played.session_id,
            f"renditions/{played.recording_id}",
            int(played.expires_at.timestamp()),
            agent=fingerprint(AGENT),
        )
        return f"/media/{self.carrel.signer.sign(ticket)}/{played.run}"


@contextmanager
def served(way: Way, environ: Mapping[str, str], place: Path, server: S3Server) -> Iterator[House]:
    """Serve the library of `environ` within the block."""
    port = free_port()
    said = {**environ, "CARREL_DELIVERY": way, "CARREL_TRUSTED_PROXIES": "127.0.0.1"}
    said["CARREL_BASE_URL"] = f"{'https' if way is Way.NGINX else 'http'}://127.0.0.1:{port}"
    if way is Way.REDIRECT:
        said |= server.settings(place.name)
    carrel = open_carrel(Settings.from_env(said))
    command = [sys.executable, ROOT / "wsgi.py", "serve", "--bind", f"127.0.0.1:{port}"]
    inherited = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    behind = House(Way.EMBEDDED, carrel, port)
    with ExitStack() as opened:
        opened.callback(carrel.database.dispose)
        opened.enter_context(
            running(
                command,
                ready=lambda: _answers(behind),
                log=place / "serve.log",
                environ={**inherited, **said},
            )
        )
        if way is Way.NGINX:
            files = Path(urlsplit(carrel.settings.storage_url).path)
            port = opened.enter_context(deployed(files, port, place))
        yield House(way, carrel, port)


def _answers(house: House) -> bool:
    try:
        return house.ask("/healthz").status == 200
    except OSError:
        return False
