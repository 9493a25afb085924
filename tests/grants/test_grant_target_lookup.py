"""A webinar is found by the title that somebody types, whatever letters it has."""

from lms.core.database import Database
from lms.grants import grant_target_lookup, request_and_sale_form_choices
from tests.factories import make_webinar


def test_a_title_that_begins_another_is_found_as_it_is_written(database: Database) -> None:
    with database.transaction() as session:
        make_webinar(session, "elan").title = "Élan"
        make_webinar(session, "elan-2").title = "Élan, the second part"
    with database.read_session() as session:
        assert grant_target_lookup.find_webinar(session, "Élan").slug == "elan"
        named = request_and_sale_form_choices.find_webinar(session, "Élan")
        assert named is not None
        assert named.slug == "elan"
