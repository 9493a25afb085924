"""The launch: from the form a platform posts to a framed session and a log line.

No network and no signature is waited for inside a transaction. The state's login is read, the token
checked, and then one transaction takes the login up and writes what became of it, opened or refused:
of several who post the same at once, one deletes the login's row, and the others write nothing.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from lms.core.database import Database, is_cut_off
from lms.core.errors import N_, Invalid
from lti.frames.session_creation import is_opened
from lti.frames.sessions import find_frame, hashed, offer_hand_over
from lti.keys.platform_keys import KeyPlace, KeySets, KeysUnavailable, KeyUnusable
from lti.launches.fast_launch import (
    Coming,
    Kept,
    Writing,
    find_kept,
    sought_by,
    write_known,
    writing_of,
)
from lti.launches.launch_log import Occurrence, write_launch
from lti.launches.login_state import Begun, check_in_use, find_login, take_up_login, used_up
from lti.launches.message_validation import Heard
from lti.launches.open_session_from_message import open_launch
from lti.launches.pylti1p3_adapter import Launch
from lti.models.registrations_and_keys import DeploymentState
from lti.protocol.content_target import Target, read_target
from lti.protocol.messages import Message
from lti.protocol.refusals import (
    NO_KEYS,
    TRY_AGAIN,
    LaunchRefused,
    malformed,
    not_authentic,
    not_entitled,
)
from lti.protocol.typed_claim_readers import Claims
from lti.registrations.deployments import Tenant, see_deployment
from lti.registrations.platform_lookup import Platform

OTHER_BROWSER: Final = N_("This launch began in another browser than this one.")
PLATFORM_DECLINED: Final = N_("Your learning system did not let this launch go on.")
PENDING: Final = N_(
    "Your learning system is known here, but this installation in it is new and has to be approved "
    "once. The library's staff see it now."
)
PENDING_ADVICE: Final = N_(
    "Ask whoever looks after this tool in your institution to have it approved, and give them the "
    "deployment below."
)
REFUSED: Final = N_("Launches from this installation in your learning system are refused.")
NO_PLACE: Final = N_("The link in your course names no usable place in a recording.")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A launch that opened a framed session.

    `hand_over` opens it once in a window of its own; it is there where no cookie bound the session,
    which is then not to be shown before another proof.
    """

    secret: str
    platform: Platform
    origins: tuple[str, ...]
    return_url: str | None
    storage_target: str | None
    hand_over: str | None


class OutcomeLost(Exception):
    """The database was lost while a launch was written, and nobody can be asked now whether it was."""


class LaunchTurned(Exception):
    """A launch that was refused and written down: why, under which reference, and where it may be shown.

    `return_url` is there only when the message's signature was verified.
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
    """Where launches come in: this house's database, address, and the keys of platforms; at one time."""

    database: Database
    keysets: KeySets
    base_url: str
    now: datetime

    def find_login(self, state: str) -> Begun:
        """Return the login of a state; raises LaunchRefused."""
        with self.database.reading_driver() as driver:
            return find_login(driver, state, now=self.now)

    def find_kept(self, state: str, claims: Claims) -> Kept:
        """Return all that is kept of a launch, by what its message names; raises LaunchRefused."""
        with self.database.reading_driver() as driver:
            return find_kept(driver, state, sought_by(claims), now=self.now)

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
        """Open the framed session of a launch; `browser` is the cookie that survived.

        Raises LaunchTurned for every launch that is refused.
        """
        launch = Launch(form, self)
        try:
            target = self._checked(launch, browser)
        except LaunchRefused as refusal:
            raise self._turned(launch, _declined(form, refusal)) from refusal
        secret, token = self._opened(launch, target, browser)
        return _accepted(launch, secret, token)

    def receive_known(self, form: Mapping[str, str], *, browser: str) -> Accepted | None:
        """Open a launch of somebody known by a known link; None, and nothing written, for any other.

        Raises what the database's driver raises where nothing was written, OutcomeLost where
        nobody knows.
        """
        launch = _KnownLaunch(form, self)
        try:
            target = self._checked(launch, browser)
        except LaunchRefused:
            return None
        coming = Coming(launch.kept, launch.heard, launch.message_type, target, browser)
        writing = writing_of(coming, now=self.now)
        if writing is None:
            return None
        is_first = self._write_known(writing)
        return _accepted(launch, writing.secret, None) if is_first else None

    def _checked(self, launch: Launch, browser: str | None) -> Target | None:
        """Return what a launch is to show, all of it found in order; raises LaunchRefused."""
        launch.validate()
        check_in_use(launch.begun.platform)
        _check_browser(launch.begun, browser)
        return _target(launch.heard)

    def _write_known(self, writing: Writing) -> bool:
        try:
            with self.database.driver() as driver:
                return write_known(driver, writing)
        except self.database.driver_fault as fault:
            if is_cut_off(fault) and self._is_opened(writing.secret):
                return True
            raise

    def _is_opened(self, secret: str) -> bool:
        """Tell whether a session was opened, of which the answer was lost; raises OutcomeLost."""
        try:
            with self.database.reading_driver() as driver:
                return is_opened(driver, secret)
        except (SQLAlchemyError, self.database.driver_fault) as fault:
            raise OutcomeLost from fault

    def _opened(
        self, launch: Launch, target: Target | None, browser: str | None
    ) -> tuple[str, str | None]:
        """Open the session of a launch, once more where the connection broke and nothing was kept."""
        made: list[tuple[str, str | None]] = []
        try:
            self._open(launch, target, browser, made)
        except DBAPIError as fault:
            if not is_cut_off(fault):
                raise
            if not (made and self._is_opened(made[0][0])):
                made.clear()
                self._open(launch, target, browser, made)
        return made[0]

    def _open(
        self,
        launch: Launch,
        target: Target | None,
        browser: str | None,
        made: list[tuple[str, str | None]],
    ) -> None:
        """Open the session of a launch; what it is opened by stands in `made` before it is committed."""
        platform, heard = launch.begun.platform, launch.heard
        with self.database.transaction() as session:
            tenant = see_deployment(session, platform.id, heard.deployment, now=self.now)
            is_first = take_up_login(session, launch.begun)
            refusal = _standing(tenant) if is_first else used_up()
            line = _line(launch, tenant.id, refusal)
            reference = write_launch(session, line, now=self.now)
            if refusal is None:
                message = _message(launch, tenant)
                made.append(self._frame(session, message, target, browser, line.public_id))
                return
        raise _shown(launch, refusal, reference)

    def _frame(
        self,
        session: Session,
        message: Message,
        target: Target | None,
        browser: str | None,
        public_id: str,
    ) -> tuple[str, str | None]:
        secret = open_launch(
            session, message, target=target, browser=browser, public_id=public_id, now=self.now
        )
        if browser is not None:
            return secret, None
        frame = find_frame(session, secret, browser=None, now=self.now)
        return secret, offer_hand_over(session, frame.id)

    def _turned(self, launch: Launch, refusal: LaunchRefused) -> LaunchTurned:
        with self.database.transaction() as session:
            if launch.is_begun:
                take_up_login(session, launch.begun)
            reference = write_launch(session, _line(launch, None, refusal), now=self.now)
        return _shown(launch, refusal, reference)


class _KnownLaunch(Launch):
    """A launch that reads all that is kept of it together with its login, before its message is proven."""

    kept: Kept

    def __init__(self, form: Mapping[str, str], reception: LaunchHandler) -> None:
        super().__init__(form, reception)
        self._reception = reception

    def validate_state(self) -> Launch:
        """Take the token apart, and find the login of this state and what the token names."""
        super().validate_jwt_format()
        self.kept = self._reception.find_kept(self._get_request_param("state"), self.claims)
        self._begun = self.kept.begun
        return self

    def validate_jwt_format(self) -> Launch:
        """Do nothing: the token was taken apart with the state."""
        return self


def _line(launch: Launch, deployment: int | None, refusal: LaunchRefused | None) -> Occurrence:
    known = launch.platform
    return Occurrence(
        registration_id=None if known is None else known.id,
        deployment_id=deployment,
        message_type=launch.message_type,
        refusal=refusal,
    )


def _message(launch: Launch, tenant: Tenant) -> Message:
    return launch.heard.message(
        launch.begun.platform,
        deployment_id=tenant.id,
        organization_id=tenant.organization_id or 0,
    )


def _accepted(launch: Launch, secret: str, token: str | None) -> Accepted:
    return Accepted(
        secret=secret,
        platform=launch.begun.platform,
        origins=launch.heard.origins,
        return_url=launch.heard.services.return_url,
        storage_target=launch.begun.storage_target,
        hand_over=token,
    )


def _shown(launch: Launch, refusal: LaunchRefused, reference: str) -> LaunchTurned:
    known = launch.platform
    heard = launch.heard if launch.is_read else None
    return LaunchTurned(
        refusal,
        reference,
        origins=(() if known is None else known.origins) if heard is None else heard.origins,
        return_url=launch.return_url,
        deployment=None if heard is None else heard.deployment,
    )


def _declined(form: Mapping[str, str], refusal: LaunchRefused) -> LaunchRefused:
    """Say it plainly where the platform sent an error in the token's place (OpenID Connect, 3.1.2.6)."""
    error = form.get("error")
    if not error or refusal.code not in ("token_missing", "state_missing"):
        return refusal
    said = f"{error}: {form.get('error_description', '')}"[:200]
    return LaunchRefused(
        refusal.status, "platform_declined", PLATFORM_DECLINED, advice=TRY_AGAIN, detail=said
    )


def _check_browser(begun: Begun, browser: str | None) -> None:
    if browser is not None and not hmac.compare_digest(hashed(browser), begun.browser_hash):
        raise LaunchRefused(401, "browser_wrong", OTHER_BROWSER, advice=TRY_AGAIN)


def _standing(tenant: Tenant) -> LaunchRefused | None:
    if tenant.state is DeploymentState.PENDING:
        return LaunchRefused(403, "deployment_pending", PENDING, advice=PENDING_ADVICE)
    if tenant.state is DeploymentState.REFUSED:
        return not_entitled("deployment_refused", REFUSED)
    return None


def _target(heard: Heard) -> Target | None:
    """Return what is to be shown: custom parameters first, then the signed link's own query."""
    query = dict(parse_qsl(urlsplit(heard.target_link_uri).query))
    try:
        return read_target(heard.custom) or read_target(query)
    except Invalid as fault:
        raise malformed("target_malformed", NO_PLACE) from fault
