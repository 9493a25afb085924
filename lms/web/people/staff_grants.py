"""Staff actions for grants: give a person a pass or a webinar, and revoke a grant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import StringField

from lms.access.explanations import last_day
from lms.accounts.login_lookup import kept_login
from lms.core import clock
from lms.core.dates_and_time_zones import from_wall_clock, read_zone
from lms.core.errors import Conflict, Invalid, NotFound
from lms.grants import grant_target_lookup, grants
from lms.grants.grants import NewPass
from lms.grants.request_and_sale_form_choices import read_target
from lms.models.grants import Withdrawal
from lms.organizations import organizations
from lms.people import grant_and_seat_history, profile_read_model
from lms.people.profile_read_model import Person
from lms.seats import pools
from lms.seats.pools import PoolFacts, PoolGrant
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.people.grant_and_seat_rows import grant_row
from lms.web.people.pool_rows import pool_row
from lms.web.people.staff_forms import GivePassForm, GiveWebinarForm, RevokeForm
from lms.web.pricing.pass_scopes import offer_scopes

LONGEST_QUERY: Final = 200
blueprint = Blueprint("staff_holdings", __name__, url_prefix="/staff")


@blueprint.route("/people/<login_id>/pass", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def give_pass(login_id: str) -> ResponseReturnValue:
    """Ask what a pass covers and when it starts, and give it for a year."""
    person = _kept_person(login_id)
    form = GivePassForm(request.form)
    with read_session() as session:
        offer_scopes(session, form.scope)
    if request.method == "GET":
        return render("people/grant_pass.html", person=person, form=form)
    if not form.validate():
        return render("people/grant_pass.html", person=person, form=form), 400
    zone = read_zone(carrel().settings.time_zone)
    try:
        starts_at = form.starts_at.data
        begins = from_wall_clock(starts_at, reading_zone()) if starts_at else None
        with transaction() as session:
            new = NewPass(person.id, read_target(session, form.scope.data), begins)
            line = grants.add_pass(session, new, zone=zone, **acting())
            ends_at = line.ends_at
    except Invalid as refusal:
        form.starts_at.errors = [_(refusal.message)]
        return render("people/grant_pass.html", person=person, form=form), 400
    until = last_day(ends_at, zone) if ends_at else ""
    flash(_("%(name)s has a pass until %(until)s.", name=person.name, until=until), "done")
    return see_other("staff_people.person", login_id=login_id)


@blueprint.route("/people/<login_id>/webinar", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def give_webinar(login_id: str) -> ResponseReturnValue:
    """Ask for a webinar, and give permanent access to it."""
    person = _kept_person(login_id)
    form = GiveWebinarForm(request.form)
    if request.method == "GET":
        return _webinar_page(person, form)
    if not form.validate():
        return _webinar_page(person, form), 400
    with shown_in(form, Invalid):
        with transaction() as session:
            webinar = grant_target_lookup.find_webinar(session, form.webinar.data or "")
            grants.give_permanently(session, login_id=person.id, webinar_id=webinar.id, **acting())
        flash(
            _(
                "%(name)s now has permanent access to %(title)s.",
                name=person.name,
                title=webinar.title,
            ),
            "done",
        )
        return see_other("staff_people.person", login_id=login_id)
    return _webinar_page(person, form), 400


@blueprint.route("/grants/<grant_id>/revoke", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def revoke(grant_id: str) -> ResponseReturnValue:
    """Show what would be lost, ask for the reason, and revoke the grant."""
    now = clock.now()
    form = RevokeForm(request.form)
    with read_session() as session:
        held = grant_and_seat_history.read_grant(session, grant_id, now=now)
        person = profile_read_model.read_person(session, held.via)
    if request.method == "POST" and form.validate():
        try:
            _revoke(grant_id, form, now)
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(_("Access revoked."), "done")
            return see_other("staff_people.person", login_id=held.via)
    with read_session() as session:
        loss = grant_and_seat_history.weigh_loss(session, grant_id, now=now)
    page = render(
        "people/revoke_grant.html",
        row=grant_row(held, login_id=held.via, zone=reading_zone()),
        person=person,
        loss=loss,
        more=loss.total - len(loss.titles),
        form=form,
    )
    return page, 400 if form.errors else 200


@blueprint.route("/organizations/<slug>/grants/<grant_id>/revoke", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def revoke_of_pool(slug: str, grant_id: str) -> ResponseReturnValue:
    """Show the seats that depend on a pool's grant, ask for the reason, and revoke it."""
    now, form = clock.now(), RevokeForm(request.form)
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
        pool, line = _pool_grant(session, kept.id, grant_id)
        row = pool_row(pool, (line,), now=now, zone=reading_zone())
    if request.method == "POST" and form.validate():
        try:
            _revoke(grant_id, form, now)
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(_("Access revoked. The pool's other access doesn't change."), "done")
            return see_other("staff_organizations.organization", slug=slug)
    page = render(
        "people/revoke_pool_grant.html", kept=kept, pool=row, line=row.grants[0], form=form
    )
    return page, 400 if form.errors else 200


def _revoke(grant_id: str, form: RevokeForm, at: datetime) -> None:
    with transaction() as session:
        grant_and_seat_history.revoke(
            session,
            grant_id,
            withdrawal=Withdrawal.REFUNDED if form.refunded.data else Withdrawal.REVOKED,
            reason=form.reason.data or "",
            actor=required_viewer().public_id,
            now=at,
        )


def _pool_grant(
    session: Session, organization_id: int, grant_id: str
) -> tuple[PoolFacts, PoolGrant]:
    for pool in pools.pools_of(session, organization_id):
        for line in pools.grants_of(session, pool.id):
            if line.public_id == grant_id and pool.allotted_from is None:
                return pool, line
    raise NotFound


@blueprint.get("/webinar-titles")
@open_to(Audience.STAFF)
def titles() -> ResponseReturnValue:
    """Return the titles of any webinars that match some words, for a field's script."""
    with read_session() as session:
        found = grant_target_lookup.recent_titles(
            session, request.args.get("q", "")[:LONGEST_QUERY]
        )
    return jsonify(items=[{"name": each} for each in found])


def recent_titles(field: StringField) -> Sequence[str]:
    """Return the titles that a webinar field suggests: any, or those with the words that it refused."""
    refused = (field.data or "")[:LONGEST_QUERY] if field.errors else ""
    with read_session() as session:
        found = grant_target_lookup.recent_titles(session, refused)
        return found or grant_target_lookup.recent_titles(session)


def _webinar_page(person: Person, form: GiveWebinarForm) -> str:
    return render(
        "people/grant_webinar.html", person=person, form=form, titles=recent_titles(form.webinar)
    )


def _kept_person(login_id: str) -> Person:
    """Return a login that can get access; raises NotFound for one that was merged into another."""
    with read_session() as session:
        person = profile_read_model.read_person(session, login_id)
        if kept_login(session, person.id) != person.id:
            raise NotFound
    return person
