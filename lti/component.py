"""The tool's part of the product."""

from typing import Final

from flask import Blueprint, Flask

from lms.app import create_app
from lms.component import Part
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.registry import LIBRARY
from lms.web.core.request_context import EXTENSION
from lti.cli.embed_links import embed
from lti.cli.lti_group import lti
from lti.grades.jobs import SCORE_SCHEDULE, SCORES, look_after_merge, report_scores
from lti.id_mappings.jobs import apply_map, undo_map, work_ended
from lti.id_mappings.mappings import APPLY, UNDO
from lti.jobs import KEYS, SCHEDULES, TIDY, keep_keys, tidy
from lti.models import all_tables
from lti.people.data_export import tell_of_person
from lti.people.identities import forget_person
from lti.rosters.jobs import ROSTER, ROSTER_SCHEDULE, ROSTERS, ask_for_rosters, sync_roster
from lti.selftest.jobs import run_selftest
from lti.selftest.run_records import SELFTEST
from lti.web.activity_log import manager_launches_and_scores, staff_launches_and_scores
from lti.web.completions import manager as completion_manager
from lti.web.courses import instructor
from lti.web.courses import manager as course_manager
from lti.web.deep_linking import picker
from lti.web.embed_links import email_code_pages, iframe
from lti.web.embed_links import manager as embed_link_manager
from lti.web.embed_links import staff as embed_link_staff
from lti.web.frames import start_redirect
from lti.web.id_mappings import staff as mapping_staff
from lti.web.launches import launch, oidc_login
from lti.web.launches.fast_launch_middleware import SwiftLaunches
from lti.web.launches.launch_responses import init_reception, keysets_of
from lti.web.people import (
    account_link_confirmation,
    account_link_request,
    linked_accounts,
    privacy_launch,
)
from lti.web.player import handouts, playback_sessions, transcripts, watch_page
from lti.web.registrations import dynamic_registration, jwks, tool_configuration
from lti.web.registrations import manager as registration_manager
from lti.web.registrations import staff as registration_staff
from lti.web.selftest import staff as selftest_staff

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    oidc_login.blueprint,
    launch.blueprint,
    jwks.blueprint,
    start_redirect.blueprint,
    instructor.blueprint,
    watch_page.blueprint,
    playback_sessions.blueprint,
    handouts.blueprint,
    transcripts.blueprint,
    privacy_launch.blueprint,
    email_code_pages.blueprint,
    iframe.blueprint,
    embed_link_manager.blueprint,
    completion_manager.blueprint,
    registration_manager.blueprint,
    course_manager.blueprint,
    manager_launches_and_scores.blueprint,
    picker.blueprint,
    dynamic_registration.blueprint,
    selftest_staff.blueprint,
    registration_staff.blueprint,
    embed_link_staff.blueprint,
    staff_launches_and_scores.blueprint,
    tool_configuration.blueprint,
    account_link_request.blueprint,
    account_link_confirmation.blueprint,
    linked_accounts.blueprint,
    mapping_staff.blueprint,
)


def init_app(app: Flask) -> None:
    """Register the tool's pages."""
    init_reception(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    swift = SwiftLaunches(app.wsgi_app, app.extensions[EXTENSION], keysets_of(app))
    app.wsgi_app = swift  # type: ignore[method-assign]  # as Flask says to


def play_selftest(carrel: Carrel, run: JobRun) -> None:
    """Play the self-test against an app like this house's own, over a library of its own."""
    run_selftest(carrel, run, lambda scratch: create_app(scratch, (LIBRARY, LTI)))


LTI = Part(
    name="lti",
    init_app=init_app,
    commands=(embed, lti),
    job_handlers={
        TIDY: tidy,
        KEYS: keep_keys,
        SCORES: report_scores,
        ROSTERS: ask_for_rosters,
        ROSTER: sync_roster,
        SELFTEST: play_selftest,
        APPLY: apply_map,
        UNDO: undo_map,
    },
    job_endings={APPLY: work_ended, UNDO: work_ended},
    schedules=(*SCHEDULES, SCORE_SCHEDULE, ROSTER_SCHEDULE),
    models=all_tables.MODULES,
    on_merge=look_after_merge,
    on_erase=forget_person,
    on_export=tell_of_person,
)
