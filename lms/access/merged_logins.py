"""Merged logins: a login and those merged into it count as one person (PRODUCT.md, I2)."""

from typing import Any, Final

from sqlalchemy import ScalarSelect, Select, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import aliased

from lms.models.accounts import Login

LoginId = int | SQLColumnExpression[Any]

# Aliases, built once because one takes a millisecond, so that they don't clash with the login of the
# enclosing statement. Anything else in the ID, such as a column of that statement, is correlated to it.
_asked, _own = aliased(Login), aliased(Login)
_KEPT: Final = select(func.coalesce(_asked.merged_into, _asked.id)).correlate_except(_asked)
_LOGINS: Final = select(_own.id).correlate_except(_own)


def logins_of(login_id: LoginId) -> Select[int]:
    """Return the subquery of all logins of one person: the remaining one, and those merged into it."""
    return logins_of_kept(kept_login(login_id))


def logins_of_kept(kept: LoginId) -> Select[int]:
    """Return the subquery of all logins of one person, given the remaining one."""
    return _LOGINS.where(or_(_own.id == kept, _own.merged_into == kept))


def kept_login(login_id: LoginId) -> ScalarSelect[int]:
    """Return the subquery of a person's remaining login, into which the others were merged."""
    return _KEPT.where(_asked.id == login_id).scalar_subquery()
