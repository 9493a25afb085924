"""Concurrent changes of logins and passes: real threads, on both database engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from lms.accounts import email_aliases
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict
from lms.grants import grants
from lms.grants.grants import NewPass, Target
from lms.models.accounts import Login, LoginAlias
from lms.models.grants import Grant, Scope
from lms.people import login_merges
from tests.cast import Cast, Person
from tests.clock import NOW

NEW_YORK = ZoneInfo("America/New_York")
Act = Callable[[], object]


def together(*acts: Act) -> list[bool]:
    """Run all acts at once; return for each whether it succeeded."""
    ready = Barrier(len(acts))

    def start(act: Act) -> bool:
        ready.wait()
        try:
            act()
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(len(acts)) as crowd:
        return list(crowd.map(start, acts))


def test_concurrent_merges_never_make_a_chain(database: Database, cast: Cast) -> None:
    def merging_into(kept: Person, merged: Person) -> Act:
        def act() -> None:
            with database.transaction() as session:
                login_merges.merge(
                    session,
                    kept=kept.public_id,
                    merged=merged.public_id,
                    hooks=(),
                    actor=None,
                    now=NOW,
                )

        return act

    ring = (cast.alice, cast.bob, cast.carol, cast.dan)
    for _ in range(5):
        done = together(*(merging_into(ring[place], ring[place - 1]) for place in range(len(ring))))
        assert any(done)
        kept = aliased(Login)
        with database.read_session() as session:
            chained = (
                select(func.count()).select_from(Login).join(kept, kept.id == Login.merged_into)
            )
            assert session.scalar(chained.where(kept.merged_into.is_not(None))) == 0
            merged = session.scalars(
                select(Login.public_id).where(Login.merged_into.is_not(None))
            ).all()
        for login in merged:
            with database.transaction() as session:
                login_merges.unmerge(session, login, actor=None, now=NOW)


def test_concurrent_renewals_follow_each_other(database: Database, cast: Cast) -> None:
    def renew() -> None:
        with database.transaction() as session:
            new = NewPass(cast.bob.id, Target(Scope.EVERYTHING))
            grants.add_pass(session, new, zone=NEW_YORK, actor=None, now=NOW)

    together(*[renew] * 4)
    with database.read_session() as session:
        terms = session.execute(
            select(Grant.starts_at, Grant.ends_at)
            .where(Grant.login_id == cast.bob.id)
            .order_by(Grant.starts_at)
        ).all()
    assert len(terms) == 5
    assert [term.starts_at for term in terms[1:]] == [term.ends_at for term in terms[:-1]]


def test_address_added_concurrently_belongs_to_one_login(database: Database, cast: Cast) -> None:
    def adding(person: Person) -> Act:
        def act() -> None:
            with database.transaction() as session:
                address = read_address("desk@other.example")
                email_aliases.add_alias(session, person.id, address, actor=None, now=NOW)

        return act

    done = together(*map(adding, (cast.alice, cast.bob, cast.carol, cast.dan)))
    assert done.count(True) == 1
    with database.read_session() as session:
        assert session.scalar(select(func.count(LoginAlias.id))) == 1
