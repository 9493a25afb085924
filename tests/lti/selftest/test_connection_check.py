"""The check of a real registration: each result, and the advice if it fails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lms.core.encryption import LoadedKey
from lms.core.runtime import Carrel
from lti.keys.tool_keys import signing_key
from lti.registrations.registrations import RegistrationFacts
from lti.selftest import connection_check
from lti.selftest.check_results import Proof
from lti.selftest.connection_check import check_connection
from lti.selftest.platform.keys import Key
from tests.cast import Cast
from tests.lti.tool_server import Connection, connected
from tests.platform.platform import Platform

HTTPS, OWN_KEYS, KEYS, TOKEN, CLOCK = range(5)
AWAY = "http://127.0.0.1:9/nothing-listens-here"


def real_now() -> datetime:
    return datetime.now(UTC)


def check(
    carrel: Carrel,
    made: Connection,
    registration: RegistrationFacts | None = None,
    *,
    base_url: str | None = None,
    now: Callable[[], datetime] = real_now,
) -> list[Proof]:
    def key() -> LoadedKey:
        return signing_key(carrel.database, carrel.settings.secret_key, now=real_now())

    settings = replace(carrel.settings, base_url=base_url or made.url)
    return list(check_connection(registration or made.registration, settings, key, now=now))


def moved(made: Connection, **addresses: str) -> RegistrationFacts:
    return replace(made.registration, details=replace(made.registration.details, **addresses))


@pytest.fixture
def tool(carrel: Carrel, cast: Cast, platform: Platform):
    """Yield a connection to a platform that issues tokens."""
    with connected(carrel, platform) as made:
        token_url = platform.token_url_of(made.tool)
        yield replace(
            made,
            registration=moved(made, token_url=token_url, token_audience=platform.addresses.token),
        )


def test_good_connection_fails_only_for_plain_http(carrel, tool) -> None:
    lines = check(carrel, tool)
    assert [line.ok for line in lines] == [False, True, True, True, True]
    assert "CARREL_BASE_URL" in lines[HTTPS].advice
    assert lines[TOKEN].got == "a token"
    assert all(not line.advice for line in lines if line.ok)


def test_unreachable_platform_says_what_to_compare(carrel, tool) -> None:
    lines = check(carrel, tool, moved(tool, jwks_url=AWAY, token_url=AWAY))
    assert [line.ok for line in lines[KEYS:CLOCK]] == [False, False]
    assert "keyset URL" in lines[KEYS].advice
    assert "token URL" in lines[TOKEN].advice


def test_keyset_url_of_a_web_page_fails(carrel, tool) -> None:
    line = check(carrel, tool, moved(tool, jwks_url=f"{tool.url}/"))[KEYS]
    assert (line.ok, line.got) == (False, "no key set")


def test_keyset_with_only_weak_keys_fails(carrel, tool) -> None:
    tool.platform.published[:] = [Key.make(1024)]
    line = check(carrel, tool)[KEYS]
    assert (line.ok, line.got) == (False, "0 of 1 keys usable")
    assert "2048 bits" in line.advice


def test_unknown_client_id_gets_no_token(carrel, tool) -> None:
    line = check(carrel, tool, replace(tool.registration, client_id="another"))[TOKEN]
    assert not line.ok
    assert "client ID" in line.advice


def test_platform_that_allows_no_service_gets_its_own_advice(carrel, tool) -> None:
    tool.platform.records.tools[tool.tool.client_id] = replace(tool.tool, scopes=())
    line = check(carrel, tool)[TOKEN]
    assert not line.ok
    assert line.advice == connection_check.NO_SCOPE


def test_wrong_base_url_fails(carrel, tool) -> None:
    line = check(carrel, tool, base_url=tool.platform.url)[OWN_KEYS]
    assert not line.ok
    assert "CARREL_BASE_URL" in line.advice


def test_clock_difference_is_reported_in_seconds(carrel, tool) -> None:
    line = check(carrel, tool, now=lambda: real_now() - timedelta(minutes=2))[CLOCK]
    assert not line.ok
    assert line.got in ("+119 s", "+120 s", "+121 s")
    assert "NTP" in line.advice


def test_https_base_url_passes(carrel, tool) -> None:
    line = check(carrel, tool, base_url="https://library.example.org")[HTTPS]
    assert line.ok
