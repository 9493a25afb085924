"""Removing people by a list: the preview finds their seats and writes nothing."""

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.models.accounts import Login, LoginAlias
from lms.models.organizations import Organization, Role
from lms.organizations.staff_list_parser import read_pasted
from lms.seat_imports import removals
from lms.seat_imports.removals import Answer, Removal, preview
from lms.seats import claims
from lms.seats.pools import PoolFacts
from tests.clock import NOW
from tests.factories import make_login, make_membership
from tests.seat_imports.list_fixtures import a_pool, footprint
from tests.seat_imports.test_imports import seat


def previewed(database: Database, pool: PoolFacts, text: str) -> Removal:
    with database.read_session() as session:
        return preview(session, pool.organization_id, read_pasted(text))


def test_preview_answers_each_row_and_releases_nothing(database: Database) -> None:
    pool, other = a_pool(database), a_pool(database)
    seat(database, pool, "ann@elm.example.org")
    seat(database, other, "eve@oak.example.org")
    before = footprint(database, pool)
    text = "ANN@elm.example.org\nnobody@elm.example.org\nno address\nann@elm.example.org\neve@oak.example.org"
    removal = previewed(database, pool, text)
    assert [(row.line, row.answer) for row in removal.rows] == [
        (1, Answer.FOUND),
        (2, Answer.NOT_HERE),
        (3, Answer.INVALID),
        (4, Answer.DUPLICATE),
        (5, Answer.NOT_HERE),
    ]
    assert (removal.people, len(removal.seats)) == (1, 1)
    assert footprint(database, pool) == before


def test_person_is_found_by_any_of_their_addresses(database: Database) -> None:
    pool = a_pool(database)
    with database.transaction() as session:
        ann = make_login(session, "ann@elm.example.org", name="Ann")
        merged = make_login(session, "ann@home.example.org")
        merged.merged_into = ann.id
        session.add(
            LoginAlias(
                login_id=ann.id,
                email="ann@old.example.org",
                email_key="ann@old.example.org",
                created_at=NOW,
            )
        )
        claims.claim(session, pool.id, merged.id, actor=None, now=NOW)
        place = session.get_one(Organization, pool.organization_id)
        make_membership(session, place, session.get_one(Login, ann.id), role=Role.BILLING)
    for address in ("ann@elm.example.org", "ann@home.example.org", "ann@old.example.org"):
        [row] = previewed(database, pool, address).rows
        assert (row.answer, len(row.seats), row.role) == (Answer.FOUND, 1, Role.BILLING), address
    both = previewed(database, pool, "ann@old.example.org\nann@elm.example.org")
    assert len(both.seats) == 1
    assert [row.answer for row in both.rows] == [Answer.FOUND, Answer.NOT_HERE]  # the first row


def test_list_of_too_many_people_is_rejected(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removals, "MOST", 2)
    pool = a_pool(database)
    with pytest.raises(Invalid):
        previewed(database, pool, "a@elm.example.org,b@elm.example.org,c@elm.example.org")
