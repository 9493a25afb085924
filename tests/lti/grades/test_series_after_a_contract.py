"""After a contract ends, the webinars of a series that are still free aren't the whole series."""

from datetime import timedelta

from lms.models.catalog import Webinar, WebinarSeries
from lms.models.organizations import Organization
from lti.models.courses import CompletionRule, ResourceLink
from lti.protocol.content_target import Target
from tests.factories import make_pool, make_pool_grant, make_recording, make_series, make_webinar
from tests.lti.launched_course import School
from tests.platform.people import LEARNERS


def test_half_of_a_series_does_not_count_as_all_of_it(school: School) -> None:
    with school.database.transaction() as session:
        series = make_series(session, "staff-days")
        session.get_one(Webinar, school.cast.webinar_id).free = True
        other = make_webinar(session)
        make_recording(session, other)
        for webinar_id in (school.cast.webinar_id, other.id):
            session.add(WebinarSeries(webinar_id=webinar_id, series_id=series.id))
        elm = session.get_one(Organization, school.cast.organization_id)
        ends_at = school.clock.moment + timedelta(days=1)
        make_pool_grant(session, make_pool(session, elm), ends_at=ends_at)
    link, link_id = school.place(Target(series="staff-days"), column=100)
    with school.database.transaction() as session:
        session.get_one(ResourceLink, link_id).rule = CompletionRule.PROPORTIONAL
    school.watch(school.launch(LEARNERS[0], link_id), 0, 3600)
    for after in (timedelta(minutes=1), timedelta(hours=1)):
        school.round(after)
    assert school.platform.grade(LEARNERS[0], link) == 50
    school.clock.advance(timedelta(days=30))
    school.launch(LEARNERS[0], link_id)
    school.round()
    assert school.platform.grade(LEARNERS[0], link) == 50
