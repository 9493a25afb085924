"""Pages stay small with a large catalog: long lists are searched or paginated."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.app import create_app
from lms.core.clock import now
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.models.catalog import (
    Presenter,
    Series,
    Webinar,
    WebinarPresenter,
    WebinarSeries,
    WebinarState,
)
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.models.training import TrainingGroup
from tests.browser.route_walk import Stop, World, furnish, walk
from tests.conftest import SECRET_KEY
from tests.servers.databases import Databases
from tests.visitor import Visitor
from wsgi import COMPONENTS

pytestmark = pytest.mark.timeout(600)

OF_EACH: Final = 2_000
UPCOMING: Final = 100
AS_A_MANAGER: Final = ("/", "/library", "/webinars/large-1")
MOST_BYTES: Final = 200_000  # of HTML, before compression


@pytest.fixture
def world(tmp_path: Path, made_databases: Databases, worker_id: str) -> Iterator[World]:
    """The demo with a library that bought 2,000 webinars and has 2,000 groups and members."""
    environ = {
        "CARREL_DATA_DIR": str(tmp_path),
        "CARREL_DATABASE_URL": made_databases.prepared(f"carrel_page_size_{worker_id}"),
        "CARREL_BASE_URL": "http://localhost",
        "CARREL_SECRET_KEY": SECRET_KEY,
    }
    carrel = open_carrel(Settings.from_env(environ))
    made = furnish(carrel, "http://localhost")
    with carrel.database.transaction() as session:
        add_webinars(session)
        add_to_library(session, made.values["organization_id"])
    yield made
    carrel.database.dispose()


def add_webinars(session: Session) -> None:
    """Add 2,000 announced webinars, each with its own presenter and series."""
    at = now()
    numbers = range(OF_EACH)
    webinars = [
        Webinar(
            slug=f"large-{number}",
            title=f"A webinar with an ordinarily long title, number {number}",
            held_at=at + timedelta(days=30 if number < UPCOMING else -30, minutes=number),
            zone="America/New_York",
            minutes=60,
            state=WebinarState.ANNOUNCED,
            created_at=at,
            updated_at=at,
            announced_at=at,
        )
        for number in numbers
    ]
    presenters = [
        Presenter(slug=f"presenter-{number}", name=f"Presenter Number {number}", created_at=at)
        for number in numbers
    ]
    series = [
        Series(slug=f"series-{number}", title=f"A series, number {number}", created_at=at)
        for number in numbers
    ]
    session.add_all([*webinars, *presenters, *series])
    session.flush()
    for webinar, presenter, one in zip(webinars, presenters, series, strict=True):
        session.add(WebinarPresenter(webinar_id=webinar.id, presenter_id=presenter.id, position=1))
        session.add(WebinarSeries(webinar_id=webinar.id, series_id=one.id))


def add_to_library(session: Session, organization_id: str) -> None:
    """Give a library seats for each webinar, groups, and member organizations."""
    at = now()
    library = session.scalars(
        select(Organization).where(Organization.public_id == organization_id)
    ).one()
    webinars = session.scalars(select(Webinar.id).where(Webinar.slug.like("large-%"))).all()
    pools = [
        Pool(
            organization_id=library.id,
            scope=Scope.WEBINAR,
            webinar_id=one,
            is_permanent=True,
            capacity=5,
            created_at=at,
        )
        for one in webinars
    ]
    session.add_all(pools)
    session.flush()
    session.add_all(
        Grant(
            pool_id=pool.id,
            kind=OfferKind.GROUP_SEATS,
            seats=5,
            scope=Scope.WEBINAR,
            webinar_id=pool.webinar_id,
            starts_at=at,
            created_at=at,
        )
        for pool in pools
    )
    for number in range(OF_EACH):
        name = f"Branch number {number}"
        session.add(TrainingGroup(organization_id=library.id, name=name, created_at=at))
        session.add(
            Organization(
                slug=f"member-{number}",
                name=f"Member library number {number}",
                parent_id=library.id,
                created_at=at,
            )
        )


def test_no_page_exceeds_the_size_limit_with_a_large_catalog(world: World) -> None:
    app = create_app(world.carrel, COMPONENTS)
    heavy, opened = {}, 0
    for stop in (*walk(world).stops, *(Stop("mia", path) for path in AS_A_MANAGER)):
        visitor = Visitor(app)
        login_id = world.logins[stop.who]
        if login_id is not None:
            visitor.sign_in(login_id)
        answer = visitor.get(stop.path)
        if answer.mimetype != "text/html":
            continue
        opened += answer.status_code == 200
        if len(answer.data) > MOST_BYTES:
            heavy[f"{stop.who} {stop.path}"] = len(answer.data)
    assert opened > 200
    assert heavy == {}
