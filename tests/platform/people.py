"""The people of a course: two teachers, and learners whose data is hard for tools. All invented."""

from typing import Final

from lti.selftest.platform.records import Course, Person
from lti.selftest.platform.vocabulary import TEST_USER, Role

TEACHERS: Final = (
    Person("u-1001", "Imogen", "Vale", "imogen.vale@elmwood.example"),
    Person("u-1002", "Teodor", "Brandt", "teodor.brandt@elmwood.example"),
)
LEARNERS: Final = (
    Person("u-2001", "Wren", "Okafor", "wren.okafor@elmwood.example"),
    Person("u-2002", "Zoë", "Ångström-O'Neil", "zoe@elmwood.example"),
    Person("u-2003", "Marisol", "Quintero", "marisol@elmwood.example"),
    Person("u-2004", "Prem", None, None),
    Person("U-2004"),
)
TRIAL_USER: Final = Person("u-9001", "Test", "Student", system_roles=(TEST_USER,))


def enrolled(course: Course) -> Course:
    """Enroll everyone. Prem has no email address, and the last learner has no name either."""
    for person in TEACHERS:
        course.enroll(person, Role.INSTRUCTOR)
    for person in LEARNERS:
        course.enroll(person, Role.LEARNER)
    return course
