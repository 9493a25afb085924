"""Staff pages for attendance reports: upload, preview, and match participants."""

import io
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.attendance import name_matches, report_imports, report_participants
from lms.attendance.report_participants import PAGE_SIZE, Participant
from lms.attendance.zoom_csv import read_report
from lms.catalog.staff_read_models import Standing, read_standing
from lms.core import clock
from lms.core.dates_and_time_zones import read_zone, say_time, zone_choices
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.web.access.access_panel_and_reader_times import said_datetime
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import flashed
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_attendance", __name__, url_prefix="/staff/webinars/<slug>/attendance")

CHOOSE_FILE: Final = N_("Choose the file you exported from Zoom.")


@blueprint.get("")
@open_to(Audience.STAFF)
def index(slug: str) -> ResponseReturnValue:
    """Show the participants of the reports, with those who aren't matched yet."""
    return _page(slug, fault="")


@blueprint.post("")
@open_to(Audience.STAFF)
def send(slug: str) -> ResponseReturnValue:
    """Read a report and redirect to its preview."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(slug, fault=_(CHOOSE_FILE)), 400
    with read_session() as session:
        standing = read_standing(session, slug)
    try:
        zone = read_zone(request.form.get("zone", "") or standing.words.zone)
        report = read_report(io.BytesIO(file.read()), zone=zone, near=standing.words.held_at)
        with transaction() as session:
            made = report_imports.keep_draft(session, standing.id, report, now=clock.now())
    except (Invalid, Conflict) as refusal:
        return _page(slug, fault=_(refusal.message)), 400
    return see_other(".preview", slug=slug, report_id=made)


@blueprint.get("/<report_id>")
@open_to(Audience.STAFF)
def preview(slug: str, report_id: str) -> ResponseReturnValue:
    """Show what a report contains, before it is applied."""
    number = page_number()
    with read_session() as session:
        standing = read_standing(session, slug)
        found = report_imports.preview(
            session, standing.id, report_id, offset=(number - 1) * PAGE_SIZE
        )
    named = found.participants
    return render(
        "live/staff_attendance_preview.html",
        slug=slug,
        title=standing.words.title,
        when=said_datetime(standing.words.held_at, standing.words.zone),
        found=found,
        rows=[_shown(one, standing) for one in named.items],
        pager=pager_of(number, PAGE_SIZE, named.total),
        faulty=[(line, _(sentence)) for line, sentence in found.faulty],
    )


@blueprint.post("/<report_id>")
@open_to(Audience.STAFF)
def apply(slug: str, report_id: str) -> ResponseReturnValue:
    """Apply a report, or discard it."""
    with transaction() as session:
        standing = read_standing(session, slug)
        if request.form.get("act") == "discard":
            report_imports.discard(session, standing.id, report_id)
            return see_other(".index", slug=slug)
        known = report_imports.apply(session, standing.id, report_id, **acting())
    said = ngettext(
        "Counting the minutes of %(num)d person. Anyone who earned a certificate gets it"
        " automatically.",
        "Counting the minutes of %(num)d people. Anyone who earned a certificate gets it"
        " automatically.",
        known,
    )
    flash(said, "done")
    return see_other(".index", slug=slug)


@blueprint.post("/match")
@open_to(Audience.STAFF)
def match(slug: str) -> ResponseReturnValue:
    """Match a participant to a person, ignore one, or undo that."""
    key, act = request.form.get("key", ""), request.form.get("act", "match")
    actor, now = required_viewer().public_id, clock.now()
    with flashed(Invalid, Conflict), transaction() as session:
        webinar_id = read_standing(session, slug).id
        if act == "match_names":
            count = name_matches.match_names(session, webinar_id, actor=actor, now=now)
            flash(
                ngettext("%(num)d name matched.", "%(num)d names matched.", count),
                "done",
            )
        elif act in {"ignore", "put_back"}:
            report_participants.unmatch(
                session,
                webinar_id,
                key,
                is_ignored=act == "ignore",
                links=links(),
                actor=actor,
                now=now,
            )
        elif act == "by_report":
            report_participants.go_by_report(
                session, webinar_id, key, links=links(), actor=actor, now=now
            )
        else:
            email = request.form.get("email", "")
            name = report_participants.match(
                session, webinar_id, key, email, links=links(), actor=actor, now=now
            )
            flash(_("Counted for %(name)s.", name=name), "done")
    return see_other(".index", slug=slug)


def _page(slug: str, *, fault: str) -> str:
    number = page_number()
    with read_session() as session:
        standing = read_standing(session, slug)
        found = report_participants.read_participants(
            session, standing.id, offset=(number - 1) * PAGE_SIZE
        )
        alike = name_matches.read_name_matches(session, standing.id)
    if clock.now() < standing.words.held_at:
        raise NotFound
    rows = [_shown(one, standing) for one in found.items]
    return render(
        "live/staff_attendance.html",
        slug=slug,
        title=standing.words.title,
        when=said_datetime(standing.words.held_at, standing.words.zone),
        fault=fault,
        alike=len(alike),
        zone=request.form.get("zone", "") or standing.words.zone,
        zones=zone_choices(),
        found=found,
        pager=pager_of(
            number,
            PAGE_SIZE,
            found.total,
            url=lambda page: url_for(".index", slug=slug, page=page),
        ),
        unknown=[one for one in rows if not one["is_known"] and not one["is_ignored"]],
        rest=[one for one in rows if one["is_known"] or one["is_ignored"]],
    )


def _shown(one: Participant, standing: Standing) -> dict[str, object]:
    zone = read_zone(standing.words.zone)
    return {
        "facts": one,
        "is_known": one.login_id is not None,
        "is_ignored": one.is_ignored,
        "stayed": _(
            "%(first)s to %(last)s",
            first=say_time(one.began_at, zone),
            last=say_time(one.ended_at, zone),
        ),
    }
