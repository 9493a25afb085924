"""The staff page System health."""

import pytest

from lms import audit
from lms.core.database import Database
from lms.operations.backups import CREATED
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.visitor import Visitor

PAGE = "/staff/system-health"


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_come_in(client: Visitor, cast: Cast, person: str) -> None:
    assert client.get(PAGE).status_code == 303
    client.sign_in(getattr(cast, person).id)
    assert client.get(PAGE).status_code == 404


def test_bookkeeper_is_not_shown_it(client: Visitor, roles: Roles) -> None:
    client.sign_in(roles.beth.id)
    assert client.get(PAGE).status_code in (403, 404)


def test_faults_are_counted_and_say_what_to_do(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    with database.transaction() as session:
        audit.record(session, CREATED, "", actor=None, now=NOW)
    client.sign_in(cast.ada.id)
    page = client.get(PAGE).text
    assert "1 problem needs to be fixed" in page
    assert page.index("No worker has run yet.") < page.index("The database is up to date.")
    assert "The last backup was made 1 minute ago." in page
    assert "%(" not in page
