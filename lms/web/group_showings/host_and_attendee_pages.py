"""Host and attendee pages of a group viewing: start it, check in attendees, get the slides."""

import hashlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import segno
from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from lms.certificates import group_showing_certificates
from lms.core import clock
from lms.core.dates_and_time_zones import (
    read_zone,
    say_datetime,
    say_datetime_in_table,
    say_time,
)
from lms.core.errors import Conflict, Invalid, NotFound
from lms.group_showings import attendees, showings
from lms.group_showings.attendee_list_parser import Guest, read_guests
from lms.group_showings.attendees import Mended, Present
from lms.group_showings.entitlement import grant_to_show
from lms.group_showings.showings import Place, ShowingFacts
from lms.playback import watch_page
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.rate_limits import ROOM_FROM, network, spend
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.handouts.file_response import send_handout

blueprint = Blueprint("showings", __name__)

MODULE_SIZE: Final = 8


@blueprint.get("/webinars/<slug>/showing")
@open_to(Audience.SIGNED_IN)
def new(slug: str) -> ResponseReturnValue:
    person = required_viewer()
    with read_session() as session:
        webinar = watch_page.read_playable(session, slug)
        now = clock.now()
        if grant_to_show(session, person.login_id, webinar.webinar_id, now=now) is None:
            raise NotFound
        shown = showings.list_showings(session, person.login_id, now=now)
    mine = [_line(showing) for showing in shown if showing.slug == slug]
    return render("group_showings/new.html", playable=webinar, showings=mine)


@blueprint.post("/webinars/<slug>/showing")
@open_to(Audience.SIGNED_IN)
def open_it(slug: str) -> ResponseReturnValue:
    person = required_viewer()
    place = Place(request.form.get("room", ""), reading_zone())
    with transaction() as session:
        public_id = showings.open_showing(
            session,
            login_id=person.login_id,
            webinar_id=watch_page.webinar_id_of(session, slug, with_drafts=False),
            place=place,
            actor=person.public_id,
            now=clock.now(),
        )
    return see_other("showings.host", public_id=public_id)


@blueprint.get("/showings/<public_id>")
@open_to(Audience.SIGNED_IN)
def host(public_id: str) -> ResponseReturnValue:
    return _host_page(public_id)


@blueprint.get("/showings")
@open_to(Audience.SIGNED_IN)
def index() -> ResponseReturnValue:
    """List the viewings that a person hosted, and the webinars they can show."""
    person, now = required_viewer(), clock.now()
    with read_session() as session:
        shown = showings.list_showings(session, person.login_id, now=now)
        showable = showings.showable(session, person.login_id, now=now)
        people = attendees.count_people(session, [each.id for each in shown])
    rows = [(each.title, each.room, *_line(each), people.get(each.id, 0)) for each in shown]
    return render("group_showings/own.html", rows=rows, showable=showable)


@blueprint.get("/showings/<public_id>/roster")
@open_to(Audience.SIGNED_IN)
def roster(public_id: str) -> ResponseReturnValue:
    """Return only the roster, for the host's page, which polls it."""
    with read_session() as session:
        showing = _mine(session, public_id)
        people = attendees.roster(session, showing)
    return jsonify(
        version=_version(people),
        is_open=showing.is_open,
        said=_counted(people),
        html=render("group_showings/_roster.html", showing=showing, people=people),
    )


@blueprint.get("/showings/<public_id>/sheet")
@open_to(Audience.SIGNED_IN)
def sheet(public_id: str) -> ResponseReturnValue:
    with read_session() as session:
        showing = _mine(session, public_id)
    link = _room_url(showing)
    return render(
        "group_showings/qr_code_sheet.html",
        showing=showing,
        qr=_qr(link),
        link=link,
        **_when(showing),
    )


@blueprint.get("/showings/<public_id>/roster.csv")
@open_to(Audience.SIGNED_IN)
def roster_csv(public_id: str) -> ResponseReturnValue:
    with read_session() as session:
        showing = _mine(session, public_id)
        people = attendees.roster(session, showing)
    heads = (_("Name"), _("Email"), _("Checked in"), _("Added by"))
    rows = [(each.name, each.email, each.entered_at, each.entered_by.value) for each in people]
    return csv_answer(heads, rows, f"{showing.slug}-roster")


@blueprint.post("/showings/<public_id>/people")
@open_to(Audience.SIGNED_IN)
def add(public_id: str) -> ResponseReturnValue:
    try:
        guests = read_guests(request.form.get("people", ""))
        with transaction() as session:
            showing = _mine(session, public_id)
            new_ones = attendees.enter(session, showing, guests, **acting(), links=links())
    except Invalid as refusal:
        return _host_page(public_id, people_fault=refusal.message), HTTPStatus.BAD_REQUEST
    except Conflict as refusal:
        return _host_page(public_id, fault=refusal.message), HTTPStatus.BAD_REQUEST
    known = len(guests) - new_ones
    told = _("%(new)s added. We'll email the slides.", new=new_ones)
    flash(f"{told} " + (_("%(known)s already on the list.", known=known) if known else ""), "done")
    return see_other("showings.host", public_id=public_id)


@blueprint.post("/showings/<public_id>/people/<attendee_id>")
@open_to(Audience.SIGNED_IN)
def change(public_id: str, attendee_id: str) -> ResponseReturnValue:
    form = request.form
    try:
        with transaction() as session:
            showing = _mine(session, public_id)
            actor = required_viewer().public_id
            if form.get("act") == "remove":
                attendees.remove(
                    session, showing, attendee_id, actor=actor, links=links(), now=clock.now()
                )
            else:
                guest = Guest(form.get("name", ""), form.get("email", ""))
                mended = Mended(attendee_id, guest)
                attendees.correct(
                    session, showing, mended, actor=actor, links=links(), now=clock.now()
                )
    except (Invalid, Conflict) as fault:
        return _host_page(public_id, fault=fault.message), HTTPStatus.BAD_REQUEST
    flash(_("Attendance saved."), "done")
    return see_other("showings.host", public_id=public_id)


@blueprint.post("/showings/<public_id>/close")
@open_to(Audience.SIGNED_IN)
def close(public_id: str) -> ResponseReturnValue:
    with transaction() as session:
        showing = _mine(session, public_id)
        showings.close(session, showing, **acting())
    flash(_("The viewing ended. You can still edit who attended."), "done")
    return see_other("showings.host", public_id=public_id)


@blueprint.get("/room/<code>")
@open_to(Audience.EVERYONE)
def room(code: str) -> ResponseReturnValue:
    with read_session() as session:
        showing = showings.read_room(session, code, now=clock.now())
    return _check_in(showing, given=Guest("", ""))


@blueprint.post("/room/<code>")
@open_to(Audience.EVERYONE)
def come_in(code: str) -> ResponseReturnValue:
    spend(ROOM_FROM, network())
    guest = Guest(request.form.get("name", ""), request.form.get("email", ""))
    now = clock.now()
    with read_session() as session:
        showing = showings.read_room(session, code, now=now)
    try:
        with transaction() as session:
            attendees.enter(session, showing, (guest,), actor=None, links=links(), now=now)
    except Invalid as refusal:
        return _check_in(showing, given=guest, faults=refusal.fields), HTTPStatus.BAD_REQUEST
    except Conflict as refusal:
        return _check_in(showing, given=guest, fault=refusal.message), HTTPStatus.BAD_REQUEST
    return _check_in(showing, given=guest, entered=guest)


@blueprint.get("/slides/<secret>")
@open_to(Audience.EVERYONE)
def slides(secret: str) -> ResponseReturnValue:
    with read_session() as session:
        found = showings.read_slides(session, secret, now=clock.now())
        webinar = watch_page.read_playable(session, found.slug)
    return render("group_showings/slides.html", playable=webinar, found=found, secret=secret)


@blueprint.get("/slides/<secret>/<handout_id>")
@open_to(Audience.EVERYONE)
def slide_file(secret: str, handout_id: str) -> ResponseReturnValue:
    with read_session() as session:
        found = showings.read_slides(session, secret, now=clock.now())
        handout = watch_page.find_handout(session, handout_id)
    if handout.webinar_id != found.webinar_id:
        raise NotFound
    return send_handout(handout, name=found.name)


def _check_in(
    showing: ShowingFacts,
    *,
    given: Guest,
    entered: Guest | None = None,
    fault: str = "",
    faults: Mapping[str, str] = MappingProxyType({}),
) -> str:
    return render(
        "group_showings/attendee_check_in.html",
        showing=showing,
        given=given,
        entered=entered,
        fault=fault and _(fault),
        faults={name: _(sentence) for name, sentence in faults.items()},
    )


def _host_page(public_id: str, *, fault: str = "", people_fault: str = "") -> str:
    with read_session() as session:
        showing = _mine(session, public_id)
        people = attendees.roster(session, showing)
        earned = group_showing_certificates.read_earned(session, public_id)
    link = _room_url(showing)
    return render(
        "group_showings/host.html",
        earned=earned,
        showing=showing,
        people=people,
        counted=_counted(people),
        version=_version(people),
        qr=_qr(link),
        link=link,
        fault=fault and _(fault),
        people_fault=people_fault and _(people_fault),
        given=request.form.get("people", ""),
        **_when(showing),
    )


def _counted(people: Sequence[Present]) -> str:
    return ngettext("%(num)s person attended", "%(num)s people attended", len(people))


def _version(people: Sequence[Present]) -> str:
    """Return a value that changes whenever the roster does."""
    said = "\n".join(f"{each.public_id} {each.name} {each.email}" for each in people)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _mine(session: Session, public_id: str) -> ShowingFacts:
    person = required_viewer()
    return showings.read_showing(session, public_id, login_id=person.login_id, now=clock.now())


def _room_url(showing: ShowingFacts) -> str:
    return links().page(f"/room/{showing.code}")


def _qr(link: str) -> Markup:
    made = segno.make(link, error="m", micro=False)
    drawn = made.svg_inline(scale=MODULE_SIZE, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704  (generated here, from our own URL)


def _when(showing: ShowingFacts) -> dict[str, str]:
    zone = read_zone(showing.zone)
    return {
        "opened": say_datetime(showing.opened_at, zone),
        "closed": say_time(showing.closed_at or showing.closes_at, zone),
    }


def _line(showing: ShowingFacts) -> tuple[str, str, bool]:
    words = say_datetime_in_table(showing.opened_at, read_zone(showing.zone))
    return url_for("showings.host", public_id=showing.public_id), words, showing.is_open
