"""The tool's part of the product."""

from typing import Final

from flask import Blueprint, Flask

from lms.app import create_app
from lms.jobs import JobRun
from lms.library import LIBRARY
from lms.parts import Part
from lms.runtime import Carrel
from lms.web.kit import EXTENSION
from lti.cli.embeds import embed
from lti.cli.group import lti
from lti.identities import forget_person
from lti.kept_of_person import tell_of_person
from lti.map_rounds import apply_map, undo_map, work_ended
from lti.models import all as tables
from lti.people_maps import APPLY, UNDO
from lti.roster_rounds import (
    ROSTER,
    ROSTER_SCHEDULE,
    ROSTERS,
    ask_for_rosters,
    sync_roster,
)
from lti.rounds import KEYS, SCHEDULES, TIDY, keep_keys, tidy
from lti.score_rounds import SCORE_SCHEDULE, SCORES, look_after_merge, report_scores
from lti.selftest.records import SELFTEST
from lti.selftest.rounds import run_selftest
from lti.web import (
    completions,
    connecting,
    course,
    embedded,
    embeds,
    handouts,
    home,
    key_set,
    launch,
    link_letter,
    linked,
    linking,
    login,
    opening,
    own_courses,
    own_launches,
    people_maps,
    picker,
    privacy,
    registering,
    selftest,
    staff,
    staff_embeds,
    staff_traffic,
    tool_pages,
    transcripts,
    watching,
    who,
)
from lti.web.reception import init_reception, keysets_of
from lti.web.swift import SwiftLaunches

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    login.blueprint,
    launch.blueprint,
    key_set.blueprint,
    home.blueprint,
    course.blueprint,
    watching.blueprint,
    opening.blueprint,
    handouts.blueprint,
    transcripts.blueprint,
    privacy.blueprint,
    who.blueprint,
    embedded.blueprint,
    embeds.blueprint,
    completions.blueprint,
    connecting.blueprint,
    own_courses.blueprint,
    own_launches.blueprint,
    picker.blueprint,
    registering.blueprint,
    selftest.blueprint,
    staff.blueprint,
    staff_embeds.blueprint,
    staff_traffic.blueprint,
    tool_pages.blueprint,
    linking.blueprint,
    link_letter.blueprint,
    linked.blueprint,
    people_maps.blueprint,
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
    models=tables.MODULES,
    on_merge=look_after_merge,
    on_erase=forget_person,
    on_export=tell_of_person,
)
