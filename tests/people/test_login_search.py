"""Finding people by parts of their current names and addresses."""

import pytest
from sqlalchemy import delete, select

from lms.accounts import email_aliases
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.list_queries import Page
from lms.models.accounts import Login, LoginAlias
from lms.people import login_search
from lms.people.login_search import PersonRow, Show, find_people
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login


def found(database: Database, query: str, show: Show = Show.EVERYONE) -> list[str]:
    with database.read_session() as session:
        people = find_people(session, query, show=show)
    assert people.total == len(people.items)
    return [one.name for one in people.items]


@pytest.fixture
def noor(database: Database, cast: Cast) -> int:
    with database.transaction() as session:
        login = make_login(session, "noor.o_brien@hill.example.org", name='Noor "Ö" O\'Brien 100%')
        return login.id


@pytest.mark.parametrize(
    "query",
    [
        "noor",
        "NOOR",
        "oor",
        "o'br",
        "O'Brien noor",
        "hill.example",
        "noor hill",
        "ill",
        "ri",
        "no hill",
        '"Ö"',
        "100%",
        "o_b",
        "noor.o_brien@hill.example.org",
    ],
)
def test_person_is_found_by_any_part_of_name_or_address(
    database: Database, noor: int, query: str
) -> None:
    assert found(database, query) == ['Noor "Ö" O\'Brien 100%']


@pytest.mark.parametrize("query", ["noorr", "noor alice", "%%%", "o%b", "n_o", "noor OR alice"])
def test_query_language_characters_are_taken_literally(
    database: Database, noor: int, query: str
) -> None:
    assert 'Noor "Ö" O\'Brien 100%' not in found(database, query)


def test_only_the_current_name_and_addresses_are_found(database: Database, noor: int) -> None:
    with database.transaction() as session:
        login = session.get_one(Login, noor)
        login.name, login.email, login.email_key = "Nora", "nora@dale.example", "nora@dale.example"
        login.recovery_email = login.recovery_key = "spare@glen.example"
    assert found(database, "nora dale") == found(database, "glen") == ["Nora"]
    assert found(database, "noor") == found(database, "hill.") == []


def test_further_addresses_are_found_until_removed(database: Database, noor: int) -> None:
    with database.transaction() as session:
        further = read_address("thornbury@other.example")
        email_aliases.add_alias(session, noor, further, actor=None, now=NOW)
    assert len(found(database, "thornbury noor")) == 1
    with database.transaction() as session:
        session.execute(delete(LoginAlias))
    assert found(database, "thornbury") == []


def test_deleted_login_is_not_found(database: Database, noor: int) -> None:
    with database.transaction() as session:
        email_aliases.add_alias(session, noor, read_address("x@other.example"), actor=None, now=NOW)
        session.execute(delete(Login).where(Login.id == noor))
    assert found(database, "noor") == []


def test_public_id_finds_only_its_login(database: Database, cast: Cast) -> None:
    assert found(database, cast.dan.public_id.upper()) == ["Dan"]
    assert found(database, cast.dan.public_id, Show.STAFF) == []


def test_search_is_filtered_by_role(database: Database, cast: Cast) -> None:
    assert found(database, "example.org", Show.STAFF) == ["Ada"]


def test_exact_address_comes_first_then_the_newest(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        for name in ("Al", "Bo"):
            make_login(session, f"{name}-dan@example.org".lower(), name=name)
        make_login(session, "z-dan@example.org.example", name="Zed")
    assert found(database, "dan@example.org") == ["Dan", "Zed", "Bo", "Al"]


def test_pages_do_not_overlap(database: Database, cast: Cast) -> None:
    def page(offset: int) -> Page[PersonRow]:
        with database.read_session() as session:
            return find_people(session, "example", offset=offset, limit=4)

    first, second = page(0), page(4)
    assert (first.total, second.total) == (6, 6)
    assert len({one.public_id for one in (*first.items, *second.items)}) == 6


def test_common_word_finds_only_the_newest(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_search, "MOST", 3)
    for query in ("example", "e", "exam ple"):
        with database.read_session() as session:
            first = find_people(session, query, limit=2)
            second = find_people(session, query, offset=2, limit=2)
            newest = session.scalars(select(Login.public_id).order_by(Login.id.desc()).limit(3))
            assert [one.public_id for one in (*first.items, *second.items)] == newest.all()
        assert (first.total, first.has_more) == (second.total, second.has_more) == (3, True)
    with database.read_session() as session:
        ada = find_people(session, "example", show=Show.STAFF)
    assert (ada.total, ada.has_more) == (1, False)
