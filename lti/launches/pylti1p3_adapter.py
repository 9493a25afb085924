"""The PyLTI1p3 adapter: its launch, with the validating and fetching steps replaced.

The library's order of steps stays (state, format, nonce, registration, signature, deployment,
message), and so do its names. What each step asks is ours: see LTI.md on what it leaves out. It
writes nothing: names and addresses never reach a cookie or a session.
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
from lti.launches.login_state import Begun
from lti.launches.message_validation import Heard, read_claims
from lti.protocol.messages import MessageType
from lti.protocol.refusals import LaunchRefused, malformed, not_authentic
from lti.protocol.spec_vocabulary import MESSAGE_TYPE, PRESENTATION
from lti.protocol.token_parts import NO_JWT, bytes_of_part, decoded_part
from lti.protocol.typed_claim_readers import (
    BAD_CLAIMS,
    Claims,
    fail,
    text_in,
    web_address,
)
from lti.registrations.platform_lookup import Platform

ALGORITHM: Final = (
    "RS256"  # Security Framework 1.0, 5.1.3 (6) and 6.1; nothing a token says may choose another
)
LONGEST_TOKEN: Final = 200_000
LONGEST_KID: Final = 500
OLDEST: Final = timedelta(hours=1)

NO_STATE: Final = N_("The message came without what ties it to the link you opened.")
NO_TOKEN: Final = N_("Your learning system sent no message for this launch.")
WRONG_NONCE: Final = N_("The message belongs to another launch than this one.")
WRONG_ISSUER: Final = N_(
    "The message comes from another learning system than the one this launch began in."
)
WRONG_AUDIENCE: Final = N_("The message is meant for another tool than this one.")
WRONG_ALGORITHM: Final = N_("The message is not signed in the way that LTI 1.3 asks for (RS256).")
NO_KID: Final = N_("The message does not say which key it was signed with.")
WRONG_SIGNATURE: Final = N_("The message's signature is not your learning system's.")
EXPIRED: Final = N_("The message came too late: its time was over.")
FROM_THE_FUTURE: Final = N_(
    "The message is dated in the future: the clock of your learning system is ahead."
)
TOO_OLD: Final = N_("The message was signed too long ago.")


class LaunchContext(Protocol):
    """What the launch asks of the rest of the tool."""

    @property
    def base_url(self) -> str:
        """Return the address of this installation, where every link of ours begins."""

    @property
    def now(self) -> datetime:
        """Return the time of this launch."""

    def find_login(self, state: str) -> Begun:
        """Return the login of a state; raises LaunchRefused."""

    def key(self, platform: Platform, kid: str) -> RSAPublicKey:
        """Return a platform's key; raises LaunchRefused."""


class Posted(Request):
    """The form that a platform had the browser post."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        self._session: dict[str, object] = {}

    @property
    def session(self) -> dict[str, object]:
        """Return the library's session, which nothing is put into."""
        return self._session

    def is_secure(self) -> bool:
        """Tell that nothing insecure is wanted of the library."""
        return True

    def get_param(self, key: str) -> str:
        """Return a field, "" for an absent one."""
        return self._form.get(key, "")


class _NoCookies(CookieService):
    """In the place of the library's cookies: the browser is told by ours (lti/web/core/browser_id_cookie.py)."""

    def get_cookie(self, name: str) -> str | None:
        return None

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        raise _not_by_the_library()


class _Known(ToolConfAbstract[Posted]):
    """The look-ups of the library: what they are asked was checked against the bound registration."""

    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    def find_registration_by_params(
        self, iss: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Registration:
        return Registration().set_issuer(iss).set_client_id(client_id)

    def find_registration_by_issuer(self, iss: str, *args: Any, **kwargs: Any) -> Registration:
        raise _not_by_the_library()  # an issuer alone names no registration

    def find_deployment(self, iss: str, deployment_id: str) -> Deployment | None:
        raise _not_by_the_library()

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Deployment | None:
        raise _not_by_the_library()


class Launch(MessageLaunch[Posted, _Known, SessionService, CookieService]):
    """One launch: `validate()` raises LaunchRefused, or leaves `heard` and `begun` behind.

    As far as it came, `platform` and `message_type` are there for the log even when it raises.
    """

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
        self._begun: Begun | None = None
        self._heard: Heard | None = None
        self._signature = ""
        self.is_authentic = False

    @property
    def begun(self) -> Begun:
        """Return the login that this launch answers."""
        assert self._begun is not None, "validate() first"  # noqa: S101
        return self._begun

    @property
    def heard(self) -> Heard:
        """Return what the platform said."""
        assert self._heard is not None, "validate() first"  # noqa: S101
        return self._heard

    @property
    def is_read(self) -> bool:
        """Tell whether the whole message was authentic and well formed."""
        return self._heard is not None

    @property
    def return_url(self) -> str | None:
        """Return the way back to the course, once the signature proved whose word it is."""
        said = self.claims.get(PRESENTATION)
        try:
            return web_address(text_in(said, "return_url")) if self.is_authentic and said else None
        except (LaunchRefused, AttributeError):  # what is wrong with it is told elsewhere
            return None

    @property
    def is_begun(self) -> bool:
        """Tell whether the state named a login."""
        return self._begun is not None

    @property
    def platform(self) -> Platform | None:
        """Return which platform it is, once the state told."""
        return None if self._begun is None else self._begun.platform

    @property
    def claims(self) -> Claims:
        """Return the claims as they came, authentic or not."""
        return self._jwt.get("body", {})

    @property
    def message_type(self) -> str:
        """Return the type that the message says it has, for the log."""
        named = {kind.value for kind in MessageType}
        said = self.claims.get(MESSAGE_TYPE)
        return said if isinstance(said, str) and said in named else ""

    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)

    def validate_state(self) -> "Launch":
        """Find the login of this state; it is taken up with what is written of this launch."""
        state = self._get_request_param("state")
        if not state:
            raise malformed("state_missing", NO_STATE)
        self._begun = self._context.find_login(state)
        return self

    def validate_jwt_format(self) -> "Launch":
        """Take the token apart: three parts, two of them JSON objects, RS256 and a key id."""
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
        return self

    def validate_nonce(self) -> "Launch":
        """Check that the nonce is the one given with this state."""
        nonce = self.claims.get("nonce")
        if not isinstance(nonce, str) or not nonce:
            fail("nonce", "is missing")
        given = hashlib.sha256(nonce.encode()).digest()
        if not hmac.compare_digest(given, self.begun.nonce_hash):
            raise not_authentic("nonce_wrong", WRONG_NONCE)
        return self

    def get_client_id(self) -> str:
        """Return our client id, wherever it stands among the audiences.

        Further audiences need an azp, and an azp has to be us (Security Framework 1.0, 5.1.3).
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
        """Return the issuer, which is the one that the login began with."""
        said = self.claims.get("iss")
        if not isinstance(said, str) or not said:
            fail("iss", "is missing")
        if said != self.begun.platform.issuer:
            raise not_authentic("issuer_wrong", WRONG_ISSUER, detail=said[:200])
        return said

    def validate_registration(self) -> "Launch":
        """Check issuer, audiences and azp against the registration that the state is bound to."""
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
        """Check nothing: whose deployment it is, is asked in the transaction that opens the launch."""
        return self

    def validate_message(self) -> "Launch":
        """Read the message, or refuse it."""
        self._heard = read_claims(self.claims, self.begun.platform, base_url=self._context.base_url)
        return self

    def save_launch_data(self) -> "Launch":
        """Save nothing: what is kept of a launch holds no name."""
        return self

    def get_service_connector(self) -> ServiceConnector:
        """Refuse: calls to platforms have time-outs and other keepers of tokens (lti/http/authorized_platform_calls.py)."""
        raise _not_by_the_library()

    def _is_signed_by(self, key: RSAPublicKey) -> bool:
        header = self._jwt["header"]
        if "crit" in header or "b64" in header:  # RFC 7515, 4.1.11: no extension is understood here
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
    """In the place of the library's own session: no launch fetches anything by it."""

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
