"""The PyLTI1p3 adapter: its launch, with the validating and fetching steps replaced.

PyLTI1p3's order of steps stays (state, format, nonce, registration, signature, deployment, message),
and so do its names. Each step is our own code; docs/decisions/lti-launches.md says what the library leaves out.
It writes nothing: names and addresses never reach a cookie or a session.
"""

import hashlib
import hmac
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, cast

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from pylti1p3.cookie import CookieService
from pylti1p3.deployment import Deployment
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch, TJwtData
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.service_connector import ServiceConnector
from pylti1p3.session import SessionService
from pylti1p3.tool_config import ToolConfAbstract

from lms.core.errors import N_
from lti.launches.launch_lookup import Found, Known
from lti.launches.login_state import Begun
from lti.launches.message_validation import read_claims, text_in
from lti.protocol.messages import Message, MessageType
from lti.protocol.platform_urls import web_address
from lti.protocol.refusals import LaunchRefused, malformed, not_authentic
from lti.protocol.spec_vocabulary import MESSAGE_TYPE, PRESENTATION
from lti.protocol.token_parts import BAD_CLAIMS, NO_JWT, Claims, bytes_of_part, decoded_part, fail
from lti.registrations.platform_lookup import Platform

# Security Framework 1.0, 5.1.3 (6) and 6.1; a token must not choose its own algorithm.
ALGORITHM: Final = "RS256"
LONGEST_TOKEN: Final = 200_000
LONGEST_KID: Final = 500
OLDEST: Final = timedelta(hours=1)

NO_STATE: Final = N_("Your LMS sent a launch without its state.")
NO_TOKEN: Final = N_("Your LMS sent an empty launch.")
WRONG_NONCE: Final = N_("Your LMS sent the data of a different launch.")
WRONG_ISSUER: Final = N_("This launch came from a different LMS than the one where it started.")
WRONG_AUDIENCE: Final = N_("This launch is meant for a different tool.")
WRONG_ALGORITHM: Final = N_("Your LMS didn't sign this launch with RS256, which LTI 1.3 requires.")
NO_KID: Final = N_("Your LMS didn't say which key signed this launch.")
WRONG_SIGNATURE: Final = N_("The signature of this launch doesn't match your LMS.")
EXPIRED: Final = N_("This launch arrived too late and has expired.")
FROM_THE_FUTURE: Final = N_("This launch is dated in the future. Your LMS's clock is ahead.")
TOO_OLD: Final = N_("This launch was signed too long ago.")


class LaunchContext(Protocol):
    """What a launch needs from the rest of the tool."""

    @property
    def base_url(self) -> str:
        """Return the base URL of this installation."""

    @property
    def now(self) -> datetime:
        """Return the time of this launch."""

    def find(self, state: str, claims: Claims) -> Found:
        """Return the login of a state and the known rows that the claims name; raises LaunchRefused."""

    def key(self, platform: Platform, kid: str) -> RSAPublicKey:
        """Return a platform's key; raises LaunchRefused."""


class Posted(Request):
    """The form that a platform posted through the browser."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        self._session: dict[str, object] = {}

    @property
    def session(self) -> dict[str, object]:
        """Return the session that PyLTI1p3 requires, which stays empty."""
        return self._session

    def is_secure(self) -> bool:
        """Return True, so that PyLTI1p3 uses secure settings."""
        return True

    def get_param(self, key: str) -> str:
        """Return a field, "" if it is absent."""
        return self._form.get(key, "")


class _NoCookies(CookieService):
    """Replaces PyLTI1p3's cookies, since our own cookie binds the browser (lti/web/core/browser_id_cookie.py)."""

    def get_cookie(self, name: str) -> str | None:
        return None

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        raise _not_by_the_library()


class _Known(ToolConfAbstract[Posted]):
    """Replaces PyLTI1p3's lookups; their arguments were checked against the registration of the state."""

    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    def find_registration_by_params(
        self, iss: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Registration:
        return Registration().set_issuer(iss).set_client_id(client_id)

    def find_registration_by_issuer(self, iss: str, *args: Any, **kwargs: Any) -> Registration:
        raise _not_by_the_library()  # an issuer alone does not identify a registration

    def find_deployment(self, iss: str, deployment_id: str) -> Deployment | None:
        raise _not_by_the_library()

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Deployment | None:
        raise _not_by_the_library()


class Launch(MessageLaunch[Posted, _Known, SessionService, CookieService]):
    """One launch: `validate()` raises LaunchRefused, or sets `message`, `begun` and `known`.

    If it raises, `platform` and `message_type` are set as far as validation got, for the log.
    """

    begun: Begun  # the login that it answers, once `is_begun`
    known: Known  # the known rows that the message names, once `is_begun`
    message: Message  # what the platform said, once `is_read`

    def __init__(self, form: Mapping[str, str], context: LaunchContext) -> None:
        posted = Posted(form)
        super().__init__(
            posted,
            _Known(),
            session_service=SessionService(posted),
            cookie_service=_NoCookies(),
            requests_session=_NO_NETWORK,
        )
        self._context = context
        self._signature = ""
        self.is_begun = False  # the state matched a login
        self.is_authentic = False  # the signature was verified
        self.is_read = False  # the whole message was authentic and well formed

    @property
    def return_url(self) -> str | None:
        """Return the return URL to the course; None unless the signature was verified."""
        said = self.claims.get(PRESENTATION)
        try:
            return web_address(text_in(said, "return_url")) if self.is_authentic and said else None
        except (LaunchRefused, AttributeError):  # other code reports malformed claims
            return None

    @property
    def platform(self) -> Platform | None:
        """Return the platform, None before its state was found."""
        return self.begun.platform if self.is_begun else None

    @property
    def claims(self) -> Claims:
        """Return the claims as received, authentic or not."""
        return self._jwt.get("body", {})

    @property
    def message_type(self) -> str:
        """Return the message type that the claims state, "" if unknown, for the log."""
        named = {kind.value for kind in MessageType}
        said = self.claims.get(MESSAGE_TYPE)
        return said if isinstance(said, str) and said in named else ""

    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)

    def validate_state(self) -> "Launch":
        """Find the login of this state and, in the same query, the known rows that the token names.

        The login is deleted later, when the launch's outcome is written. No claim is trusted before the
        signature is checked. An unreadable token is reported only after the state was looked up.
        """
        state = self._get_request_param("state")
        if not state:
            raise malformed("state_missing", NO_STATE)
        try:
            self._take_apart()
        finally:
            found = self._context.find(state, self.claims)
            self.begun, self.known, self.is_begun = found.begun, found.known, True
        return self

    def validate_jwt_format(self) -> "Launch":
        """Do nothing: `validate_state` already parsed the token."""
        return self

    def _take_apart(self) -> None:
        """Parse the token: three parts, two of them JSON objects."""
        token = self._get_request_param("id_token")
        if not token:
            raise malformed("token_missing", NO_TOKEN)
        parts = token.split(".")
        if len(parts) != 3 or len(token) > LONGEST_TOKEN:
            raise malformed("token_malformed", NO_JWT)
        self._signature = parts[2]
        self._jwt = cast(
            "TJwtData", {"header": decoded_part(parts[0]), "body": decoded_part(parts[1])}
        )

    def validate_nonce(self) -> "Launch":
        """Check that the nonce is the one issued with this state."""
        nonce = self.claims.get("nonce")
        if not isinstance(nonce, str) or not nonce:
            fail("nonce", "is missing")
        given = hashlib.sha256(nonce.encode()).digest()
        if not hmac.compare_digest(given, self.begun.nonce_hash):
            raise not_authentic("nonce_wrong", WRONG_NONCE)
        return self

    def get_client_id(self) -> str:
        """Return our client ID, which must be one of the audiences.

        Several audiences require an azp, and an azp must be ours (Security Framework 1.0, 5.1.3).
        """
        client_id = self.begun.platform.client_id
        said = self.claims.get("aud")
        audiences = [said] if isinstance(said, str) else said
        if not isinstance(audiences, list) or not audiences:
            fail("aud", "is missing")
        azp = self.claims.get("azp")
        if client_id not in audiences or (len(audiences) > 1 and azp is None):
            raise not_authentic("audience_wrong", WRONG_AUDIENCE)
        if azp is not None and azp != client_id:
            raise not_authentic("azp_wrong", WRONG_AUDIENCE)
        return client_id

    def get_iss(self) -> str:
        """Return the issuer, which must be the one that the login began with."""
        said = self.claims.get("iss")
        if not isinstance(said, str) or not said:
            fail("iss", "is missing")
        if said != self.begun.platform.issuer:
            raise not_authentic("issuer_wrong", WRONG_ISSUER, detail=said[:200])
        return said

    def validate_registration(self) -> "Launch":
        """Check issuer, audiences and azp against the registration of the state."""
        super().validate_registration()
        return self

    def validate_jwt_signature(self) -> "Launch":
        """Check signature and times."""
        header = self._jwt["header"]
        if header.get("alg") != ALGORITHM:
            raise not_authentic("algorithm_wrong", WRONG_ALGORITHM)
        kid = header.get("kid")
        if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
            raise malformed("kid_missing", NO_KID)
        key = self._context.key(self.begun.platform, kid)
        if not self._is_signed_by(key):
            raise not_authentic("signature_wrong", WRONG_SIGNATURE)
        self._check_times()
        self.is_authentic = True
        return self

    def validate_deployment(self) -> "Launch":
        """Do nothing: the deployment is checked in the transaction that opens the launch."""
        return self

    def validate_message(self) -> "Launch":
        """Read the message; raises LaunchRefused."""
        self.message = read_claims(
            self.claims, self.begun.platform, base_url=self._context.base_url
        )
        self.is_read = True
        return self

    def save_launch_data(self) -> "Launch":
        """Do nothing: the launch data contains names, which are not stored."""
        return self

    def get_service_connector(self) -> ServiceConnector:
        """Refuse: platform calls need timeouts and our own token cache (lti/http/authorized_platform_calls.py)."""
        raise _not_by_the_library()

    def _is_signed_by(self, key: RSAPublicKey) -> bool:
        header = self._jwt["header"]
        # RFC 7515, 4.1.11: unknown extensions must be rejected
        if "crit" in header or "b64" in header:
            return False
        try:
            signature = bytes_of_part(self._signature)
        except ValueError:
            return False
        signed = self._get_request_param("id_token").rpartition(".")[0]
        return _RS256.verify(signed.encode(), key, signature)

    def _check_times(self) -> None:
        platform, now = self.begun.platform, self._context.now.timestamp()
        leeway = platform.leeway_s
        expires, issued = _moment(self.claims, "exp"), _moment(self.claims, "iat")
        if expires <= now - leeway:
            raise not_authentic("expired", EXPIRED, detail=f"{now - expires:.0f} s ago")
        starts = max(issued, _moment(self.claims, "nbf") if "nbf" in self.claims else issued)
        if starts > now + leeway:
            raise not_authentic(
                "from_the_future", FROM_THE_FUTURE, detail=f"{starts - now:.0f} s ahead"
            )
        if issued < now - leeway - OLDEST.total_seconds():
            raise not_authentic("too_old", TOO_OLD, detail=f"{now - issued:.0f} s old")


class _NoNetwork(requests.Session):
    """Replaces PyLTI1p3's HTTP session and refuses every request."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        raise _not_by_the_library()


def _not_by_the_library() -> LtiException:
    return LtiException(
        "the tool does this by itself; see the head of lti/launches/pylti1p3_adapter.py"
    )


_NO_NETWORK: Final = _NoNetwork()
_RS256: Final = RSAAlgorithm(RSAAlgorithm.SHA256)


def _moment(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise malformed("claim_malformed", BAD_CLAIMS, detail=f"{name}: is no time")
    if isinstance(value, float) and not math.isfinite(value):
        raise malformed("claim_malformed", BAD_CLAIMS, detail=f"{name}: is no time")
    return float(max(-(10**15), min(value, 10**15)))
