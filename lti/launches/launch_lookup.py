"""Launch lookup: reads the login of a state and all known rows that its message names.

One query uses the names in the message before its signature is checked. That is safe: it runs only for
a state issued here, changes nothing, and its result is sent to no one (docs/decisions/lti-launches.md).
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, bindparam, select

from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.model_base import Base
from lms.core.runtime import hash_secret
from lms.lti_facade.learner_logins import learners_name
from lti.launches.login_state import BEGUN, PENDING_LOGINS, Begun, used_up
from lti.models.courses import Context, ResourceLink
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Deployment, DeploymentState, Registration
from lti.protocol.spec_vocabulary import CONTEXT, DEPLOYMENT_ID, RESOURCE_LINK
from lti.protocol.token_parts import Claims
from lti.registrations.platform_lookup import platform_of_row

LONGEST_STATE: Final = 200

_REGISTRATIONS, _DEPLOYMENTS, _IDENTITIES, _CONTEXTS, _LINKS = (
    Base.metadata.tables[model.__tablename__]
    for model in (Registration, Deployment, Identity, Context, ResourceLink)
)
_registration, _deployment, _identity, _context, _link = (
    table.c for table in (_REGISTRATIONS, _DEPLOYMENTS, _IDENTITIES, _CONTEXTS, _LINKS)
)


class Known(NamedTuple):
    """The columns of `_FIND` after those of the login, in order; None for what is new or not named."""

    deployment_id: int | None = None
    organization_id: int | None = None
    deployment_seen_at: datetime | None = None
    identity_id: int | None = None
    login_id: int | None = None
    email: str | None = None
    name: str | None = None
    sis_id: str | None = None
    has_come: bool | None = None
    came_by: int | None = None
    identity_seen_at: datetime | None = None
    context_id: int | None = None
    context_title: str | None = None
    line_items_url: str | None = None
    memberships_url: str | None = None
    context_seen_at: datetime | None = None
    link_id: int | None = None
    link_title: str | None = None
    target: dict[str, Any] | None = None
    scopes: str | None = None
    line_item_url: str | None = None
    link_seen_at: datetime | None = None


class Found(NamedTuple):
    """A pending login, and the known rows that the message names."""

    begun: Begun
    known: Known


def _find() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *BEGUN,
            _deployment.id,
            _deployment.organization_id,
            _deployment.seen_at,
            _identity.id,
            _identity.login_id,
            _identity.email,
            learners_name(_identity.login_id),
            _identity.sis_id,
            _identity.has_come,
            _identity.registration_id,
            _identity.seen_at,
            _context.id,
            _context.title,
            _context.line_items_url,
            _context.memberships_url,
            _context.seen_at,
            _link.id,
            _link.title,
            _link.target,
            _link.scopes,
            _link.line_item_url,
            _link.seen_at,
        )
        .select_from(PENDING_LOGINS)
        .join(_REGISTRATIONS, _registration.id == PENDING_LOGINS.c.registration_id)
        .outerjoin(
            _DEPLOYMENTS,
            and_(
                _deployment.registration_id == _registration.id,
                _deployment.deployment_id == bindparam("deployment"),
                _deployment.state == DeploymentState.APPROVED,
            ),
        )
        .outerjoin(
            _IDENTITIES,
            and_(
                _identity.issuer == _registration.issuer,
                _identity.organization_id == _deployment.organization_id,
                _identity.sub == bindparam("sub"),
            ),
        )
        .outerjoin(
            _CONTEXTS,
            and_(
                _context.deployment_id == _deployment.id,
                _context.context_id == bindparam("course"),
            ),
        )
        .outerjoin(
            _LINKS,
            and_(
                _link.context_id == _context.id,
                _link.resource_link_id == bindparam("link"),
            ),
        )
        .where(PENDING_LOGINS.c.state_hash == bindparam("state_hash"))
    )


_FIND: Final = CompiledStatement(_find())


def find_launch(driver: Driver, state: str, claims: Claims, *, now: datetime) -> Found:
    """Return the login of a state and the known rows that the claims name, authentic or not.

    Raises LaunchRefused if no login has this state, or if it expired.
    """
    state_hash = hash_secret(state[:LONGEST_STATE])
    course, link = (claims.get(name) for name in (CONTEXT, RESOURCE_LINK))
    named = {
        "deployment": claims.get(DEPLOYMENT_ID),
        "sub": claims.get("sub"),
        "course": course.get("id") if isinstance(course, dict) else None,
        "link": link.get("id") if isinstance(link, dict) else None,
    }
    sought = {name: said if isinstance(said, str) else None for name, said in named.items()}
    row = _FIND.one(driver, {"state_hash": state_hash, **sought})
    if row is None or row[0] <= now:
        raise used_up()
    _expires_at, nonce_hash, browser_hash, storage_target, *platform = row[: len(BEGUN)]
    begun = Begun(
        platform_of_row(tuple(platform)), state_hash, nonce_hash, browser_hash, storage_target
    )
    return Found(begun, Known(*row[len(BEGUN) :]))
