"""The LTI tool as a component of the product: its packages and hooks."""

from typing import Final

from lms.component import Component

LTI: Final = Component(
    name="lti",
    tables="lti.models.all_tables",
    commands="lti.cli",
    jobs=(
        "lti.grades.jobs",
        "lti.id_mappings.jobs",
        "lti.jobs",
        "lti.rosters.jobs",
        "lti.selftest.jobs",
    ),
    pages=(
        "lti.web.activity_log",
        "lti.web.completions",
        "lti.web.courses",
        "lti.web.deep_linking",
        "lti.web.embed_links",
        "lti.web.frames",
        "lti.web.id_mappings",
        "lti.web.launches",
        "lti.web.people",
        "lti.web.player",
        "lti.web.registrations",
        "lti.web.selftest",
    ),
    on_merge="lti.grades.jobs:look_after_merge",
    on_erase="lti.people.identities:forget_person",
    on_export="lti.people.data_export:tell_of_person",
    connections="lti.registrations.connections:connections_of",
    waiting="lti.registrations.connections:count_waiting",
    systems_of="lti.people.identity_names_and_platforms:systems_of",
    twins_of="lti.people.possible_twins:twins_of",
    twins_between="lti.people.possible_twins:twins_between",
)
