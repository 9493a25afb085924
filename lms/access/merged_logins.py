"""Merged logins: a login and those merged into it count as one person (PRODUCT.md, I2)."""

from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ScalarSelect,
    Select,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from lms.models.accounts import Login

# Built once, because building an alias takes a millisecond.
_asking = aliased(Login)


_KEPT: Final = select(func.coalesce(_asking.merged_into, _asking.id))


LoginId = int | BindParameter[int] | ScalarSelect[Any]


def logins_of(login_id: LoginId) -> Select[int]:
    """Return the subquery of all logins of one person: the remaining one, and those merged into it."""
    kept = kept_login(login_id)
    return select(Login.id).where(or_(Login.id == kept, Login.merged_into == kept))


def kept_login(login_id: LoginId) -> ScalarSelect[int]:
    """Return the subquery of a person's remaining login, into which the others were merged."""
    return _KEPT.where(_asking.id == login_id).scalar_subquery()
