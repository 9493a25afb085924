"""Elm County and the same library under another name, for tests of merging."""

from dataclasses import dataclass

import pytest

from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.organizations import Organization, Role
from lms.organizations import (
    organization_merges,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
)


@dataclass(frozen=True, slots=True)
class Twins:
    """Elm County and the same library under another name, with a pool and a manager of its own."""

    elm: int
    elm_id: str
    other: int
    other_id: str
    other_pool: int
    otto: int
    otto_id: str


@pytest.fixture
def twins(database: Database, cast: Cast) -> Twins:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        other = make_organization(session, "elm-twp", name="Elm Township Public Library")
        webinar = session.get_one(Webinar, cast.webinar_id)
        pool = make_pool(session, other, webinar)
        make_pool_grant(session, pool)
        otto = make_login(session, "otto@elm.example.org", name="Otto")
        make_membership(session, other, otto, role=Role.OWNER)
        return Twins(
            elm.id,
            elm.public_id,
            other.id,
            other.public_id,
            pool.id,
            otto.id,
            otto.public_id,
        )


def merge(database: Database, kept: str = "elm-county", merged: str = "elm-twp") -> None:
    with database.transaction() as session:
        organization_merges.merge(session, kept=kept, merged=merged, actor=None, now=NOW)


def unmerge(database: Database, merged: str = "elm-twp") -> str:
    with database.transaction() as session:
        return organization_merges.unmerge(session, merged, actor=None, now=NOW)
