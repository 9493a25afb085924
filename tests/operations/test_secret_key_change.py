"""A new secret key: secrets sealed with the old one are sealed again with the new one, once."""

from dataclasses import replace
from typing import Final

import pyotp
import pytest
from sqlalchemy import select

from lms.accounts import authenticator_apps
from lms.certificates import badge_keys
from lms.core.database import Database
from lms.core.settings import Settings
from lms.models.accounts import FactorKind, SecondFactor
from lms.operations.secret_key_change import Resealed, reseal
from lti.keys.tool_keys import signing_key
from tests.cast import Cast
from tests.clock import NOW

NEW_KEY: Final = "another key for tests alone, " * 2
SECRET: Final = pyotp.random_base32()


@pytest.fixture
def changed(settings: Settings, database: Database, cast: Cast) -> Settings:
    """Settings after a key change; an app, a badge key and an LMS key use the old key."""
    signing_key(database, settings.secret_key, now=NOW)
    badge_keys.signing_key(database, settings.secret_key, now=NOW)
    with database.transaction() as session:
        session.add(
            SecondFactor(
                login_id=cast.alice.id,
                kind=FactorKind.APP,
                name="Phone",
                sealed_secret=authenticator_apps.seal(SECRET, settings.secret_key),
                created_at=NOW,
            )
        )
    return replace(settings, secret_key=NEW_KEY, secret_key_old=settings.secret_key)


def is_right(database: Database, settings: Settings) -> bool:
    """Tell whether the app's current code is accepted."""
    with database.read_session() as session:
        sealed = session.scalars(select(SecondFactor.sealed_secret)).one()
    code = pyotp.TOTP(SECRET).at(NOW)
    step = authenticator_apps.step_of(sealed or "", code, secret_key=settings.secret_key, now=NOW)
    return step is not None


def test_apps_and_keys_work_with_the_new_key(changed: Settings, database: Database) -> None:
    old = replace(changed, secret_key=changed.secret_key_old or "")
    before = signing_key(database, old.secret_key, now=NOW).kid
    badge = badge_keys.signing_key(database, old.secret_key, now=NOW).kid
    assert not is_right(database, changed)
    with database.transaction() as session:
        done = reseal(session, changed)
    assert (done.lost, done.sealed_before) == (0, 0)
    assert done.resealed >= 3
    assert is_right(database, changed)
    assert not is_right(database, old)
    assert signing_key(database, NEW_KEY, now=NOW).kid == before
    assert badge_keys.signing_key(database, NEW_KEY, now=NOW).kid == badge
    with database.transaction() as session:
        assert reseal(session, changed) == Resealed(0, done.resealed, 0)


def test_secrets_that_neither_key_opens_are_counted_and_left(
    changed: Settings, database: Database
) -> None:
    strange = replace(changed, secret_key_old="a key that nobody ever had, " * 2)
    with database.transaction() as session:
        done = reseal(session, strange)
    assert (done.resealed, done.sealed_before) == (0, 0)
    assert done.lost >= 3
    assert is_right(database, replace(changed, secret_key=changed.secret_key_old or ""))
