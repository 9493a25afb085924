"""Two-step sign-in for tests: an authenticator app and recovery codes."""

import pyotp

from lms.accounts import authenticator_apps, second_factors
from lms.accounts.second_factors import NewApp
from lms.core.database import Database
from lms.mail.links import Links
from tests.clock import NOW
from tests.mailbox import BASE


def give_app(
    database: Database, login_id: int, secret_key: str, *, name: str = "My phone"
) -> tuple[str, tuple[str, ...]]:
    """Add an authenticator app for a person; returns its secret and the recovery codes."""
    secret = authenticator_apps.new_secret()
    new = NewApp(name, authenticator_apps.seal(secret, secret_key), step=0)
    with database.transaction() as session:
        codes = second_factors.add_factor(
            session, login_id, new, sign_in_id=0, links=Links(BASE), now=NOW
        )
    return secret, codes


def code_of(secret: str, *, steps: int = 0, at: float = NOW.timestamp()) -> str:
    """Return the app's code, `steps` periods of 30 seconds after `at`."""
    return pyotp.TOTP(secret).at(int(at) + 30 * steps)
