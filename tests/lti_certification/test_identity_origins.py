"""A launch records the person's latest registration and that the person has launched."""

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lti.models.identities import Identity
from tests.lti.tool_server import Connection, is_open
from tests.lti_certification.forged_launches import became_known, launched


def _identity(database: Database) -> Identity:
    with database.read_session() as session:
        return session.scalars(select(Identity)).one()


def test_first_launch_records_registration_and_arrival(
    connection: Connection, database: Database
) -> None:
    became_known(connection)
    kept = _identity(database)
    assert (kept.registration_id, kept.has_come) == (connection.registration.id, True)


@pytest.mark.parametrize("values", [{"has_come": False}, {"registration_id": None}])
def test_launch_fills_in_a_missing_registration_or_arrival(
    connection: Connection, database: Database, values: dict[str, object]
) -> None:
    became_known(connection)
    with database.transaction() as session:
        session.execute(update(Identity).values(**values))
    assert is_open(launched(connection))
    kept = _identity(database)
    assert (kept.registration_id, kept.has_come) == (connection.registration.id, True)
    assert is_open(launched(connection))


@pytest.mark.parametrize("said", ["", "x" * 256, 7, None])
def test_unusable_institution_id_is_not_stored(
    connection: Connection, database: Database, said: object
) -> None:
    claim = "https://purl.imsglobal.org/spec/lti/claim/lis"
    assert is_open(launched(connection, {claim: {"person_sourcedid": said}}))
    assert _identity(database).sis_id is None
