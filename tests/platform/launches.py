"""The login and the id_token (Security Framework 1.0, section 5.1): begin, check, answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, jsonify, render_template, request

from tests.platform.claims import Launch, Places, claims_of
from tests.platform.id_tokens import Forge
from tests.platform.product_quirks import Habits
from tests.platform.records import Records

LAUNCHES_LAST: Final = timedelta(minutes=10)


class Refused(Exception):
    """An authentication request that the platform does not answer with a token.

    `error` is the code of OpenID Connect (Core, section 3.1.2.6). `redirect_uri` is None where not
    even the error may be sent there.
    """

    def __init__(self, error: str, description: str, redirect_uri: str | None = None) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.redirect_uri = error, description, redirect_uri


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What the platform sends a browser to the tool's login address with."""

    method: str
    url: str
    fields: dict[str, str]
    launch: Launch

    @property
    def address(self) -> str:
        """The whole address of a GET."""
        joint = "&" if urlsplit(self.url).query else "?"
        return f"{self.url}{joint}{urlencode(self.fields)}"


@dataclass(frozen=True, slots=True)
class FormPost:
    """What the browser posts to the tool's redirect address."""

    url: str
    fields: dict[str, str]

    @property
    def id_token(self) -> str:
        """The token."""
        return self.fields["id_token"]

    @property
    def state(self) -> str:
        """The tool's state."""
        return self.fields["state"]


@dataclass(slots=True)
class Launching:
    """Launches that have begun, and nonces that were used."""

    records: Records
    places: Places
    habits: Habits
    forge: Forge
    auth_url: str
    lock: RLock
    _begun: dict[str, Launch] = field(default_factory=dict)
    _nonces: set[str] = field(default_factory=set)

    def begin(self, launch: Launch, *, storage_target: str | None = None) -> LoginRequest:
        """Begin a launch: what to send to the tool's login address."""
        with self.lock:
            self._begun[launch.hint] = launch
        fields = {
            "iss": self.places.issuer,
            "login_hint": launch.person.id,
            "target_link_uri": launch.url,
            "lti_message_hint": launch.hint,
            "client_id": launch.tool.client_id,
            "lti_deployment_id": launch.deployment_id,
        }
        target = storage_target or self.habits.storage_target
        if target:
            fields["lti_storage_target"] = target
        return LoginRequest(self.habits.login_method, launch.tool.login_url, fields, launch)

    def begun(self, launch_id: str) -> Launch | None:
        """Return the launch of this id, if it began here."""
        with self.lock:
            return next((one for one in self._begun.values() if one.id == launch_id), None)

    def signed(self, launch: Launch, nonce: str, now: datetime) -> str:
        """Return the token of a launch."""
        return self.forge.sign(self.claims(launch, nonce, now))

    def claims(self, launch: Launch, nonce: str, now: datetime) -> dict[str, Any]:
        """Return all claims of a launch."""
        said = claims_of(launch, nonce, self.places, self.habits)
        times = {
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + self.habits.token_lives_s,
        }
        for name, value in times.items():
            if name not in launch.without:
                said.setdefault(name, value)
        return said

    def answer(
        self, asked: Mapping[str, str], now: datetime, viewer: str | None = None
    ) -> FormPost:
        """Check an authentication request strictly and return the form to post.

        `viewer` is who the browser is signed in as here, None where that is not known. Raises Refused.
        """
        redirect_uri = self._redirect_uri(asked)
        self._check_fixed(asked, redirect_uri)
        launch = self._launch(asked, redirect_uri, now)
        if viewer is not None and viewer != launch.person.id:
            raise Refused("login_required", "somebody else is signed in here", redirect_uri)
        with self.lock:
            if asked["nonce"] in self._nonces:
                raise Refused("invalid_request", "this nonce was used before", redirect_uri)
            self._nonces.add(asked["nonce"])
        token = self.signed(launch, asked["nonce"], now)
        fields = {"id_token": token, "state": asked["state"]}
        if self.habits.storage_target:
            fields["lti_storage_target"] = self.habits.storage_target
        return FormPost(redirect_uri, fields)

    def _redirect_uri(self, asked: Mapping[str, str]) -> str:
        tool = self.records.tools.get(asked.get("client_id", ""))
        if tool is None:
            raise Refused("unauthorized_client", f"no client {asked.get('client_id')!r} here")
        given = asked.get("redirect_uri", "")
        if given not in tool.redirect_uris:
            raise Refused("invalid_request", f"redirect_uri {given!r} is not registered exactly so")
        return given

    def _check_fixed(self, asked: Mapping[str, str], redirect_uri: str) -> None:
        fixed = {
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "scope": "openid",
        }
        for name, value in fixed.items():
            if asked.get(name) != value:
                said = f"{name} has to be {value!r}, not {asked.get(name)!r}"
                raise Refused("invalid_request", said, redirect_uri)
        for name in ("state", "nonce"):
            if not asked.get(name):
                raise Refused("invalid_request", f"{name} is missing", redirect_uri)

    def _launch(self, asked: Mapping[str, str], redirect_uri: str, now: datetime) -> Launch:
        hint = asked.get("lti_message_hint", "")
        with self.lock:
            launch = self._begun.get(hint)
        if launch is None or launch.tool.client_id != asked["client_id"]:
            said = f"lti_message_hint {hint!r} did not come back as it was sent"
            raise Refused("invalid_request", said, redirect_uri)
        if asked.get("login_hint") != launch.person.id:
            raise Refused("login_required", "login_hint is not the one sent", redirect_uri)
        if now - launch.made_at > LAUNCHES_LAST:
            raise Refused("login_required", "this launch began too long ago", redirect_uri)
        return launch


def fields_of(address: str) -> dict[str, str]:
    """Return the fields in an address's query. Raises Refused when one comes twice."""
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused("invalid_request", "a field comes twice")
    return fields


def auth_blueprint(launching: Launching, now: Any, viewer: Any) -> Blueprint:
    """Return the authentication endpoint: answers a browser with a form that posts itself."""
    blueprint = Blueprint("auth", __name__)

    @blueprint.route("/auth", methods=["GET", "POST"])
    def authenticate() -> Response | tuple[str, int]:
        asked = {**request.args.to_dict(), **request.form.to_dict()}
        try:
            posted = launching.answer(asked, now(), viewer())
        except Refused as refused:
            if refused.redirect_uri is None:
                return render_template("refused.html", refused=refused), 400
            said = {"error": refused.error, "error_description": refused.description}
            posted = FormPost(refused.redirect_uri, said | {"state": asked.get("state", "")})
        page = render_template("post.html", posted=posted)
        return Response(page, headers={"Cache-Control": "no-store"})

    return blueprint


def jwks_blueprint(launching: Launching) -> Blueprint:
    """Return the key set; where each placement is a client of its own, its address names the client."""
    blueprint = Blueprint("jwks", __name__)

    @blueprint.get("/jwks")
    @blueprint.get("/jwks/<client_id>")
    def jwks(client_id: str | None = None) -> Response:
        answer = jsonify(launching.forge.keys.jwks())
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return blueprint
