"""Authorized platform calls: with an access token, renewed once when refused."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.core.encryption import LoadedKey
from lti.http.access_tokens import Platform, Token, Tokens
from lti.http.platform_calls_and_outcomes import Call, Denied, Later, Outcome, make_call
from lti.models.registrations_and_keys import Registration

UNAUTHORIZED: Final = 401


def find_platform(
    session: Session, registration_id: int, deployment_id: str | None = None
) -> Platform:
    """Return what calls to the platform of a registration (row id) need; `deployment_id` is the platform's."""
    row = session.get_one(Registration, registration_id)
    return Platform(
        registration_id=row.id,
        client_id=row.client_id,
        token_url=row.token_url,
        audience=row.token_audience or row.token_url,
        allows_loopback=row.allows_loopback,
        deployment_id=deployment_id,
    )


class Services:
    """Calls to the services of platforms, with access tokens; `key` returns our signing key."""

    def __init__(self, key: Callable[[], LoadedKey]) -> None:
        self._key = key
        self._tokens = Tokens()

    def call(
        self, platform: Platform, scopes: Iterable[str], call: Call, *, now: datetime
    ) -> Outcome:
        """Make a call with a token for these scopes.

        A 401 renews the token once, since it may have been revoked or the platform restored from a
        backup.
        """
        wanted = frozenset(scopes)
        outcome: Outcome = Denied("")
        for _ in range(2):
            token = self._tokens.get(platform, wanted, key=self._key(), now=now)
            if not isinstance(token, Token):
                return token
            outcome = make_call(_with_token(call, platform, token))
            if not (isinstance(outcome, Denied) and outcome.status == UNAUTHORIZED):
                return outcome
            self._tokens.drop(platform, wanted, token)
        return (
            Later(outcome.reason, status=UNAUTHORIZED) if isinstance(outcome, Denied) else outcome
        )


def _with_token(call: Call, platform: Platform, token: Token) -> Call:
    headers = {**call.headers, "Authorization": f"Bearer {token.secret}"}
    return replace(call, headers=headers, allows_loopback=platform.allows_loopback)
