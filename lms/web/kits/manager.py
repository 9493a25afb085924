"""Manager pages for delivery kits: request, download, and withdraw them."""

from dataclasses import replace
from typing import Final

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.dates_and_time_zones import say_date, say_datetime_in_table
from lms.core.errors import N_, Conflict, Forbidden
from lms.jobs.progress_estimates import pace_of
from lms.kits import delivery_kits
from lms.kits.delivery_kits import KitFacts
from lms.lti_facade.content_choices import PAGE_SIZE, Sought, read_selection
from lms.models.kits import KitState
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed
from lms.web.core.job_progress_texts import say_left
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, see_other, transaction, wants_json
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.playback.poster_images import picture_of

blueprint = Blueprint(
    "organization_kits", __name__, url_prefix="/organization/<organization_id>/kits"
)

STATES: Final = {
    KitState.MAKING: (N_("In progress"), "term"),
    KitState.READY: (N_("Ready"), "open"),
    KitState.FAILED: (N_("Failed"), "danger"),
    KitState.CANCELED: (N_("Stopped"), "None"),
    KitState.GONE: (N_("Removed"), "None"),
}
WHOLE: Final = 100
MIB: Final = 1 << 20


@blueprint.get("")
@open_to(Audience.MANAGERS)
def index(organization_id: str) -> ResponseReturnValue:
    """List the kits of an organization."""
    managed = managed_organization(organization_id)
    zone = zone_of(managed)
    with read_session() as session:
        allowed = delivery_kits.is_allowed(session, managed.facts.id)
        found = delivery_kits.list_kits(session, managed.facts.id)
    rows = [
        (kit, _(STATES[kit.state][0]), STATES[kit.state][1], say_date(kit.created_at, zone))
        for kit in found
    ]
    return render_in(managed, "kits/manager.html", rows=rows, allowed=allowed)


@blueprint.get("/new")
@open_to(Audience.MANAGERS)
def choose(organization_id: str) -> ResponseReturnValue:
    """Show the webinars that the organization has access to, to choose one for a kit."""
    managed, number = managed_organization(organization_id), page_number()
    query = request.args.get("q", "").strip()[:200]
    with read_session() as session:
        allowed = delivery_kits.is_allowed(session, managed.facts.id)
        sought = Sought(query=query, page=number)
        found = read_selection(session, managed.facts.id, sought, now=now())

    def url(page: int) -> str:
        return url_for(".choose", organization_id=organization_id, q=query or None, page=page)

    return render_in(
        managed,
        "kits/manager_kit_form.html",
        items=[(each, picture_of(each.slug, each.film)) for each in found.items],
        allowed=allowed,
        query=query,
        pager=pager_of(number, PAGE_SIZE, found.total, url=url),
    )


@blueprint.post("")
@open_to(Audience.MANAGERS)
def make(organization_id: str) -> ResponseReturnValue:
    """Request a kit."""
    managed = managed_organization(organization_id)
    with flashed(Conflict, Forbidden):
        with transaction() as session:
            webinar = request.form.get("webinar", "")
            kit = delivery_kits.ask(session, managed.facts.id, webinar, **acting())
        return see_other(".show", organization_id=organization_id, kit_id=kit)
    return see_other(".index", organization_id=organization_id)


@blueprint.get("/<kit_id>")
@open_to(Audience.MANAGERS)
def show(organization_id: str, kit_id: str) -> ResponseReturnValue:
    """Show a kit: its progress, its link, and its downloads."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        kit = delivery_kits.find_kit(session, managed.facts.id, kit_id)
    if wants_json():
        return jsonify(
            state=_(STATES[kit.state][0]),
            is_live=kit.state is KitState.MAKING,
            percent=round(WHOLE * kit.progress),
            amount=_amount(kit),
            note=_(kit.note) if kit.note else "",
        )
    return _page(organization_id, kit, "")


@blueprint.post("/<kit_id>/link")
@open_to(Audience.MANAGERS)
def link(organization_id: str, kit_id: str) -> ResponseReturnValue:
    """Create the link of a kit and show it once."""
    managed = managed_organization(organization_id)
    with flashed(Conflict, Forbidden):
        with transaction() as session:
            token = delivery_kits.make_link(session, managed.facts.id, kit_id, **acting())
            kit = delivery_kits.find_kit(session, managed.facts.id, kit_id)
        return _page(
            organization_id, kit, links().page(url_for("kit_download.download", token=token))
        )
    return see_other(".show", organization_id=organization_id, kit_id=kit_id)


@blueprint.get("/<kit_id>/link")
@open_to(Audience.MANAGERS)
def link_again(organization_id: str, kit_id: str) -> ResponseReturnValue:
    """Redirect people who reload the page that showed a link, because it is shown only once."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        delivery_kits.find_kit(session, managed.facts.id, kit_id)
    return see_other(".show", organization_id=organization_id, kit_id=kit_id)


@blueprint.post("/<kit_id>/take-back-link")
@open_to(Audience.MANAGERS)
def take_back_link(organization_id: str, kit_id: str) -> ResponseReturnValue:
    """Turn off a kit's link."""
    managed = managed_organization(organization_id)
    with transaction() as session:
        delivery_kits.take_back_link(session, managed.facts.id, kit_id, **acting())
    flash(_("The link was turned off."), "done")
    return see_other(".show", organization_id=organization_id, kit_id=kit_id)


@blueprint.post("/<kit_id>/stop")
@open_to(Audience.MANAGERS)
def stop(organization_id: str, kit_id: str) -> ResponseReturnValue:
    """Stop creating a kit."""
    managed = managed_organization(organization_id)
    with flashed(Conflict):
        with transaction() as session:
            delivery_kits.stop(session, managed.facts.id, kit_id, **acting())
        flash(_("Stopping."), "done")
    return see_other(".show", organization_id=organization_id, kit_id=kit_id)


@blueprint.post("/<kit_id>/withdraw")
@open_to(Audience.MANAGERS)
def withdraw(organization_id: str, kit_id: str) -> ResponseReturnValue:
    """Delete a kit and its file."""
    managed = managed_organization(organization_id)
    with flashed(Conflict):
        with transaction() as session:
            delivery_kits.withdraw(session, managed.facts.id, kit_id, **acting())
        flash(_("The kit and its link were removed."), "done")
        return see_other(".index", organization_id=organization_id)
    return see_other(".show", organization_id=organization_id, kit_id=kit_id)


def _page(organization_id: str, kit: KitFacts, made_link: str) -> str:
    managed = managed_organization(organization_id)
    zone = zone_of(managed)
    word, kind = STATES[kit.state]
    return render_in(
        managed,
        "kits/manager_kit.html",
        kit=replace(kit, failure=_(kit.failure) if kit.failure else ""),
        state=_(word),
        badge_kind=kind,
        is_live=kit.state is KitState.MAKING,
        percent=round(WHOLE * kit.progress),
        amount=_amount(kit),
        note=_(kit.note) if kit.note else _("Waiting"),
        made_link=made_link,
        size=_("%(size)s MB", size=max(1, round(kit.size_bytes / MIB))),
        until="" if kit.expires_at is None else say_datetime_in_table(kit.expires_at, zone),
        fetched="" if kit.downloaded_at is None else say_datetime_in_table(kit.downloaded_at, zone),
    )


def _amount(kit: KitFacts) -> str:
    done = round(WHOLE * kit.progress)
    pace = pace_of(done, WHOLE, kit.progress, started_at=kit.started_at, now=now())
    return f"{done}%" if pace.left is None else f"{done}% · {say_left(pace.left)}"
