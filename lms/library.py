"""The library's own part of the product."""

from flask import Blueprint, Flask

from lms import (
    arrivals,
    attendance_reports,
    certificate_rounds,
    clearing,
    contract_rounds,
    group_certificates,
    handout_reading,
    history_lists,
    history_runs,
    kits,
    live_rounds,
    page_matching,
    page_moments,
    training_rounds,
    uploads,
)
from lms.cli.access import grant, why
from lms.cli.badge_keys import badge_keys
from lms.cli.catalogue import webinar
from lms.cli.db import db
from lms.cli.demo import demo
from lms.cli.flyers import import_flyer as import_flyer  # a command of the group
from lms.cli.history import history
from lms.cli.holdings import pass_group, revoke
from lms.cli.jobs import job
from lms.cli.mail import mail
from lms.cli.media import media
from lms.cli.people import login, organisation
from lms.cli.pools import pool
from lms.cli.recordings import handout, recording
from lms.cli.seat_lists import import_list as import_list  # a command of the group
from lms.cli.seats import seats
from lms.cli.serve import serve
from lms.cli.settings import settings
from lms.cli.worker import worker
from lms.contract_rounds import REMIND, TURN, remind, turn
from lms.encoding import SWEEP, encode_recording, encoding_ended, sweep_run
from lms.handouts import READ as READ_HANDOUT
from lms.hearing import HEAR, hear_recording
from lms.importing import apply_queued, applying_ended, drop_file, read_list, reading_ended
from lms.imports import APPLY, DROP, READ
from lms.kit_making import drop_kit, make_kit, making_ended
from lms.live_notices import TELL_CHANGED
from lms.mass_work import Act
from lms.models import all as tables
from lms.parts import Part
from lms.recordings import ENCODE
from lms.rounds import (
    END_IDLE,
    OVERDUE,
    READ_CAPTIONS,
    SCHEDULES,
    TIDY,
    end_idle,
    overdue,
    read_captions,
    tidy,
)
from lms.seat_rounds import release_list, send_list_again, tell
from lms.seating import TELL
from lms.web import (
    about,
    account,
    account_addresses,
    ask,
    badges,
    catalogue,
    certificates,
    claim,
    entrance,
    following,
    forgotten_password,
    handouts,
    health,
    house,
    instead,
    kit_download,
    library,
    live,
    live_choices,
    notes,
    own_data,
    own_seats,
    playback,
    posters,
    reports_own,
    showings,
    sign_in_code,
    sign_up,
    suggestions,
    training,
    transcripts,
    verify,
    watch,
)
from lms.web.admin import attendance as staff_attendance
from lms.web.admin import audit as staff_audit
from lms.web.admin import captions as staff_captions
from lms.web.admin import certificate_design as staff_certificate_design
from lms.web.admin import certificates as staff_certificates
from lms.web.admin import desk, files, presenters, requests, sales, series, webinars
from lms.web.admin import flyers as staff_flyers
from lms.web.admin import grace as staff_grace
from lms.web.admin import held as staff_held
from lms.web.admin import history as staff_history
from lms.web.admin import house as staff_house
from lms.web.admin import jobs as staff_jobs
from lms.web.admin import kits as staff_kits
from lms.web.admin import live as staff_live
from lms.web.admin import mail as staff_mail
from lms.web.admin import merge as staff_merge
from lms.web.admin import organisations as staff_organisations
from lms.web.admin import page_moments as staff_page_moments
from lms.web.admin import people as staff_people
from lms.web.admin import person as staff_person
from lms.web.admin import recording_poster as staff_poster
from lms.web.admin import reports as staff_reports
from lms.web.admin import slides as staff_slides
from lms.web.admin import uploads as staff_uploads
from lms.web.admin import why as staff_why
from lms.web.heartbeats import Heartbeats
from lms.web.kit import EXTENSION
from lms.web.limits import init_limits
from lms.web.organisation import allotments as organisation_allotments
from lms.web.organisation import claims as organisation_claims
from lms.web.organisation import imports as organisation_imports
from lms.web.organisation import inviting as organisation_inviting
from lms.web.organisation import kits as organisation_kits
from lms.web.organisation import mass_work as organisation_mass_work
from lms.web.organisation import members as organisation_members
from lms.web.organisation import moves as organisation_moves
from lms.web.organisation import moving as organisation_moving
from lms.web.organisation import overview as organisation_overview
from lms.web.organisation import people as organisation_people
from lms.web.organisation import pool_invitations as organisation_invitations
from lms.web.organisation import released as organisation_released
from lms.web.organisation import renewal as organisation_renewal
from lms.web.organisation import reports as organisation_reports
from lms.web.organisation import seat as organisation_seat
from lms.web.organisation import training as organisation_training
from lms.web.organisation import training_groups as organisation_training_groups
from lms.web.organisation import usage as organisation_usage

COMMANDS = (
    badge_keys,
    db,
    demo,
    grant,
    handout,
    history,
    job,
    login,
    mail,
    media,
    organisation,
    pass_group,
    pool,
    recording,
    revoke,
    seats,
    serve,
    settings,
    webinar,
    why,
    worker,
)
BLUEPRINTS: tuple[Blueprint, ...] = (
    about.blueprint,
    account.blueprint,
    account_addresses.blueprint,
    ask.blueprint,
    badges.blueprint,
    catalogue.blueprint,
    certificates.blueprint,
    claim.blueprint,
    entrance.blueprint,
    following.blueprint,
    forgotten_password.blueprint,
    handouts.blueprint,
    health.blueprint,
    house.blueprint,
    instead.blueprint,
    kit_download.blueprint,
    library.blueprint,
    live.blueprint,
    live_choices.blueprint,
    staff_live.blueprint,
    staff_attendance.blueprint,
    notes.blueprint,
    organisation_allotments.blueprint,
    organisation_claims.blueprint,
    organisation_imports.blueprint,
    organisation_invitations.blueprint,
    organisation_inviting.blueprint,
    organisation_mass_work.blueprint,
    organisation_kits.blueprint,
    organisation_members.blueprint,
    organisation_moving.blueprint,
    organisation_renewal.blueprint,
    organisation_moves.blueprint,
    organisation_overview.blueprint,
    organisation_people.blueprint,
    own_data.blueprint,
    own_seats.blueprint,
    organisation_released.blueprint,
    organisation_reports.blueprint,
    organisation_seat.blueprint,
    organisation_training.blueprint,
    organisation_training_groups.blueprint,
    organisation_usage.blueprint,
    playback.blueprint,
    posters.blueprint,
    reports_own.blueprint,
    showings.blueprint,
    sign_in_code.blueprint,
    sign_up.blueprint,
    suggestions.blueprint,
    staff_audit.blueprint,
    staff_page_moments.blueprint,
    staff_certificate_design.blueprint,
    staff_certificates.blueprint,
    staff_flyers.blueprint,
    staff_grace.blueprint,
    staff_held.blueprint,
    staff_history.blueprint,
    staff_merge.blueprint,
    staff_organisations.blueprint,
    staff_people.blueprint,
    staff_person.blueprint,
    staff_why.blueprint,
    staff_jobs.blueprint,
    staff_kits.blueprint,
    staff_mail.blueprint,
    training.blueprint,
    transcripts.blueprint,
    verify.blueprint,
    staff_poster.blueprint,
    staff_reports.blueprint,
    staff_slides.blueprint,
    watch.blueprint,
    files.blueprint,
    staff_uploads.blueprint,
    staff_captions.blueprint,
    desk.blueprint,
    staff_house.blueprint,
    presenters.blueprint,
    series.blueprint,
    requests.blueprint,
    sales.blueprint,
    webinars.blueprint,
)


def init_app(app: Flask) -> None:
    """Register the library's pages, take beats in front of them, count how often things are tried."""
    init_limits(app, app.extensions[EXTENSION].settings)
    app.wsgi_app = Heartbeats(app.wsgi_app, app.extensions[EXTENSION])  # type: ignore[method-assign]  # as Flask says to
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


LIBRARY = Part(
    name="library",
    init_app=init_app,
    commands=COMMANDS,
    job_handlers={
        ENCODE: encode_recording,
        certificate_rounds.CONSIDER: certificate_rounds.consider,
        group_certificates.GIVE: certificate_rounds.give_group,
        live_rounds.ROUND: live_rounds.go_round,
        TELL_CHANGED: live_rounds.tell_changed,
        attendance_reports.COUNT: live_rounds.count_minutes,
        SWEEP: sweep_run,
        HEAR: hear_recording,
        END_IDLE: end_idle,
        OVERDUE: overdue,
        READ_CAPTIONS: read_captions,
        REMIND: remind,
        TELL: tell,
        TIDY: tidy,
        TURN: turn,
        READ: read_list,
        Act.RELEASE: release_list,
        Act.SEND_AGAIN: send_list_again,
        DROP: drop_file,
        kits.MAKE: make_kit,
        kits.DROP: drop_kit,
        uploads.SETTLE: arrivals.settle,
        arrivals.SWEEP: arrivals.sweep,
        clearing.CLEAR: clearing.clear,
        READ_HANDOUT: handout_reading.read_handout,
        page_moments.MATCH: page_matching.match_pages,
        handout_reading.READ_ALL: handout_reading.read_all,
        APPLY: apply_queued,
        history_lists.READ: history_runs.read_list,
        history_lists.DROP: drop_file,
        history_lists.APPLY: history_runs.apply_queued,
        history_runs.INVITE: history_runs.write_letters,
        training_rounds.TURN: training_rounds.turn,
        training_rounds.REMIND: training_rounds.remind,
    },
    job_endings={
        ENCODE: encoding_ended,
        READ: reading_ended,
        APPLY: applying_ended,
        kits.MAKE: making_ended,
        uploads.SETTLE: arrivals.settling_ended,
        READ_HANDOUT: handout_reading.reading_ended,
        history_lists.READ: history_runs.reading_ended,
        history_lists.APPLY: history_runs.applying_ended,
        history_runs.INVITE: history_runs.letters_ended,
    },
    schedules=(
        *SCHEDULES,
        *certificate_rounds.SCHEDULES,
        *live_rounds.SCHEDULES,
        *contract_rounds.SCHEDULES,
        *arrivals.SCHEDULES,
        *clearing.SCHEDULES,
        *handout_reading.SCHEDULES,
        *training_rounds.SCHEDULES,
    ),
    models=tables.MODULES,
)
