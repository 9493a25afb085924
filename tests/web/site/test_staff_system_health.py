"""The staff page System health."""

import pytest

from lms import audit
from lms.core.database import Database
from lms.operations.backups import CREATED
from lms.operations.health_checks import BACKUP_MADE, NO_WORKER, UP_TO_DATE
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.page_texts import count_in_notice, shows
from tests.visitor import Visitor

PAGE = "/staff/system-health"


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_open_the_page(client: Visitor, cast: Cast, person: str) -> None:
    assert client.get(PAGE).status_code == 303
    client.sign_in(getattr(cast, person).id)
    assert client.get(PAGE).status_code == 404


def test_bookkeeper_cannot_open_the_page(client: Visitor, roles: Roles) -> None:
    client.sign_in(roles.beth.id)
    assert client.get(PAGE).status_code in (403, 404)


def test_faults_are_counted_and_say_what_to_do(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    with database.transaction() as session:
        audit.record(session, CREATED, "", actor=None, now=NOW)
    client.sign_in(cast.ada.id)
    page = client.get(PAGE).text
    assert count_in_notice(page, "carrel doctor") == 1
    assert page.index(NO_WORKER) < page.index(UP_TO_DATE)
    assert shows(page, BACKUP_MADE % {"ago": "1 minute"})
    assert "%(" not in page
