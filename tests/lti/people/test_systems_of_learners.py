"""Staff pages show the LMS of learners who have the same name and no email address."""

from lms.core.database import Database
from lti.models.launches import FrameRole
from lti.people.identities import make_identity
from lti.protocol.messages import Person
from tests.cast import Cast
from tests.clock import NOW
from tests.lti.factories import connect_elm_county, platform_details
from tests.visitor import Visitor

CANVAS, MOODLE = "https://canvas.example", "https://moodle.example"


def test_learners_with_one_name_are_listed_with_their_lms(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        for issuer, name in ((CANVAS, "Elm Canvas"), (MOODLE, "Elm Moodle")):
            details = platform_details(issuer, name=name)
            connect_elm_county(session, cast, issuer=issuer, details=details)
            person = Person("7", FrameRole.LEARNER, "Wren Okafor")
            make_identity(session, issuer, cast.organization_id, person, now=NOW)
    client.sign_in(cast.ada.id)
    for page in ("/staff/people?q=wren", "/staff/people/why?address=wren"):
        shown = client.get(page).text
        assert "Elm Canvas, Elm County" in shown
        assert "Elm Moodle, Elm County" in shown
