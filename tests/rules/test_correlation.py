"""The check of tests/correlation.py finds what it is for."""

import pytest
from sqlalchemy import exists, select

from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant


def test_a_table_of_an_outer_statement_is_not_joined_anew() -> None:
    theirs = exists().where(Grant.login_id == Login.id)
    inner = exists().where(Webinar.id == Grant.webinar_id, theirs)
    assert "login" in str(select(Login).where(theirs))
    with pytest.raises(AssertionError, match="correlate"):
        str(select(Login).where(inner))


def test_a_subquery_may_have_the_same_table_for_itself() -> None:
    other = select(Login.id).where(Login.name == "Ada")
    webinars = exists().where(Webinar.id == Grant.webinar_id, Grant.login_id.in_(other))
    assert str(select(Login).where(webinars)).count("FROM login") == 2
