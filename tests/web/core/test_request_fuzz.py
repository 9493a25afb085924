"""Thousands of mutated requests: each gets a valid response and never a server error."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from structlog.testing import capture_logs

from lms.app import create_app
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.organizations import Organization
from lms.web.wsgi_middleware_stack import front
from media.delivery.media_tokens import Ticket
from tests.cast import Cast
from tests.clock import Clock
from tests.lti.course_fixtures import INSTRUCTOR, make_course
from tests.lti.embed_links.embed_link_fixtures import IN_A_FRAME, make_embed, path_of
from tests.lti.factories import CLIENT_ID, ISSUER
from tests.lti.web.deep_linking.test_picker import open_picker
from tests.player import AGENT, open_playback
from tests.uploads.tus_client import PIECE_TYPE, TUS, Sender, described, film
from tests.visitor import TOKEN_HEADER, Visitor
from tests.web.core.malformed_values import FORM, IN_PARTS
from tests.web.core.raw_requests import Answer, ask, environ_of
from tests.web.core.request_mutations import make_strange
from wsgi import COMPONENTS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SEED: Final = 20221006
ROUNDS: Final = 10
MANY_ROUNDS: Final = 50
REQUESTS: Final = 60  # at least, in a round
FAILURES: Final = frozenset({"request_failed", "beat_not_kept", "certificate_not_considered"})
LOGIN: Final = {
    "iss": ISSUER,
    "client_id": CLIENT_ID,
    "login_hint": "u-1",
    "target_link_uri": "http://localhost/lti/launch",
    "lti_message_hint": "m-1",
}
BEAT: Final = b'{"position": 4.5, "rate": 1, "spans": [[0, 4.5]]}'
LIST: Final = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n'
    b"Content-Type: text/csv\r\n\r\nemail\r\nann@example.org\r\n--edge--\r\n"
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A valid request to be mutated."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, Any]:
        """Return the request's WSGI environ."""
        given = {"HTTP_USER_AGENT": AGENT, "HTTP_ACCEPT": "text/html", **self.headers}
        return environ_of(self.method, self.path, body=self.body, **given)


def form(kind: str, path: str, headers: Mapping[str, str] | None = None, /, **fields: str) -> Ask:
    """Return the request that submits a form."""
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    return Ask(kind, "POST", path, body, {"CONTENT_TYPE": FORM, **(headers or {})})


def gets(kind: str, *paths: str, headers: Mapping[str, str] | None = None) -> list[Ask]:
    """Return GET requests for pages."""
    return [Ask(kind, "GET", path, headers=headers or {}) for path in paths]


def as_headers(client: Visitor) -> dict[str, str]:
    """Return a browser's cookies and form token as headers."""
    token = client._form_token()
    cookies = "; ".join(f"{one.key}={one.value}" for one in client._cookies.values())
    return {"HTTP_COOKIE": cookies, f"HTTP_{TOKEN_HEADER.upper().replace('-', '_')}": token}


def for_everybody(slug: str, here: Mapping[str, str]) -> list[Ask]:
    return [
        *gets("public", "/", "/webinars?q=reading&page=1", f"/webinars/{slug}", "/feed.xml"),
        *gets(
            "public", f"/webinars/{slug}/poster.svg", "/search/suggestions?q=rea", "/calendar.ics"
        ),
        *gets(
            "public",
            "/ask?webinar=reading-rooms",
            "/ask/price?kind=webinar&quantity=2",
            "/badges/keys",
        ),
        *gets("public", "/verify/00000000000000000000000000", "/no-such-page", "/theme.css?v=1"),
        form("public", "/ask", here, email="a%40example.org", message="hello", kind="webinar"),
        *gets(
            "sign-in", "/sign-in?next=/library", "/sign-in/code", "/sign-up", "/claim/not-a-token"
        ),
        form(
            "sign-in",
            "/sign-in",
            here,
            email="alice%40example.org",
            password="wrong",
            next="/library",
        ),
        form("sign-in", "/sign-up", here, email="new%40example.org"),
        form("sign-in", "/forgotten-password", here, email="alice%40example.org"),
        *gets("health", "/healthz"),
        *gets("static", "/static/css/core/base.css", "/static/img/favicon.svg"),
        Ask("static", "GET", "/static/css/core/base.css", headers={"HTTP_RANGE": "bytes=0-9"}),
    ]


def for_platforms() -> list[Ask]:
    login = "&".join(f"{name}={value}" for name, value in LOGIN.items())
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJ4In0.c2ln"  # noqa: S105  (not a secret)
    return [
        *gets("lti login", f"/lti/login?{login}", f"/lti/login?{login}&lti_storage_target=_parent"),
        form("lti login", "/lti/login", **LOGIN),
        form("lti launch", "/lti/launch", state="a-state", id_token=token),
        form("lti launch", "/lti/launch", error="login_required", state="a-state"),
        form("lti launch", "/lti/launch/proof", ticket="a.b", value="c"),
        form("lti launch", "/lti/launch/window", token="a-token"),
        *gets("lti launch", "/lti/launch/window?token=a-token", "/lti/launch?webinar=x"),
        *gets(
            "lti other",
            "/lti/jwks",
            "/lti/canvas.json",
            "/lti/register/x?openid_configuration=http://a",
        ),
    ]


def in_frames(carrel: Carrel, database: Database, cast: Cast) -> list[Ask]:
    with database.transaction() as session:
        course = make_course(session, cast.organization_id)
        learner = f"/lti/s/{course.launch(session)}"
        teacher = f"/lti/s/{course.launch(session, INSTRUCTOR)}"
        embed = path_of(carrel.settings, make_embed(session, cast, carrel.settings))
    picker = open_picker(database, cast)
    framed = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in IN_A_FRAME.items()}
    return [
        *gets("frame", f"{learner}/", f"{learner}/watch", f"{learner}/who", f"{learner}/privacy"),
        Ask("frame", "POST", f"{learner}/playback", b"{}", {"CONTENT_TYPE": "application/json"}),
        form("frame", f"{learner}/who", email="a%40example.org"),
        *gets("frame", f"{teacher}/", f"{teacher}/people.csv", f"{teacher}/roster"),
        form("frame", f"{teacher}/rule", rule="watched", threshold="90"),
        *gets("deep linking", picker),
        form("deep linking", picker, webinar=cast.slug, act="add"),
        *gets("embed", embed, headers=framed),
    ]


def of_a_player(carrel: Carrel, client: Visitor, cast: Cast) -> list[Ask]:
    client.sign_in(cast.alice.id)
    player = open_playback(client, cast.slug)
    read = carrel.signer.read(player.token, 0)
    carrel.storage.put_bytes(f"{read.prefix}/run/high.mp4", b"0123456789" * 9_000, "video/mp4")
    # media delivery checks the real time
    token = carrel.signer.sign(Ticket(read.session, read.prefix, 4_000_000_000))
    film_at, here = f"/media/{token}/run/high.mp4", as_headers(client)
    told = {"CONTENT_TYPE": "application/json", "HTTP_ACCEPT": "application/json", **here}
    return [
        Ask("beat", "POST", f"/playback/{token}/beat", BEAT, told),
        Ask("beat", "POST", player.addresses["beat"], BEAT, told),
        Ask("beat", "POST", "/playback/not-a-token/close", BEAT, told),
        Ask("beat", "POST", player.addresses["why"], b"", told),
        *gets(
            "media", film_at, f"/media/{token}/run/none.mp4", f"/media/{token}", "/media/x/a.mp4"
        ),
        Ask("media", "GET", film_at, headers={"HTTP_RANGE": "bytes=5-9", "HTTP_IF_RANGE": '"x"'}),
        Ask("media", "HEAD", film_at, headers={"HTTP_IF_NONE_MATCH": '"x"'}),
        *gets(
            "account", "/library", "/account/details", "/account/data/my-data.json", headers=here
        ),
        *gets(
            "account",
            f"/webinars/{cast.slug}/watch?t=9",
            f"/webinars/{cast.slug}/notes",
            headers=here,
        ),
        form("account", "/account/details", here, name="Alice", zone="UTC", language="en-US"),
        form("account", f"/webinars/{cast.slug}/notes", here, text="a+note", at="0:04"),
        Ask("account", "POST", f"/webinars/{cast.slug}/playback", b"{}", told),
    ]


def of_managers(client: Visitor, cast: Cast, here: str) -> list[Ask]:
    client.sign_in(cast.mia.id)
    mine = as_headers(client)
    return [
        *gets(
            "organization",
            here,
            f"{here}/people?q=a",
            f"{here}/reports?from=2026-01-01",
            headers=mine,
        ),
        *gets(
            "organization", f"{here}/people.csv", f"{here}/lti/launches?refused=yes", headers=mine
        ),
        Ask("organization", "POST", f"{here}/import", LIST, {"CONTENT_TYPE": IN_PARTS, **mine}),
        form("organization", f"{here}/members", mine, email="a%40example.org", role="manager"),
    ]


def of_staff(client: Visitor, cast: Cast) -> list[Ask]:
    client.sign_in(cast.ada.id)
    sender = Sender(client, cast.slug)
    upload, whole = sender.begin(4096), film(4096)
    tus = {"HTTP_" + name.upper().replace("-", "_"): text for name, text in TUS.items()}
    mine = as_headers(client)
    begin = {
        **mine,
        **tus,
        "HTTP_UPLOAD_LENGTH": "64",
        "HTTP_UPLOAD_METADATA": described(filename="a.mp4"),
    }
    piece = {**mine, **tus, "HTTP_UPLOAD_OFFSET": "0", "CONTENT_TYPE": PIECE_TYPE}
    here = f"/staff/webinars/{cast.slug}"
    return [
        Ask("upload", "POST", f"{here}/uploads", headers=begin),
        Ask("upload", "PATCH", upload, whole[:512], piece),
        Ask("upload", "HEAD", upload, headers={**mine, **tus}),
        Ask("upload", "POST", upload, whole, {**piece, "HTTP_X_HTTP_METHOD_OVERRIDE": "PATCH"}),
        Ask("upload", "POST", f"{here}/handouts", LIST, {"CONTENT_TYPE": IN_PARTS, **mine}),
        Ask("upload", "POST", f"{here}/attendance", LIST, {"CONTENT_TYPE": IN_PARTS, **mine}),
        *gets(
            "staff",
            "/staff/people?q=alice",
            "/staff/audit?person=x&page=1",
            "/staff/lti/log",
            headers=mine,
        ),
        *gets(
            "staff",
            here,
            "/staff/orders?standing=open&q=a",
            "/staff/reports/people?sort=name",
            headers=mine,
        ),
        form("staff", f"{here}/edit", mine, title="Reading+rooms", act="preview"),
        form("staff", "/staff/webinars/import/review", mine, flyer="A+flyer", act="read"),
    ]


@pytest.fixture
def house(carrel: Carrel) -> "WSGIApplication":
    return front(create_app(carrel, COMPONENTS), carrel)


@pytest.fixture
def asks(
    carrel: Carrel, client: Visitor, database: Database, cast: Cast, clock: Clock
) -> list[Ask]:
    """Valid requests of every audience, before mutation."""
    with database.read_session() as session:
        place = f"/organization/{session.get_one(Organization, cast.organization_id).public_id}"
    return [
        *for_everybody(cast.slug, as_headers(client)),
        *for_platforms(),
        *in_frames(carrel, database, cast),
        *of_a_player(carrel, client, cast),
        *of_managers(client, cast, place),
        *of_staff(client, cast),
    ]


@pytest.mark.parametrize(
    "rounds",
    [ROUNDS, pytest.param(MANY_ROUNDS, marks=[pytest.mark.slow, pytest.mark.exhaustive])],
)
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings(
    # Werkzeug leaves a part's file open when the body ends inside the part
    "ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"
)
def test_mutated_requests_never_cause_server_errors(
    house: "WSGIApplication", asks: Sequence[Ask], rounds: int
) -> None:
    chance = Random(SEED)  # noqa: S311  (repeatable requests)
    wrong, statuses = [], Counter[tuple[str, int]]()
    for asked in asks * rounds:
        environ = asked.environ()
        done = make_strange(chance, environ)
        status, fault = answered(house, environ)
        statuses[asked.kind, status] += 1
        if fault:
            wrong.append(f"{fault}: {done}")
    assert wrong == []
    assert statuses.total() >= REQUESTS * rounds
    let_in = {kind for kind, status in statuses if status < 400}
    assert let_in >= {asked.kind for asked in asks} - {"lti launch"}  # the launches aren't signed


def answered(house: "WSGIApplication", environ: dict[str, Any]) -> tuple[int, str]:
    """Return the response status, and what is wrong with the response."""
    with capture_logs() as lines:
        try:
            answer = ask(house, environ)
        except Exception as fault:  # noqa: BLE001  (reported with the request that caused it)
            return 0, repr(fault)
    failed = [line for line in lines if line["event"] in FAILURES]
    if failed or answer.status >= 500:
        return answer.status, f"failed with {answer.status}, {failed}"
    return answer.status, "" if is_told(environ, answer) else f"{answer.status} {answer.text[:200]}"


def is_told(environ: Mapping[str, Any], answer: Answer) -> bool:
    """Return whether an error has a page or JSON; media errors can be short plain text."""
    if answer.status < 400 or environ["REQUEST_METHOD"] == "HEAD" or not answer.body:
        return True
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        return "code" in json.loads(answer.body)
    if kind.startswith("text/plain") and environ.get("PATH_INFO", "").startswith("/media/"):
        return len(answer.body) < 100
    return kind.startswith("text/html") and "<main" in answer.text
