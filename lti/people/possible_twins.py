"""Possible twins: logins of one institution's learning systems that may be one person.

A person who launches from two systems, or by two records of one institution, has a login by each
(PRODUCT.md, I3). They are told to our team, who merge them; nothing is linked because emails match.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, aliased

from lms.core.lti_hook_types import LikeLogins, Likeness
from lms.lti_facade.organizations import family_of
from lti.models.identities import Identity

MOST: Final = 100
_mine, _other = aliased(Identity), aliased(Identity)
# The surest first: where two are alike in several ways, that one is told.
_ALIKE: Final[tuple[tuple[Likeness, ColumnElement[bool]], ...]] = (
    (Likeness.USER, and_(_mine.issuer == _other.issuer, _mine.sub == _other.sub)),
    (Likeness.SIS_ID, _mine.sis_id == _other.sis_id),
    (Likeness.EMAIL, _mine.email_key == _other.email_key),
)


def twins_of(session: Session, login_ids: Sequence[int]) -> tuple[LikeLogins, ...]:
    """Return which logins may be the person of these, in the same institution."""
    return _alike(
        session,
        _mine.login_id.in_(login_ids),
        _other.organization_id.in_(family_of(_mine.organization_id)),
    )


def twins_between(session: Session, organization_id: int, other_id: int) -> tuple[LikeLogins, ...]:
    """Return which logins of two organizations, or of those merged into them, may be one person."""
    return _alike(
        session,
        _mine.organization_id.in_(family_of(organization_id)),
        _other.organization_id.in_(family_of(other_id)),
    )


def _alike(session: Session, *where: ColumnElement[Any]) -> tuple[LikeLogins, ...]:
    found: dict[tuple[int, int], LikeLogins] = {}
    for likeness, is_alike in _ALIKE:
        rows = session.execute(
            select(_mine.login_id, _other.login_id)
            .join(_other, is_alike)
            .where(
                _mine.login_id != _other.login_id,
                _mine.is_test_user.is_(False),
                _other.is_test_user.is_(False),
                *where,
            )
            .order_by(_mine.id, _other.id)
            .limit(MOST)
        )
        for mine, other in rows:
            found.setdefault((mine, other), LikeLogins(mine, other, likeness))
    return tuple(found.values())
