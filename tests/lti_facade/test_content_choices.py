"""What an organization can add to its courses, on the database of this run."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from lms.access.policy import Action, Code, Turned
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.lti_facade.content_choices import (
    PAGE_SIZE,
    Sought,
    find_choice,
    find_choices,
    find_series,
    read_selection,
)
from lms.lti_facade.viewer_access_facts import Presence, Visitor, read_standing
from lms.models.catalog import Series, Webinar, WebinarSeries, WebinarState
from lms.models.grants import Scope, Withdrawal
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.search import webinar_search
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_series,
    make_webinar,
)

NOTHING = Sought()


def playable(session: Session, slug: str, **values: object) -> Webinar:
    webinar = make_webinar(session, slug, **values)  # type: ignore[arg-type]  # as make_webinar takes
    make_recording(session, webinar)
    return webinar


def sell(session: Session, webinar: Webinar | None, **term: object) -> Organization:
    """Add an organization with ten seats of a webinar, or of everything."""
    buyer = make_organization(session)
    make_pool_grant(session, make_pool(session, buyer, webinar), **term)  # type: ignore[arg-type]
    return buyer


def titles(session: Session, organization: Organization, sought: Sought = NOTHING) -> list[str]:
    found = read_selection(session, organization.id, sought, now=NOW)
    assert found.total >= len(found.items)
    return [one.slug for one in found.items]


def test_choices_are_the_pools_webinars_and_free_ones(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        bought = playable(session, "bought")
        playable(session, "free-one", free=True)
        playable(session, "somebody-elses")
        assert sorted(titles(session, sell(session, bought))) == ["bought", "free-one"]


def test_organization_without_seats_can_use_only_free_webinars(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        assert titles(session, make_organization(session)) == []
        playable(session, "free-one", free=True)
        assert titles(session, make_organization(session)) == ["free-one"]


@pytest.mark.parametrize(
    "term",
    [
        {"starts_at": NOW + timedelta(days=1)},
        {"starts_at": NOW - timedelta(days=30), "ends_at": NOW - timedelta(days=1)},
    ],
    ids=["not begun", "ended"],
)
def test_inactive_pool_offers_nothing(
    database: Database, cast: Cast, term: dict[str, object]
) -> None:
    with database.transaction() as session:
        assert (
            titles(session, sell(session, session.get_one(Webinar, cast.webinar_id), **term)) == []
        )


def test_refunded_grant_offers_nothing(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        buyer = make_organization(session)
        pool = make_pool(session, buyer, session.get_one(Webinar, cast.webinar_id))
        line = make_pool_grant(session, pool)
        line.revoked_at, line.revoked_as = NOW, Withdrawal.REFUNDED
        session.flush()
        assert titles(session, buyer) == []


def test_term_includes_webinars_held_before_its_end(database: Database, cast: Cast) -> None:
    ends_at = NOW + timedelta(days=10)
    with database.transaction() as session:
        playable(session, "after-the-end", held_at=ends_at + timedelta(days=1))
        buyer = sell(session, None, ends_at=ends_at)
        assert titles(session, buyer) == [cast.slug]
        after = session.query(Webinar).filter_by(slug="after-the-end").one()
        with pytest.raises(NotFound):
            find_choice(session, buyer.id, after.public_id, now=NOW)


def test_allotted_pool_counts_for_the_member_organization(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        above, child = make_organization(session), make_organization(session)
        pool = make_pool(session, above, session.get_one(Webinar, cast.webinar_id))
        make_pool_grant(session, pool)
        make_pool(
            session,
            child,
            session.get_one(Webinar, cast.webinar_id),
            capacity=3,
            allotted_from=pool,
        )
        assert titles(session, child) == [cast.slug]


def test_drafts_removed_webinars_and_those_without_a_recording_are_not_offered(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        playable(session, "draft", state=WebinarState.DRAFT)
        playable(session, "pulled", state=WebinarState.PULLED, pulled_reason="Safety")
        make_webinar(session, "to-come", held_at=NOW + timedelta(days=1))
        playable(session, "withdrawn", state=WebinarState.WITHDRAWN)
        buyer = sell(session, None)
        assert sorted(titles(session, buyer)) == sorted([cast.slug, "withdrawn"])


def test_withdrawn_free_webinar_is_not_offered(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        playable(session, "free-before", free=True, state=WebinarState.WITHDRAWN)
        assert titles(session, make_organization(session)) == []


def test_search_finds_words_within_what_can_be_used(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        weeding, knots = playable(session, "weeding"), playable(session, "weeding-knots")
        webinar_search.keep(session, (weeding.id, knots.id))
        buyer = sell(session, knots)
        assert titles(session, buyer, Sought(query="weeding")) == ["weeding-knots"]
        assert titles(session, buyer, Sought(query="nothing like it")) == []
        assert titles(session, buyer, Sought(query="!!")) == []


def test_series_counts_usable_recordings_and_filters_the_list(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        row = make_series(session, "desk")
        mine, other = playable(session, "mine"), playable(session, "other")
        playable(session, "outside")
        session.add_all(WebinarSeries(webinar_id=one.id, series_id=row.id) for one in (mine, other))
        session.flush()
        buyer = sell(session, mine)
        found = read_selection(session, buyer.id, Sought(series=row.public_id), now=NOW)
        assert [one.slug for one in found.items] == ["mine"]
        assert [(one.public_id, one.recordings) for one in found.series] == [(row.public_id, 1)]
        assert find_series(session, buyer.id, row.public_id, now=NOW).recordings == 1
        with pytest.raises(NotFound):
            find_series(session, make_organization(session).id, row.public_id, now=NOW)


def test_pool_of_a_series_covers_its_webinars(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        row, inside = make_series(session, "desk"), playable(session, "inside")
        session.add(WebinarSeries(webinar_id=inside.id, series_id=row.id))
        buyer = make_organization(session)
        pool = _series_pool(session, buyer, row)
        make_pool_grant(session, pool)
        assert titles(session, buyer) == ["inside"]
        assert set(find_choices(session, buyer.id, [inside.public_id], now=NOW)) == {
            inside.public_id
        }


def test_webinar_excluded_from_passes_is_offered_only_to_its_buyer(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        row, alone = make_series(session, "desk"), playable(session, "alone")
        session.add(WebinarSeries(webinar_id=alone.id, series_id=row.id))
        buyers = make_organization(session), make_organization(session)
        make_pool_grant(session, _series_pool(session, buyers[0], row))
        make_pool_grant(session, make_pool(session, buyers[1]))
        own = sell(session, alone)
        alone.is_in_passes = False
        session.flush()
        assert ["alone" in titles(session, one) for one in (*buyers, own)] == [False, False, True]
        for buyer in buyers:
            with pytest.raises(NotFound):
                find_choice(session, buyer.id, alone.public_id, now=NOW)


def test_contract_learner_loses_access_when_a_webinar_leaves_passes(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        buyer = make_organization(session)
        make_pool_grant(session, make_pool(session, buyer))
        webinar = session.get_one(Webinar, cast.webinar_id)
        visitor = Visitor(cast.dan.id, buyer.id, Presence.LEARNER)
        assert read_standing(session, visitor, webinar.id).takes_a_seat(NOW)
        webinar.is_in_passes = False
        session.flush()
        standing = read_standing(session, visitor, webinar.id)
        assert standing.decide(Action.RECORDING, NOW) == Turned(Code.NO_GRANT, None, ())
        assert not standing.may_begin(NOW)
        assert standing.is_in_the_library(NOW)


def _series_pool(session: Session, buyer: Organization, row: Series) -> Pool:
    pool = make_pool(session, buyer)
    pool.scope, pool.series_id = Scope.SERIES, row.id
    session.flush()
    return pool


def test_pages_are_newest_first_and_end(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        for number in range(PAGE_SIZE + 1):
            playable(session, f"w{number}", held_at=NOW - timedelta(days=100 + number))
        buyer = sell(session, None)
        first, second = (
            read_selection(session, buyer.id, Sought(page=page), now=NOW) for page in (1, 2)
        )
        assert first.total == second.total == PAGE_SIZE + 2
        assert [one.slug for one in first.items][:2] == [cast.slug, "w0"]
        assert [one.slug for one in second.items] == [f"w{PAGE_SIZE - 1}", f"w{PAGE_SIZE}"]
        with pytest.raises(NotFound):
            read_selection(session, buyer.id, Sought(page=3), now=NOW)


def test_webinar_of_another_organization_cannot_be_chosen(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        bought, free = playable(session, "bought"), playable(session, "free", free=True)
        theirs = sell(session, bought)
        other = make_organization(session)
        names = [bought.public_id, free.public_id, "0" * 26]
        assert set(find_choices(session, theirs.id, names, now=NOW)) == set(names[:2])
        assert set(find_choices(session, other.id, names, now=NOW)) == {free.public_id}
        assert find_choices(session, other.id, [], now=NOW) == {}
        for name in (bought.public_id, "0" * 26):
            with pytest.raises(NotFound):
                find_choice(session, other.id, name, now=NOW)
