"""After the secret key is changed, open forms and players keep working for a day, and no longer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.app import create_app
from lms.core.clock import now
from lms.core.database import frozen_until
from lms.core.runtime import Carrel
from lms.core.settings import Settings, SettingsError
from lms.mail.links import signed_links
from lms.models.audit import AuditEntry
from lms.operations.findings import Finding, State
from lms.operations.health_checks import read_health
from lms.operations.secret_key_change import ACCEPTED, ACCEPTED_IN_LINKS, CHANGED, accept_old_key
from media.delivery.media_tokens import BadToken, Ticket
from tests.clock import NOW, Clock
from tests.visitor import Visitor
from wsgi import COMPONENTS

NEW = "another key for tests alone, another key for tests alone"
TICKET = Ticket("s", "renditions/v", int((NOW + timedelta(days=30)).timestamp()))
DAY, SECOND = timedelta(hours=24), timedelta(seconds=1)


def changed(carrel: Carrel, new: str = NEW) -> Carrel:
    """Start a web server with another key, and the current one as the previous key."""
    settings = replace(carrel.settings, secret_key=new, secret_key_old=carrel.settings.secret_key)
    return accept_old_key(replace(carrel, settings=settings), now)


def visitor_of(carrel: Carrel) -> Visitor:
    app = create_app(carrel, COMPONENTS)
    return Visitor(app, app.response_class)


def send(visitor: Visitor, token: str) -> int:
    data = {"email": "alice@example.org", "csrf_token": token}
    return visitor.post("/forgotten-password", data=data).status_code


def reads(carrel: Carrel, token: str) -> bool:
    try:
        return carrel.signer.read(token, 0.0) == TICKET
    except BadToken:
        return False


def old_key(carrel: Carrel) -> Finding | None:
    return next((one for one in read_health(carrel, now=now()) if one.name == "old_key"), None)


def test_forms_and_media_signed_by_the_previous_key_are_accepted_for_a_day(
    carrel: Carrel, clock: Clock
) -> None:
    before = visitor_of(carrel)
    form = before.get("/forgotten-password").text.partition('name="csrf_token" value="')[2]
    cookie = before.get_cookie("carrel-form")
    assert cookie is not None
    media, token = carrel.signer.sign(TICKET), form.partition('"')[0]
    running = changed(carrel)
    visitor = visitor_of(running)
    for moment, is_accepted in ((NOW + DAY - SECOND, True), (NOW + DAY, False)):
        clock.set(moment)
        restarted = changed(carrel)  # a restart doesn't extend it
        for each, way in ((running, visitor), (restarted, visitor_of(restarted))):
            way.set_cookie("carrel-form", cookie.value)
            assert send(way, token) == (303 if is_accepted else 400)
            assert reads(each, media) is is_accepted
            assert reads(each, each.signer.sign(TICKET))


def test_links_of_earlier_emails_work_while_the_previous_key_is_set(
    carrel: Carrel, clock: Clock
) -> None:
    signature = signed_links(carrel.settings, "/x", purpose="x").signature("id")
    running = changed(carrel)
    clock.advance(DAY)
    assert signed_links(running.settings, "/x", purpose="x").is_right("id", signature)


def test_without_a_previous_key_only_the_current_one_is_accepted(
    carrel: Carrel, clock: Clock
) -> None:
    alone = replace(carrel, settings=replace(carrel.settings, secret_key=NEW))
    assert not reads(accept_old_key(alone, now).accepting(tuple), carrel.signer.sign(TICKET))
    assert accept_old_key(alone, now) is alone
    assert old_key(alone) is None


def test_health_check_shows_until_when_the_previous_key_is_accepted(
    carrel: Carrel, clock: Clock
) -> None:
    settings = replace(carrel.settings, secret_key=NEW, secret_key_old=carrel.settings.secret_key)
    waiting = old_key(replace(carrel, settings=settings))
    assert waiting is not None
    assert (waiting.state, waiting.advice) == (State.ATTENTION, "Restart Carrel.")
    running = changed(carrel)
    said = old_key(running)
    assert said is not None
    until = {"until": "Mar 3, 2026, 10:00\u00a0AM\u00a0ET"}
    assert said.text == ACCEPTED % until
    clock.advance(DAY)
    said = old_key(running)
    assert said is not None
    assert said.state is State.OK
    assert said.text == ACCEPTED_IN_LINKS % until


def test_each_key_change_is_recorded_once_and_has_its_own_day(carrel: Carrel, clock: Clock) -> None:
    first = changed(carrel)
    changed(carrel)
    clock.advance(3 * DAY)
    second = changed(first, "a third key for tests alone, a third key for tests alone")
    assert reads(second, first.signer.sign(TICKET))
    assert not reads(second, carrel.signer.sign(TICKET))
    with carrel.database.read_session() as session:
        recorded = select(func.count(AuditEntry.id)).where(AuditEntry.act == CHANGED)
        assert session.scalars(recorded).one() == 2


def test_concurrently_started_web_processes_record_a_change_once(
    carrel: Carrel, clock: Clock
) -> None:
    together = threading.Barrier(6)

    def start() -> Carrel:
        together.wait()
        return changed(carrel)

    with ThreadPoolExecutor(together.parties) as pool:
        started = [pool.submit(start) for _ in range(together.parties)]
        assert all(reads(one.result(), carrel.signer.sign(TICKET)) for one in started)
    with carrel.database.read_session() as session:
        recorded = select(func.count(AuditEntry.id)).where(AuditEntry.act == CHANGED)
        assert session.scalars(recorded).one() == 1


def test_previous_key_is_accepted_while_the_database_is_frozen(
    carrel: Carrel, clock: Clock
) -> None:
    if not carrel.database.is_sqlite:
        pytest.skip("a database that is being moved is SQLite's")
    carrel.database.set_freeze_mark(frozen_until(NOW + DAY))
    running = changed(carrel)
    assert reads(running, carrel.signer.sign(TICKET))
    clock.advance(DAY)
    assert not reads(running, carrel.signer.sign(TICKET))


def test_short_previous_key_is_a_settings_error(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**environ, "CARREL_SECRET_KEY_OLD": "short"})
    assert list(refused.value.faults) == ["CARREL_SECRET_KEY_OLD"]
