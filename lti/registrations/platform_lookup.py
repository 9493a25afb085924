"""Platform lookup for logins and launches: reads a registration again for each request.

Rows are not cached between requests, so that disabling a platform takes effect at once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from lms.core.model_base import Base
from lti.models.registrations_and_keys import Registration, RegistrationState
from lti.protocol.platform_urls import origins_of

_REGISTRATIONS: Final = Base.metadata.tables[Registration.__tablename__]
_column: Final = _REGISTRATIONS.c

COLUMNS: Final = (
    _column.id,
    _column.issuer,
    _column.client_id,
    _column.state,
    _column.auth_url,
    _column.jwks_url,
    _column.frame_origins,
    _column.leeway_s,
    _column.admits_anonymous,
    _column.allows_loopback,
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A registered platform; lti/models/registrations_and_keys.py explains the fields.

    `origins` can frame the tool, and the tool can send messages to them.
    """

    id: int
    issuer: str
    client_id: str
    state: RegistrationState
    auth_url: str
    jwks_url: str
    origins: tuple[str, ...]
    leeway_s: int
    admits_anonymous: bool
    allows_loopback: bool


def _of_issuer() -> Select[*tuple[Any, ...]]:
    return (
        select(*COLUMNS)
        .where(_column.issuer == bindparam("issuer"))
        .order_by(_column.state != RegistrationState.ACTIVE, _column.id)
        .limit(2)  # two already make the issuer ambiguous
    )


ALL_OF_ISSUER: Final = _of_issuer()
ONE_OF_ISSUER: Final = ALL_OF_ISSUER.where(_column.client_id == bindparam("client_id"))


@lru_cache(maxsize=1024)
def platform_of_row(row: tuple[Any, ...]) -> Platform:
    """Return the platform of a row of `COLUMNS`; cached by the row's content."""
    number, issuer, client_id, state, auth_url, jwks_url, further, *rest = row
    origins = origins_of((issuer, auth_url, *further.split()))
    return Platform(number, issuer, client_id, state, auth_url, jwks_url, origins, *rest)
