"""Delivery kits as an organisation's managers ask for them, fetch them and take them back."""

from dataclasses import replace
from typing import Final

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import kits
from lms.clock import now
from lms.embedding.selection import PAGE_SIZE, Sought, read_selection
from lms.errors import N_, Conflict, Forbidden
from lms.kits import KitFacts
from lms.models.kits import KitState
from lms.pace import pace_of
from lms.web.doors import doors
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, see_other, transaction, wants_json
from lms.web.organisation.area import managed_organisation, render_in, zone_of
from lms.web.pace_words import say_left
from lms.web.pager import page_number, pager_of
from lms.web.posters import picture_of
from lms.web.signin import required_viewer
from lms.zones import say_date, say_moment_in_a_row

blueprint = Blueprint(
    "organisation_kits", __name__, url_prefix="/organisation/<organisation_id>/kits"
)

STATES: Final = {
    KitState.MAKING: (N_("Being made"), "term"),
    KitState.READY: (N_("Ready"), "open"),
    KitState.FAILED: (N_("Could not be made"), "danger"),
    KitState.CANCELLED: (N_("Stopped"), "none"),
    KitState.GONE: (N_("Gone"), "none"),
}
WHOLE: Final = 100
MIB: Final = 1 << 20


@blueprint.get("")
@open_to(Audience.MANAGERS)
def index(organisation_id: str) -> ResponseReturnValue:
    """List the kits of an organisation."""
    managed = managed_organisation(organisation_id)
    zone = zone_of(managed)
    with read_session() as session:
        allowed = kits.is_allowed(session, managed.facts.id)
        found = kits.list_kits(session, managed.facts.id)
    rows = [
        (kit, _(STATES[kit.state][0]), STATES[kit.state][1], say_date(kit.created_at, zone))
        for kit in found
    ]
    return render_in(managed, "organisation/kits.html", rows=rows, allowed=allowed)


@blueprint.get("/new")
@open_to(Audience.MANAGERS)
def choose(organisation_id: str) -> ResponseReturnValue:
    """Show what the organisation holds, to choose what a kit is made of."""
    managed, number = managed_organisation(organisation_id), page_number()
    query = request.args.get("q", "").strip()[:200]
    with read_session() as session:
        allowed = kits.is_allowed(session, managed.facts.id)
        sought = Sought(query=query, page=number)
        found = read_selection(session, managed.facts.id, sought, now=now())

    def url(page: int) -> str:
        return url_for(".choose", organisation_id=organisation_id, q=query or None, page=page)

    return render_in(
        managed,
        "organisation/kit_choose.html",
        items=[(each, picture_of(each.slug, each.film)) for each in found.items],
        allowed=allowed,
        query=query,
        pager=pager_of(number, PAGE_SIZE, found.total, url=url),
    )


@blueprint.post("")
@open_to(Audience.MANAGERS)
def make(organisation_id: str) -> ResponseReturnValue:
    """Have a kit made."""
    managed = managed_organisation(organisation_id)
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            webinar = request.form.get("webinar", "")
            kit = kits.ask(session, managed.facts.id, webinar, actor=actor, now=now())
    except (Conflict, Forbidden) as refusal:
        flash(_(refusal.message), "attention")
        return see_other(".index", organisation_id=organisation_id)
    return see_other(".show", organisation_id=organisation_id, kit_id=kit)


@blueprint.get("/<kit_id>")
@open_to(Audience.MANAGERS)
def show(organisation_id: str, kit_id: str) -> ResponseReturnValue:
    """Show a kit: how far it is, its link, how often it was fetched."""
    managed = managed_organisation(organisation_id)
    with read_session() as session:
        kit = kits.find_kit(session, managed.facts.id, kit_id)
    if wants_json():
        return jsonify(
            state=_(STATES[kit.state][0]),
            is_live=kit.state is KitState.MAKING,
            percent=round(WHOLE * kit.progress),
            amount=_amount(kit),
            note=_(kit.note) if kit.note else "",
        )
    return _page(organisation_id, kit, "")


@blueprint.post("/<kit_id>/link")
@open_to(Audience.MANAGERS)
def link(organisation_id: str, kit_id: str) -> ResponseReturnValue:
    """Make the link of a kit, and show it this once."""
    managed = managed_organisation(organisation_id)
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            token = kits.make_link(session, managed.facts.id, kit_id, actor=actor, now=now())
            kit = kits.find_kit(session, managed.facts.id, kit_id)
    except (Conflict, Forbidden) as refusal:
        flash(_(refusal.message), "attention")
        return see_other(".show", organisation_id=organisation_id, kit_id=kit_id)
    return _page(organisation_id, kit, doors().page(url_for("kit_download.download", token=token)))


@blueprint.get("/<kit_id>/link")
@open_to(Audience.MANAGERS)
def link_again(organisation_id: str, kit_id: str) -> ResponseReturnValue:
    """Lead back who reloads the page that showed a link: it is shown once."""
    managed = managed_organisation(organisation_id)
    with read_session() as session:
        kits.find_kit(session, managed.facts.id, kit_id)
    return see_other(".show", organisation_id=organisation_id, kit_id=kit_id)


@blueprint.post("/<kit_id>/take-back-link")
@open_to(Audience.MANAGERS)
def take_back_link(organisation_id: str, kit_id: str) -> ResponseReturnValue:
    """Let a kit's link open nothing more."""
    managed = managed_organisation(organisation_id)
    with transaction() as session:
        actor = required_viewer().public_id
        kits.take_back_link(session, managed.facts.id, kit_id, actor=actor, now=now())
    flash(_("That link opens nothing more."), "done")
    return see_other(".show", organisation_id=organisation_id, kit_id=kit_id)


@blueprint.post("/<kit_id>/stop")
@open_to(Audience.MANAGERS)
def stop(organisation_id: str, kit_id: str) -> ResponseReturnValue:
    """Stop the making of a kit."""
    managed = managed_organisation(organisation_id)
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            kits.stop(session, managed.facts.id, kit_id, actor=actor, now=now())
    except Conflict as refusal:
        flash(_(refusal.message), "attention")
    else:
        flash(_("It is being stopped."), "done")
    return see_other(".show", organisation_id=organisation_id, kit_id=kit_id)


@blueprint.post("/<kit_id>/withdraw")
@open_to(Audience.MANAGERS)
def withdraw(organisation_id: str, kit_id: str) -> ResponseReturnValue:
    """Take a kit back with its file."""
    managed = managed_organisation(organisation_id)
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            kits.withdraw(session, managed.facts.id, kit_id, actor=actor, now=now())
    except Conflict as refusal:
        flash(_(refusal.message), "attention")
        return see_other(".show", organisation_id=organisation_id, kit_id=kit_id)
    flash(_("The kit is gone, and its link opens nothing."), "done")
    return see_other(".index", organisation_id=organisation_id)


def _page(organisation_id: str, kit: KitFacts, made_link: str) -> str:
    managed = managed_organisation(organisation_id)
    zone = zone_of(managed)
    word, kind = STATES[kit.state]
    return render_in(
        managed,
        "organisation/kit.html",
        kit=replace(kit, failure=_(kit.failure) if kit.failure else ""),
        state=_(word),
        badge_kind=kind,
        is_live=kit.state is KitState.MAKING,
        percent=round(WHOLE * kit.progress),
        amount=_amount(kit),
        note=_(kit.note) if kit.note else _("Waiting for its turn"),
        made_link=made_link,
        size=_("%(size)s MB", size=max(1, round(kit.size_bytes / MIB))),
        until="" if kit.expires_at is None else say_moment_in_a_row(kit.expires_at, zone),
        fetched="" if kit.downloaded_at is None else say_moment_in_a_row(kit.downloaded_at, zone),
    )


def _amount(kit: KitFacts) -> str:
    done = round(WHOLE * kit.progress)
    pace = pace_of(done, WHOLE, kit.progress, started_at=kit.started_at, now=now())
    return f"{done} %" if pace.left is None else f"{done} % · {say_left(pace.left)}"
