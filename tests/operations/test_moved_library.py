"""Certificates, invoices, launches, and access still work after a move to PostgreSQL and S3."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Decision, decide
from lms.app import create_app
from lms.core.database import IN_USE, Database
from lms.core.runtime import Carrel, open_carrel
from lms.documents.stored_pdfs import ensure_pdf
from lms.models.accounts import Login
from lms.models.documents import Document
from lms.operations import database_move
from lms.web.wsgi_middleware_stack import front
from media.storage.storage_copy import copy_new
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_grant, make_login, make_recording, make_webinar
from tests.lti.tool_server import connected, is_open
from tests.operations.test_database_move import MINUTE
from tests.platform.platform import Platform
from tests.platform.web_server import answering, bound
from tests.sales.order_fixtures import GROUP, placed
from tests.seat_rows import add_pool
from tests.servers.s3 import S3Server
from tests.web.certificates.test_verify import give
from wsgi import COMPONENTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PAIRS, SEED = 1000, 19


@pytest.fixture
def moved(
    carrel: Carrel, database: Database, postgresql_url: str, s3_server: S3Server
) -> Iterator[Carrel]:
    """The installation to move to; nothing has been moved yet."""
    if not database.is_sqlite:
        pytest.skip("only SQLite is moved")
    settings = replace(
        carrel.settings,
        database_url=postgresql_url,
        storage_url=s3_server.url("files"),
        s3_endpoint=s3_server.endpoint,
        s3_access_key=s3_server.access_key,
        s3_secret_key=s3_server.secret_key,
    )
    made = open_carrel(settings)
    yield made
    made.database.dispose()
    database.set_freeze_mark(IN_USE)  # other tests use the same one


def move(old: Carrel, new: Carrel) -> None:
    copy_new(old.storage, new.storage, scratch=old.settings.scratch, tell=lambda _so_far: None)
    database_move.move(old.database, new.database, lasts=MINUTE, now=NOW)


def test_old_certificate_verifies_and_old_invoice_keeps_its_hash(
    carrel: Carrel, cast: Cast, clock: Clock, moved: Carrel
) -> None:
    certificate = give(carrel.database, cast)  # type: ignore[no-untyped-call]  # a fixture of pages
    placed(carrel.database, GROUP)
    with carrel.database.read_session() as session:
        invoice = session.scalars(select(Document.public_id)).one()
    with carrel.storage.open(ensure_pdf(carrel, invoice)) as file:
        before = hashlib.sha256(file.read()).hexdigest()
    move(carrel, moved)
    client = create_app(moved, COMPONENTS).test_client()
    assert "notice-done" in client.get(f"/verify/{certificate}").text
    with moved.database.read_session() as session:
        kept = session.scalars(select(Document)).one()
    with moved.storage.open(kept.pdf_key or "") as file:
        assert hashlib.sha256(file.read()).hexdigest() == before == kept.pdf_sha256


def test_lms_links_still_launch(
    carrel: Carrel, cast: Cast, platform: Platform, moved: Carrel
) -> None:
    with carrel.database.transaction() as session:
        add_pool(session, cast.organization_id, cast.webinar_id)
    with connected(carrel, platform) as connection:
        assert is_open(connection.launch())
    move(carrel, moved)
    address = urlsplit(connection.url).netloc
    after = replace(moved, settings=replace(moved.settings, base_url=connection.url))
    with answering(bound(address, None), front(create_app(after, COMPONENTS), after)):
        answer = connection.launch()
        assert is_open(answer), answer.text


def test_a_thousand_people_keep_their_access(
    carrel: Carrel, cast: Cast, clock: Clock, moved: Carrel
) -> None:
    chance = random.Random(SEED)  # noqa: S311  (the same pairs in each run)
    with carrel.database.transaction() as session:
        webinars = [make_webinar(session) for _ in range(20)]
        for webinar in webinars[::2]:
            make_recording(session, webinar)
        for number in range(200):
            login = make_login(session, f"reader{number}@example.org")
            make_grant(session, login, chance.choice(webinars))
        ids = [one.id for one in webinars]
        logins = list(session.scalars(select(Login.id)))
    pairs = [(chance.choice(logins), chance.choice(ids)) for _ in range(PAIRS)]
    before = decisions(carrel.database, pairs)
    move(carrel, moved)
    assert decisions(moved.database, pairs) == before
    assert len(set(map(type, before))) > 1


def decisions(database: Database, pairs: list[tuple[int, int]]) -> list[Decision]:
    with database.read_session() as session:
        cases = [load_case(session, login_id=one, webinar_id=other) for one, other in pairs]
    return [decide(case.login, case.webinar, Action.RECORDING, NOW) for case in cases]
