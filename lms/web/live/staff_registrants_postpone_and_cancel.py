"""Staff pages for a live webinar's registrants, and to postpone, cancel, and reinstate it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import DateTimeLocalField, Form, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.audience.events import Event
from lms.catalog import webinars
from lms.catalog.staff_read_models import Standing, read_standing
from lms.core import clock
from lms.core.dates_and_time_zones import (
    from_wall_clock,
    on_wall_clock,
    read_zone,
    say_datetime_in_table,
    say_time,
    zone_word,
)
from lms.core.errors import N_, Conflict, Invalid
from lms.live import registrant_list
from lms.live.answers import Given, read_given
from lms.live.change_notices import LONGEST_SAID, NewDate
from lms.live.registrant_list import PAGE_SIZE, Row, Show
from lms.live.registrants import enroll_holders
from lms.models.catalog import WebinarState
from lms.requests import accommodations, rebookings
from lms.requests.read_models import RequestFacts
from lms.web.access.access_panel_and_reader_times import reading_zone, said_datetime
from lms.web.audience.notified_people import notified_people
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import flashed, show_faults
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.lazy_form_translations import _l
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.live.registration_form import said_answer

blueprint = Blueprint("staff_live", __name__, url_prefix="/staff/webinars/<slug>")

SHOWN: Final = {
    Show.ALL: N_("Everyone"),
    Show.COMING: N_("Expected"),
    Show.LEFT: N_("Can't attend"),
    Show.CAME: N_("Attended"),
    Show.MISSED: N_("Expected, but didn't attend"),
}


class CancelForm(Form):
    """The message to people who planned to attend."""

    said = TextAreaField(
        _l("Message"),
        [Optional(), Length(max=LONGEST_SAID, message=_l("Use up to 2,000 characters."))],
        description=_l(
            "Shown in the email and on the webinar's page. Explain why, and what you offer."
        ),
        render_kw={"rows": 4, "maxlength": LONGEST_SAID},
    )


class PostponeForm(CancelForm):
    """The new date of a webinar, in its own time zone."""

    held_at = DateTimeLocalField(
        _l("Starts"),
        [InputRequired(_l("Enter when it starts, in the webinar's time zone."))],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        render_kw={"class": "input-moment"},
    )


@blueprint.get("/registrants")
@open_to(Audience.STAFF)
def registrants(slug: str) -> ResponseReturnValue:
    """List the people who plan to attend, who canceled, and who attended."""
    number, now = page_number(), clock.now()
    query, show = request.args.get("q", "").strip()[:200], _chosen_show()
    with read_session() as session:
        standing = read_standing(session, slug)
        found = registrant_list.read_rows(
            session, standing.id, query=query, show=show, offset=(number - 1) * PAGE_SIZE
        )
        others = rebookings.find_others(session, rebookings.find_webinar(session, slug), now=now)
        given = read_given(session, standing.id, [each.public_id for each in found.items])
        needs = accommodations.read_all(session, standing.id)
    kept: dict[str, Any] = {
        "slug": slug,
        "q": query or None,
        "show": show.value if show is not Show.ALL else None,
    }
    return render(
        "live/staff_registrants.html",
        slug=slug,
        title=standing.words.title,
        when=said_datetime(standing.words.held_at, standing.words.zone),
        found=found,
        has_begun=now >= standing.words.held_at,
        is_canceled=standing.state is WebinarState.CANCELED,
        rows=[_shown(each, given, needs) for each in found.items],
        has_answers=bool(given.by_person),
        has_needs=bool(needs),
        zone=reading_zone().key,
        others=[
            (
                each.slug,
                f"{each.title}, {say_datetime_in_table(each.held_at, read_zone(each.zone))}",
            )
            for each in others
        ],
        undo=request.args.get("moved", ""),
        query=query,
        show=show.value,
        shown=[(each.value, _(words)) for each, words in SHOWN.items()],
        csv_url=url_for(".registrants_csv", **kept),
        pager=pager_of(
            number,
            PAGE_SIZE,
            found.total,
            url=lambda page: url_for(".registrants", **{**kept, "page": page}),
        ),
    )


@blueprint.get("/registrants.csv")
@open_to(Audience.STAFF)
def registrants_csv(slug: str) -> ResponseReturnValue:
    """Download what the list shows as CSV."""
    with read_session() as session:
        standing = read_standing(session, slug)
        found = registrant_list.read_rows(
            session,
            standing.id,
            query=request.args.get("q", "").strip()[:200],
            show=_chosen_show(),
            limit=None,
        )
        given = read_given(session, standing.id)
        needs = accommodations.read_all(session, standing.id)
    heads = (
        _("Name"),
        _("Email"),
        _("Registered"),
        _("Expected"),
        _("Moved to"),
        _("First joined"),
        _("Last joined"),
        _("Times joined"),
        _("In session from"),
        _("In session until"),
        _("Minutes"),
        _("Accommodation"),
        *(text for _id, text in given.questions),
    )
    rows = (
        (
            each.name,
            each.email,
            each.registered_at,
            _("yes") if each.is_coming else _("no"),
            each.went_to,
            each.first_in,
            each.last_in,
            each.times_in,
            each.stayed_from,
            each.stayed_to,
            each.minutes,
            needs[each.public_id].message if each.public_id in needs else None,
            *(answers.get(question) for question, _text in given.questions),
        )
        for each in found.items
        for answers in (given.by_person.get(each.public_id, {}),)
    )
    return csv_answer(heads, rows, f"{slug}-registrants")


@blueprint.post("/registrants/move")
@open_to(Audience.STAFF)
def move(slug: str) -> ResponseReturnValue:
    """Move one person to another webinar."""
    login_id = request.form.get("login", "")
    with flashed(Invalid, Conflict):
        with transaction() as session:
            person = rebookings.find_person(session, login_id)
            rebookings.move(
                session,
                rebookings.find_webinar(session, slug),
                request.form.get("other", ""),
                person.id,
                links=links(),
                **acting(),
            )
        return see_other(".registrants", slug=slug, moved=login_id)
    return see_other(".registrants", slug=slug)


@blueprint.post("/registrants/undo")
@open_to(Audience.STAFF)
def move_back(slug: str) -> ResponseReturnValue:
    """Undo moving a person."""
    with flashed(Conflict):
        with transaction() as session:
            person = rebookings.find_person(session, request.form.get("login", ""))
            rebookings.move_back(
                session,
                rebookings.find_webinar(session, slug),
                person.id,
                links=links(),
                **acting(),
            )
        flash(_("%(name)s is registered here again.", name=person.name), "done")
    return see_other(".registrants", slug=slug)


@blueprint.route("/postpone", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def postpone(slug: str) -> ResponseReturnValue:
    """Set a new date, after showing who will be notified."""
    with read_session() as session:
        standing = read_standing(session, slug)
    zone = read_zone(standing.words.zone)
    form = sent_or_stored(PostponeForm, held_at=on_wall_clock(standing.words.held_at, zone))
    if request.method == "POST" and form.validate() and form.held_at.data is not None:
        try:
            new = NewDate(from_wall_clock(form.held_at.data, zone), form.said.data or "")
            with transaction() as session:
                webinars.postpone_webinar(session, slug, new, **acting())
        except Invalid as refusal:
            show_faults(form, refusal)
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(_("The date was changed. We're emailing everyone affected."), "done")
            return see_other("staff_webinars.show", slug=slug)
    return _telling_page("live/staff_postpone.html", standing, form, Event.POSTPONED)


@blueprint.route("/cancel", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def cancel(slug: str) -> ResponseReturnValue:
    """Cancel the webinar, after showing who will be notified."""
    with read_session() as session:
        standing = read_standing(session, slug)
    form = CancelForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                actor, said = required_viewer().public_id, form.said.data or ""
                kept = webinars.cancel_webinar(
                    session, slug, said=said, actor=actor, now=clock.now()
                )
        except Invalid as refusal:
            show_faults(form, refusal)
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(
                _("%(title)s was canceled. We're emailing everyone affected.", title=kept.title),
                "done",
            )
            return see_other("staff_webinars.show", slug=slug)
    return _telling_page("live/staff_cancel.html", standing, form, Event.CANCELED)


@blueprint.get("/reinstate")
@open_to(Audience.STAFF)
def reinstate(slug: str) -> ResponseReturnValue:
    """Show who gets an email when a canceled or removed webinar is reinstated, to confirm it."""
    with read_session() as session:
        standing = read_standing(session, slug)
    if standing.state not in (WebinarState.CANCELED, WebinarState.PULLED):
        return see_other("staff_webinars.show", slug=slug)
    return render(
        "live/staff_reinstate.html",
        standing=standing,
        when=said_datetime(standing.words.held_at, standing.words.zone),
        told=notified_people(standing.id, Event.REINSTATED),
    )


def _telling_page(
    template: str, standing: Standing, form: CancelForm, event: Event
) -> ResponseReturnValue:
    # Enroll buyers first, so that the list is complete.
    with transaction() as session:
        enroll_holders(session, now=clock.now(), webinar_id=standing.id)
    page = render(
        template,
        form=form,
        standing=standing,
        when=said_datetime(standing.words.held_at, standing.words.zone),
        told=notified_people(standing.id, event),
        zone=zone_word(read_zone(standing.words.zone)),
    )
    return page, HTTPStatus.BAD_REQUEST if form.errors or form.form_errors else HTTPStatus.OK


def _shown(row: Row, given: Given, needs: Mapping[str, RequestFacts]) -> dict[str, object]:
    own = given.by_person.get(row.public_id, {})
    zone = reading_zone()
    came = ""
    if row.stayed_from is not None and row.stayed_to is not None:
        came = _(
            "%(first)s to %(last)s",
            first=say_time(row.stayed_from, zone),
            last=say_time(row.stayed_to, zone),
        )
    elif row.first_in is not None and row.last_in is not None:
        came = say_time(row.first_in, zone)
        if row.times_in > 1:
            came = _(
                "%(first)s, last %(last)s (%(times)s times)",
                first=came,
                last=say_time(row.last_in, zone),
                times=row.times_in,
            )
    return {
        "facts": row,
        "registered": say_datetime_in_table(row.registered_at, zone),
        "came": came,
        "minutes": "" if row.minutes is None else row.minutes,
        "answers": [
            (text, said_answer(own[each])) for each, text in given.questions if each in own
        ],
        "need": needs.get(row.public_id),
    }


def _chosen_show() -> Show:
    raw = request.args.get("show", "")
    return next((one for one in Show if one == raw), Show.ALL)
