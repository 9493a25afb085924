"""Rate limits: clear messages, and the same ones for every address."""

import socket
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms.accounts import try_counts
from lms.app import create_app
from lms.core.database import Database
from lms.core.errors import TooMany
from lms.core.password_hashing_and_rules import Right, Wrong, check_password
from lms.core.runtime import Carrel
from lms.models.accounts import TryCount
from lms.web.core import rate_limits
from tests.cast import Cast
from tests.clock import Clock
from tests.mailbox import PASSWORD, give_password
from tests.servers.process import free_port
from tests.servers.valkey import valkey
from tests.visitor import Visitor
from wsgi import COMPONENTS

WRONG = "wrong wrong"
ONE_NETWORK = {"REMOTE_ADDR": "192.0.2.7"}


def _try(
    client: Visitor, email: str, password: str = WRONG, *, come_from: str = "192.0.2.7"
) -> TestResponse:
    data = {"email": email, "password": password}
    return client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": come_from})


@pytest.mark.parametrize("email", ["dan@example.org", "nobody@example.org"])
def test_eleventh_sign_in_attempt_for_one_address_is_refused(
    client: Visitor, cast: Cast, email: str
) -> None:
    answers = [_try(client, email, come_from=f"192.0.2.{number}") for number in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]


def test_page_says_how_long_to_wait(client: Visitor, cast: Cast) -> None:
    for _ in range(10):
        _try(client, cast.dan.email)
    answer = _try(client, cast.dan.email)
    assert 1 <= int(answer.headers["Retry-After"]) <= 15 * 60
    assert "15 minutes" in answer.text


def test_rate_limited_person_can_request_a_sign_in_code(
    client: Visitor, database: Database, cast: Cast
) -> None:
    for _ in range(10):
        _try(client, cast.dan.email)
    page = _try(client, cast.dan.email).text
    assert "15 minutes" in page
    assert 'formaction="/sign-in/code"' in page
    assert f'value="{cast.dan.email}"' in page
    asked = client.post("/sign-in/code", data={"email": cast.dan.email})
    assert asked.headers["Location"] == "/sign-in/code/enter"


def test_correct_password_is_refused_while_rate_limited(
    client: Visitor, database: Database, cast: Cast
) -> None:
    give_password(database, cast.dan.id)
    for _ in range(10):
        _try(client, cast.dan.email)
    assert _try(client, cast.dan.email, PASSWORD).status_code == 429


def test_signing_in_resets_the_count(client: Visitor, database: Database, cast: Cast) -> None:
    give_password(database, cast.dan.id)
    for _ in range(3):
        for _ in range(9):
            assert _try(client, cast.dan.email).status_code == 400
        assert _try(client, cast.dan.email, PASSWORD).status_code == 303


def test_one_network_can_fail_sixty_times_for_any_addresses(app: Flask) -> None:
    with app.test_request_context(environ_base=ONE_NETWORK):
        for _ in range(60):
            rate_limits.spend(rate_limits.FAILURES, rate_limits.network())
        with pytest.raises(TooMany):
            rate_limits.check(rate_limits.FAILURES, rate_limits.network())
    with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.8"}):
        rate_limits.check(rate_limits.FAILURES, rate_limits.network())


@pytest.mark.parametrize("path", ["/forgotten-password", "/sign-in/code", "/sign-up"])
@pytest.mark.parametrize("email", ["dan@example.org", "nobody@example.org"])
def test_fifth_email_to_one_address_is_refused(
    client: Visitor, cast: Cast, path: str, email: str
) -> None:
    answers = [client.post(path, data={"email": email}).status_code for _ in range(5)]
    assert answers == [303] * 4 + [429]


def test_emails_of_all_kinds_share_one_limit(client: Visitor, cast: Cast) -> None:
    for path in ("/forgotten-password", "/sign-in/code", "/sign-up", "/forgotten-password"):
        client.post(path, data={"email": cast.dan.email})
    assert client.post("/sign-up", data={"email": "DAN@example.org"}).status_code == 429


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_network_is_an_ipv4_address_or_an_ipv6_64_bit_prefix(
    app: Flask, address: str, network: str
) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert rate_limits.network() == network


@pytest.fixture
def app_without_redis(carrel: Carrel) -> Flask:
    """An app whose Redis doesn't respond."""
    settings = replace(carrel.settings, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    return create_app(replace(carrel, settings=settings), COMPONENTS)


def test_attempts_are_counted_in_memory_while_redis_is_down(app_without_redis: Flask) -> None:
    with app_without_redis.test_request_context(environ_base=ONE_NETWORK):
        for _ in range(4):
            rate_limits.spend(rate_limits.EMAILS, "dan@example.org")
        with pytest.raises(TooMany):
            rate_limits.spend(rate_limits.EMAILS, "dan@example.org")


def test_unresponsive_redis_is_contacted_only_once(
    carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "AWAY_S", 3600.0)  # long enough for a busy machine
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        app = create_app(
            replace(carrel, settings=replace(carrel.settings, redis_url=address)), COMPONENTS
        )
        with app.test_request_context(environ_base=ONE_NETWORK):
            for _ in range(4):
                rate_limits.spend(rate_limits.EMAILS, "dan@example.org")
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert rate_limits.ANSWER_S <= 1


def test_processes_share_counts_in_redis(carrel: Carrel) -> None:
    with valkey() as address:
        shared = replace(carrel, settings=replace(carrel.settings, redis_url=address))
        one, other = create_app(shared, COMPONENTS), create_app(shared, COMPONENTS)
        for app in (one, other, one, other):
            with app.test_request_context(environ_base=ONE_NETWORK):
                rate_limits.spend(rate_limits.EMAILS, "dan@example.org")
        with (
            one.test_request_context(environ_base=ONE_NETWORK),
            pytest.raises(TooMany) as refused,
        ):
            rate_limits.spend(rate_limits.EMAILS, "dan@example.org")
        assert 1 <= refused.value.retry_after_s <= 15 * 60


def test_redis_stores_no_addresses(carrel: Carrel) -> None:
    with valkey() as address:
        app = create_app(
            replace(carrel, settings=replace(carrel.settings, redis_url=address)), COMPONENTS
        )
        with app.test_request_context(environ_base=ONE_NETWORK):
            rate_limits.spend(rate_limits.EMAILS, "dan@example.org")
            rate_limits.spend(rate_limits.FAILURES, rate_limits.network())
        with redis.from_url(address) as kept:
            names = kept.keys("*")
        assert len(names) == 4
        assert not [name for name in names if b"dan" in name or b"192" in name]


def _is_allowed(app: Flask, limit: rate_limits.Limit, key: str) -> bool:
    with app.test_request_context(environ_base=ONE_NETWORK):
        try:
            rate_limits.spend(limit, key)
        except TooMany:
            return False
    return True


def test_two_processes_without_redis_share_one_limit(carrel: Carrel) -> None:
    apps = [create_app(carrel, COMPONENTS) for _ in range(2)]
    answers = [_is_allowed(app, rate_limits.SIGN_INS, "dan@example.org") for app in apps * 10]
    assert answers == [True] * 10 + [False] * 10


def test_new_process_knows_the_attempts_of_other_processes(carrel: Carrel) -> None:
    one = create_app(carrel, COMPONENTS)
    for _ in range(60):
        _is_allowed(one, rate_limits.FAILURES, "192.0.2.7")
    with (
        create_app(carrel, COMPONENTS).test_request_context(),
        pytest.raises(TooMany) as refused,
    ):
        rate_limits.check(rate_limits.FAILURES, "192.0.2.7")
    assert 1 <= refused.value.retry_after_s <= 15 * 60


def test_window_also_expires_in_the_database(carrel: Carrel, clock: Clock) -> None:
    for _ in range(2):
        app = create_app(carrel, COMPONENTS)
        tries = [_is_allowed(app, rate_limits.PRESENT_PASSWORD, "x") for _ in range(11)]
        assert tries == [True] * 10 + [False]
        clock.advance(timedelta(minutes=15))


def test_forgiving_resets_the_count_of_all_processes(carrel: Carrel) -> None:
    apps = [create_app(carrel, COMPONENTS) for _ in range(2)]
    for app in apps:
        for _ in range(5):
            assert _is_allowed(app, rate_limits.PRESENT_PASSWORD, "x")
    with apps[0].test_request_context():
        rate_limits.forgive(rate_limits.PRESENT_PASSWORD, "x")
    assert _is_allowed(apps[0], rate_limits.PRESENT_PASSWORD, "x")


def test_refused_attempt_writes_nothing_and_no_row_has_an_address(
    app: Flask, database: Database
) -> None:
    for _ in range(30):
        _is_allowed(app, rate_limits.SIGN_INS, "dan@example.org")
    with database.read_session() as session:
        rows = session.execute(select(TryCount.key, TryCount.tries)).all()
    assert [row.tries for row in rows] == [10, 10]
    assert not any("dan" in row.key for row in rows)


def test_counts_of_expired_windows_are_deleted(
    app: Flask, database: Database, clock: Clock
) -> None:
    _is_allowed(app, rate_limits.SIGN_INS, "dan@example.org")
    later = clock.advance(timedelta(minutes=15))
    with database.transaction() as session:
        try_counts.forget_old(session, now=later)
        left = session.scalars(select(TryCount.key)).all()
    assert len(left) == 1  # the daily count


def test_attempts_are_counted_in_memory_while_the_database_is_moved(
    carrel: Carrel, database: Database
) -> None:
    if not database.is_sqlite:
        pytest.skip("only SQLite is moved")
    app = create_app(carrel, COMPONENTS)
    database.set_freeze_mark(1 << 30)
    try:
        tries = [_is_allowed(app, rate_limits.SIGN_INS, "dan@example.org") for _ in range(11)]
    finally:
        database.set_freeze_mark(0)
    assert tries == [True] * 10 + [False]


def test_password_check_does_not_block_database_writers(
    client: Visitor, database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No transaction is open during the password check."""
    seen: list[bool] = []

    def look(kept: str | None, password: str) -> Right | Wrong:
        with database.transaction():
            seen.append(True)
        return check_password(kept, password)

    monkeypatch.setattr("lms.web.accounts.sign_in.check_password", look)
    assert _try(client, cast.dan.email).status_code == 400
    assert seen == [True]


def test_other_visitors_cannot_lock_out_a_browser_that_signed_in_before(
    client: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    give_password(database, cast.dan.id)
    assert _try(client, cast.dan.email, PASSWORD).status_code == 303
    client.post("/sign-out")
    stranger = app.test_client()
    assert isinstance(stranger, Visitor)
    answers = [_try(stranger, cast.dan.email).status_code for _ in range(70)]
    assert answers[10:] == [429] * 60
    assert _try(client, cast.dan.email).status_code == 400
    assert _try(client, cast.dan.email, PASSWORD).status_code == 303


def test_known_browser_has_the_same_limit_as_others(
    client: Visitor, database: Database, cast: Cast
) -> None:
    give_password(database, cast.dan.id)
    _try(client, cast.dan.email, PASSWORD)
    client.post("/sign-out")
    answers = [_try(client, cast.dan.email).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


@pytest.mark.parametrize("forged", ["", "x", "x.y", "a" * 32 + "." + "0" * 64, "\xff.\xff"])
def test_forged_cookie_does_not_make_a_browser_known(
    client: Visitor, app: Flask, cast: Cast, forged: str
) -> None:
    for _ in range(10):
        _try(client, cast.dan.email)
    with app.test_client() as other:
        assert isinstance(other, Visitor)
        other.set_cookie("carrel-known", forged)
        assert _try(other, cast.dan.email).status_code == 429


def test_browser_known_for_one_person_is_unknown_for_another(
    client: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    give_password(database, cast.alice.id)
    _try(client, cast.alice.email, PASSWORD)
    client.post("/sign-out")
    stranger = app.test_client()
    assert isinstance(stranger, Visitor)
    for _ in range(10):
        _try(stranger, cast.dan.email)
    assert _try(client, cast.dan.email).status_code == 429
