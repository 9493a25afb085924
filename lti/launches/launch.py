"""Handles a launch: turns the form that a platform posts into a framed session and a log line.

No transaction waits for the network or for a signature check. First the login of the state and the
known person, course and link are read; then the token is checked; then one transaction deletes the
login's row and writes the session and the log line. If the same form is posted several times at once,
one request deletes the row and the others open nothing.
"""

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from lms.core.database import Database, is_cut_off
from lms.core.errors import N_, Invalid
from lms.core.runtime import hash_secret
from lms.mail.links import Links
from lti.frames.session_creation import Opening, is_opened, new_secret, open_frame
from lti.keys.platform_keys import KeyPlace, KeySets, KeysUnavailable, KeyUnusable
from lti.launches.launch_log import Occurrence, write_launch
from lti.launches.launch_lookup import Found, Known, find_launch
from lti.launches.login_state import Begun, check_in_use, take_up_login, used_up
from lti.launches.oidc_login import Beginning, begin
from lti.launches.open_session_from_message import find_or_make
from lti.launches.pylti1p3_adapter import Launch
from lti.models.launches import FrameRole, Purpose
from lti.models.registrations_and_keys import DeploymentState
from lti.protocol.content_target import Target, read_target
from lti.protocol.messages import Message, MessageType
from lti.protocol.refusals import (
    NO_KEYS,
    TRY_AGAIN,
    LaunchRefused,
    malformed,
    not_authentic,
    not_entitled,
)
from lti.protocol.token_parts import Claims
from lti.registrations.deployments import SEEN_EVERY, Tenant, see_deployment, tell_of_waiting
from lti.registrations.platform_lookup import Platform

PURPOSES: Final = {
    MessageType.RESOURCE_LINK: Purpose.WATCH,
    MessageType.DEEP_LINKING: Purpose.PICK,
    MessageType.SUBMISSION_REVIEW: Purpose.REVIEW,
    MessageType.DATA_PRIVACY: Purpose.PRIVACY,
}
OTHER_BROWSER: Final = N_("You opened this link in a different browser.")
PLATFORM_DECLINED: Final = N_("Your LMS stopped this launch.")
PENDING: Final = N_(
    "This deployment of your LMS is new and must be approved once. We've been notified."
)
PENDING_ADVICE: Final = N_(
    "Ask the person who manages this tool at your institution to have it approved, and give "
    "them the deployment ID below."
)
REFUSED: Final = N_("This deployment of your LMS isn't allowed to open recordings here.")
NO_PLACE: Final = N_("The link in your course has an invalid start or end time.")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A launch that opened a framed session.

    `hand_over` is a one-time secret that opens the session in its own window. It is set only if no
    cookie bound the session; the session must then not be shown without another proof.
    """

    secret: str
    platform: Platform
    origins: tuple[str, ...]
    return_url: str | None
    storage_target: str | None
    hand_over: str | None

    @property
    def path(self) -> str:
        """Return the path of the session's first page."""
        return f"/lti/s/{self.secret}/"


class OutcomeLost(Exception):
    """The database connection was lost during a launch, and whether it was committed can't be determined."""


class LaunchTurned(Exception):
    """A launch that was refused and logged: the refusal, its reference, and the origins that can frame the page.

    `return_url` is set only if the message's signature was verified.
    """

    def __init__(
        self,
        refusal: LaunchRefused,
        reference: str,
        *,
        origins: tuple[str, ...] = (),
        return_url: str | None = None,
        deployment: str | None = None,
    ) -> None:
        super().__init__(refusal.code)
        self.refusal, self.reference = refusal, reference
        self.origins, self.return_url = origins, return_url
        self.deployment = deployment


@dataclass(frozen=True, slots=True)
class LaunchHandler:
    """Validates launches against this installation's database, address and platform keys, at one time."""

    database: Database
    keysets: KeySets
    base_url: str
    now: datetime

    def find(self, state: str, claims: Claims) -> Found:
        """Return the login of a state and the known rows that the claims name; raises LaunchRefused."""
        with self.database.reading_driver() as driver:
            return find_launch(driver, state, claims, now=self.now)

    def begin(self, asked: Mapping[str, str], *, browser: str | None) -> Beginning:
        """Begin a login for a browser (None if it sent no cookie); raises LoginTurned."""
        return begin(self.database, asked, browser=browser, base_url=self.base_url, now=self.now)

    def key(self, platform: Platform, kid: str) -> RSAPublicKey:
        """Return a platform's key; raises LaunchRefused."""
        place = KeyPlace(platform.jwks_url, platform.allows_loopback)
        try:
            return self.keysets.find(place, kid, now=self.now)
        except KeyUnusable as fault:
            raise not_authentic(fault.code, fault.message, detail=f"kid {kid[:80]}") from fault
        except KeysUnavailable as fault:
            raise LaunchRefused(
                NO_KEYS, "keys_unavailable", str(fault), advice=TRY_AGAIN
            ) from fault

    def receive(self, form: Mapping[str, str], *, browser: str | None) -> Accepted:
        """Open the framed session of a launch; `browser` is the value of its cookie, None without one.

        Raises LaunchTurned for every refused launch, OutcomeLost if whether it was opened is unknown,
        and the database driver's exception if nothing was written.
        """
        launch = Launch(form, self)
        try:
            launch.validate()
            begun, message = launch.begun, launch.message
            check_in_use(begun.platform)
            _check_browser(begun, browser)
            target = _target(message)
        except LaunchRefused as refusal:
            raise self._turned(launch, _declined(form, refusal)) from refusal
        accepted = Accepted(
            secret=new_secret(),
            platform=begun.platform,
            origins=message.origins,
            return_url=message.services.return_url,
            storage_target=begun.storage_target,
            hand_over=new_secret() if browser is None else None,
        )
        try:
            self._open(launch, target, browser, accepted)
        except (DBAPIError, self.database.driver_fault) as fault:
            if not (is_cut_off(fault) and self._is_opened(accepted.secret)):
                raise
        return accepted

    def _open(
        self, launch: Launch, target: Target | None, browser: str | None, accepted: Accepted
    ) -> None:
        """Delete the login, write the log line and, unless the launch is refused, the session."""
        message, known = launch.message, launch.known
        with self.database.transaction(in_passing=True) as session:
            tenant = self._tenant(session, message, known)
            is_first = take_up_login(session, launch.begun)
            refusal = _standing(tenant) if is_first else used_up()
            line = _line(launch, tenant.id, refusal)
            reference = write_launch(session, line, now=self.now)
            if refusal is None:
                where = find_or_make(session, message, known, tenant, target, now=self.now)
                opening = Opening(
                    purpose=PURPOSES[message.type],
                    role=FrameRole.ANONYMOUS if where.identity_id is None else message.person.role,
                    organization_id=tenant.organization_id or 0,
                    origins=message.origins,
                    target=target,
                    deployment_id=tenant.id,
                    context_id=where.context_id,
                    link_id=where.link_id,
                    identity_id=where.identity_id,
                    login_id=where.login_id,
                    is_test_user=message.person.is_test_user,
                    services=_services(message),
                    locale=message.locale,
                    browser=browser,
                    public_id=line.public_id,
                    secret=accepted.secret,
                    hand_over=accepted.hand_over,
                )
                open_frame(session, opening, now=self.now)
                return
        raise _shown(launch, refusal, reference)

    def _tenant(self, session: Session, message: Message, known: Known) -> Tenant:
        """Return the tenant of a launch; update the deployment's `seen_at` at most once an hour.

        Emails our team about a new deployment that needs approval.
        """
        if known.deployment_seen_at is None or known.deployment_seen_at <= self.now - SEEN_EVERY:
            seen, links = message.deployment, Links(self.base_url)
            tenant = see_deployment(session, message.registration_id, seen, now=self.now)
            tell_of_waiting(session, tenant, seen, links=links, now=self.now)
            return tenant
        return Tenant(known.deployment_id or 0, DeploymentState.APPROVED, known.organization_id)

    def _is_opened(self, secret: str) -> bool:
        """Return whether a session was committed although the answer was lost; raises OutcomeLost."""
        try:
            with self.database.read_session() as session:
                return is_opened(session, secret)
        except SQLAlchemyError as fault:
            raise OutcomeLost from fault

    def _turned(self, launch: Launch, refusal: LaunchRefused) -> LaunchTurned:
        with self.database.transaction() as session:
            if launch.is_begun:
                take_up_login(session, launch.begun)
            reference = write_launch(session, _line(launch, None, refusal), now=self.now)
        return _shown(launch, refusal, reference)


def _line(launch: Launch, deployment: int | None, refusal: LaunchRefused | None) -> Occurrence:
    known = launch.platform
    return Occurrence(
        registration_id=None if known is None else known.id,
        deployment_id=deployment,
        message_type=launch.message_type,
        refusal=refusal,
    )


def _shown(launch: Launch, refusal: LaunchRefused, reference: str) -> LaunchTurned:
    known = launch.platform
    message = launch.message if launch.is_read else None
    return LaunchTurned(
        refusal,
        reference,
        origins=(() if known is None else known.origins) if message is None else message.origins,
        return_url=launch.return_url,
        deployment=None if message is None else message.deployment,
    )


def _declined(form: Mapping[str, str], refusal: LaunchRefused) -> LaunchRefused:
    """Return a clearer refusal if the platform sent an error instead of a token (OpenID Connect, 3.1.2.6)."""
    error = form.get("error")
    if not error or refusal.code not in ("token_missing", "state_missing"):
        return refusal
    said = f"{error}: {form.get('error_description', '')}"[:200]
    return LaunchRefused(
        refusal.status, "platform_declined", PLATFORM_DECLINED, advice=TRY_AGAIN, detail=said
    )


def _check_browser(begun: Begun, browser: str | None) -> None:
    if browser is not None and not hmac.compare_digest(hash_secret(browser), begun.browser_hash):
        raise LaunchRefused(401, "browser_wrong", OTHER_BROWSER, advice=TRY_AGAIN)


def _standing(tenant: Tenant) -> LaunchRefused | None:
    if tenant.state is DeploymentState.PENDING:
        return LaunchRefused(403, "deployment_pending", PENDING, advice=PENDING_ADVICE)
    if tenant.state is DeploymentState.REFUSED:
        return not_entitled("deployment_refused", REFUSED)
    return None


def _target(message: Message) -> Target | None:
    """Return the target to show: from custom parameters first, then from the signed link's query."""
    query = dict(parse_qsl(urlsplit(message.target_link_uri).query))
    try:
        return read_target(message.custom) or read_target(query)
    except Invalid as fault:
        raise malformed("target_malformed", NO_PLACE) from fault


def _services(message: Message) -> dict[str, Any]:
    """Return the parts of the message's services that a framed session stores."""
    said = message.services
    services: dict[str, Any] = {name: getattr(said, name) for name in said.__slots__}
    services["scopes"] = sorted(said.scopes)
    if message.deep_linking is not None:
        services["deep_linking"] = asdict(message.deep_linking)
    return services
