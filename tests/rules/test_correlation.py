"""tests/correlation.py finds tables that are joined again by mistake."""

import pytest
from sqlalchemy import exists, select

from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant


def test_joining_a_table_of_the_outer_statement_again_is_an_error() -> None:
    theirs = exists().where(Grant.login_id == Login.id)
    inner = exists().where(Webinar.id == Grant.webinar_id, theirs)
    assert "login" in str(select(Login).where(theirs))
    with pytest.raises(AssertionError, match="correlate"):
        str(select(Login).where(inner))


def test_subquery_can_have_its_own_copy_of_a_table() -> None:
    other = select(Login.id).where(Login.name == "Ada")
    webinars = exists().where(Webinar.id == Grant.webinar_id, Grant.login_id.in_(other))
    assert str(select(Login).where(webinars)).count("FROM login") == 2
