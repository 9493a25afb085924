"""The library's own part of the product."""

from flask import Blueprint, Flask

from lms.attendance import jobs as attendance_jobs
from lms.attendance import report_imports
from lms.certificates import group_showing_certificates
from lms.certificates import jobs as certificate_jobs
from lms.cli.access import grant, why
from lms.cli.announcement_import import import_flyer as import_flyer  # a command of the group
from lms.cli.badge_keys import badge_keys
from lms.cli.database import db
from lms.cli.demo import demo
from lms.cli.grants import pass_group, revoke
from lms.cli.jobs import job
from lms.cli.mail import mail
from lms.cli.media import media
from lms.cli.past_sales import history
from lms.cli.people_and_organizations import login, organization
from lms.cli.pools import pool
from lms.cli.recordings import handout, recording
from lms.cli.seat_imports import import_list as import_list  # a command of the group
from lms.cli.seats import seats
from lms.cli.serve import serve
from lms.cli.settings import settings
from lms.cli.webinars import webinar
from lms.cli.worker import worker
from lms.component import Part
from lms.contracts import jobs as contract_jobs
from lms.contracts.jobs import REMIND, TURN, remind, turn
from lms.handouts import page_extraction_job, slide_matching_job
from lms.handouts.handouts import READ as READ_HANDOUT
from lms.housekeeping import removed_items_purge
from lms.housekeeping.jobs import (
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
from lms.kits import delivery_kits
from lms.kits.jobs import drop_kit, make_kit, making_ended
from lms.live.change_notices import TELL_CHANGED
from lms.models import all_tables
from lms.past_sales import imports as past_sale_imports
from lms.past_sales import jobs as past_sale_jobs
from lms.recordings import handout_page_times
from lms.recordings.auto_captions_job import HEAR, hear_recording
from lms.recordings.encode_job import SWEEP, encode_recording, encoding_ended, sweep_run
from lms.recordings.recordings import ENCODE
from lms.seat_imports.imports import APPLY, DROP, READ
from lms.seat_imports.jobs import apply_queued, applying_ended, drop_file, read_list, reading_ended
from lms.seats.bulk_actions import Act
from lms.seats.jobs import release_list, send_list_again, tell
from lms.seats.seat_counts import TELL
from lms.training import jobs as training_jobs
from lms.uploads import jobs as upload_jobs
from lms.uploads import uploads
from lms.web.accounts import (
    account,
    email_addresses,
    password_reset,
    personal_data,
    sign_in,
    sign_in_code,
    sign_up,
)
from lms.web.audit import staff as audit_staff
from lms.web.catalog import (
    replacement_webinar,
    staff_announcement_import,
    staff_presenters,
    staff_series,
    staff_webinars,
)
from lms.web.certificates import badges, staff_design, verify
from lms.web.certificates import own as certificate_own
from lms.web.certificates import staff as certificate_staff
from lms.web.contracts import manager_renewal, staff_grace_period
from lms.web.core import health_check
from lms.web.core.rate_limits import init_limits
from lms.web.core.request_context import EXTENSION
from lms.web.group_showings import host_and_attendee_pages
from lms.web.handouts import downloads
from lms.web.jobs import staff as job_staff
from lms.web.kits import download, staff_permit
from lms.web.kits import manager as kit_manager
from lms.web.live import rebooking_page, registration, staff_attendance
from lms.web.live import staff as live_staff
from lms.web.mail import staff as mail_staff
from lms.web.organizations import manager_members
from lms.web.organizations import staff as organization_staff
from lms.web.past_sales import staff as past_sale_staff
from lms.web.people import (
    access_diagnosis,
    staff_account_actions,
    staff_grants,
    staff_login_merge,
    staff_profiles,
)
from lms.web.playback import notes, poster_images, transcripts, watch_page
from lms.web.playback import sessions as playback_sessions
from lms.web.playback.heartbeat_middleware import Heartbeats
from lms.web.public import (
    accessibility_and_privacy,
    feeds,
    home_and_catalog,
    my_webinars,
    search_suggestions,
)
from lms.web.recordings import (
    caption_editor,
    staff_files,
    staff_handout_page_times,
    staff_poster,
    staff_slides,
    staff_uploads,
)
from lms.web.reports import manager as report_manager
from lms.web.reports import manager_seat_usage, shown_to_managers
from lms.web.reports import staff as report_staff
from lms.web.requests import customer_request
from lms.web.sales import staff_requests, staff_sales
from lms.web.seats import (
    bulk_action_progress,
    claim,
    manager_allotments,
    manager_bulk_release,
    manager_claim_policy,
    manager_invite_people,
    manager_moves_between_pools,
    manager_open_invitations,
    manager_overview,
    manager_seat,
    manager_seat_import,
    manager_seat_table,
    manager_seat_transfer,
)
from lms.web.seats import own as seat_own
from lms.web.site import staff_branding_and_prices, staff_dashboard, theme_and_logo
from lms.web.training import manager as training_manager
from lms.web.training import manager_groups
from lms.web.training import own as training_own

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
    organization,
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
    accessibility_and_privacy.blueprint,
    account.blueprint,
    email_addresses.blueprint,
    customer_request.blueprint,
    badges.blueprint,
    home_and_catalog.blueprint,
    certificate_own.blueprint,
    claim.blueprint,
    sign_in.blueprint,
    feeds.blueprint,
    password_reset.blueprint,
    downloads.blueprint,
    health_check.blueprint,
    theme_and_logo.blueprint,
    replacement_webinar.blueprint,
    download.blueprint,
    my_webinars.blueprint,
    registration.blueprint,
    rebooking_page.blueprint,
    live_staff.blueprint,
    staff_attendance.blueprint,
    notes.blueprint,
    manager_allotments.blueprint,
    manager_claim_policy.blueprint,
    manager_seat_import.blueprint,
    manager_open_invitations.blueprint,
    manager_invite_people.blueprint,
    bulk_action_progress.blueprint,
    kit_manager.blueprint,
    manager_members.blueprint,
    manager_moves_between_pools.blueprint,
    manager_renewal.blueprint,
    manager_seat_transfer.blueprint,
    manager_overview.blueprint,
    manager_seat_table.blueprint,
    personal_data.blueprint,
    seat_own.blueprint,
    manager_bulk_release.blueprint,
    report_manager.blueprint,
    manager_seat.blueprint,
    training_manager.blueprint,
    manager_groups.blueprint,
    manager_seat_usage.blueprint,
    playback_sessions.blueprint,
    poster_images.blueprint,
    shown_to_managers.blueprint,
    host_and_attendee_pages.blueprint,
    sign_in_code.blueprint,
    sign_up.blueprint,
    search_suggestions.blueprint,
    audit_staff.blueprint,
    staff_handout_page_times.blueprint,
    staff_design.blueprint,
    certificate_staff.blueprint,
    staff_announcement_import.blueprint,
    staff_grace_period.blueprint,
    staff_grants.blueprint,
    past_sale_staff.blueprint,
    staff_login_merge.blueprint,
    organization_staff.blueprint,
    staff_profiles.blueprint,
    staff_account_actions.blueprint,
    access_diagnosis.blueprint,
    job_staff.blueprint,
    staff_permit.blueprint,
    mail_staff.blueprint,
    training_own.blueprint,
    transcripts.blueprint,
    verify.blueprint,
    staff_poster.blueprint,
    report_staff.blueprint,
    staff_slides.blueprint,
    watch_page.blueprint,
    staff_files.blueprint,
    staff_uploads.blueprint,
    caption_editor.blueprint,
    staff_dashboard.blueprint,
    staff_branding_and_prices.blueprint,
    staff_presenters.blueprint,
    staff_series.blueprint,
    staff_requests.blueprint,
    staff_sales.blueprint,
    staff_webinars.blueprint,
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
        certificate_jobs.CONSIDER: certificate_jobs.consider,
        group_showing_certificates.GIVE: certificate_jobs.give_group,
        attendance_jobs.ROUND: attendance_jobs.go_round,
        TELL_CHANGED: attendance_jobs.tell_changed,
        report_imports.COUNT: attendance_jobs.count_minutes,
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
        delivery_kits.MAKE: make_kit,
        delivery_kits.DROP: drop_kit,
        uploads.SETTLE: upload_jobs.settle,
        upload_jobs.SWEEP: upload_jobs.sweep,
        removed_items_purge.CLEAR: removed_items_purge.clear,
        READ_HANDOUT: page_extraction_job.read_handout,
        handout_page_times.MATCH: slide_matching_job.match_pages,
        page_extraction_job.READ_ALL: page_extraction_job.read_all,
        APPLY: apply_queued,
        past_sale_imports.READ: past_sale_jobs.read_list,
        past_sale_imports.DROP: drop_file,
        past_sale_imports.APPLY: past_sale_jobs.apply_queued,
        past_sale_jobs.INVITE: past_sale_jobs.write_letters,
        training_jobs.TURN: training_jobs.turn,
        training_jobs.REMIND: training_jobs.remind,
    },
    job_endings={
        ENCODE: encoding_ended,
        READ: reading_ended,
        APPLY: applying_ended,
        delivery_kits.MAKE: making_ended,
        uploads.SETTLE: upload_jobs.settling_ended,
        READ_HANDOUT: page_extraction_job.reading_ended,
        past_sale_imports.READ: past_sale_jobs.reading_ended,
        past_sale_imports.APPLY: past_sale_jobs.applying_ended,
        past_sale_jobs.INVITE: past_sale_jobs.letters_ended,
    },
    schedules=(
        *SCHEDULES,
        *certificate_jobs.SCHEDULES,
        *attendance_jobs.SCHEDULES,
        *contract_jobs.SCHEDULES,
        *upload_jobs.SCHEDULES,
        *removed_items_purge.SCHEDULES,
        *page_extraction_job.SCHEDULES,
        *training_jobs.SCHEDULES,
    ),
    models=all_tables.MODULES,
)
