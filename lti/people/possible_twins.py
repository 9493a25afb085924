"""Possible twins: logins from one institution's LMSs that may belong to one person.

A person who launches from two LMSs, or has two records at one institution, has a login for each
(PRODUCT.md, I3). Our team sees them and can merge them; matching emails alone never link anything.
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
# The strongest evidence first: only the first match of a pair is reported.
_ALIKE: Final[tuple[tuple[Likeness, ColumnElement[bool]], ...]] = (
    (Likeness.USER, and_(_mine.issuer == _other.issuer, _mine.sub == _other.sub)),
    (Likeness.SIS_ID, _mine.sis_id == _other.sis_id),
    (Likeness.EMAIL, _mine.email_key == _other.email_key),
)


def twins_of(session: Session, login_ids: Sequence[int]) -> tuple[LikeLogins, ...]:
    """Return logins that may belong to the same person as these, in the same institution."""
    return _alike(
        session,
        _mine.login_id.in_(login_ids),
        _other.organization_id.in_(family_of(_mine.organization_id)),
    )


def twins_between(session: Session, organization_id: int, other_id: int) -> tuple[LikeLogins, ...]:
    """Return logins that may belong to one person, between two organizations including those merged into them."""
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
