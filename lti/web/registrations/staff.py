"""Staff pages for registrations: approve, change, and disable them; rotate keys."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.lti_facade.dates import say_time_of
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import flashed, shown_in
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.keys.tool_keys import list_keys, rotate_keys
from lti.models.registrations_and_keys import KeyState
from lti.registrations.connection_decisions import (
    approve_platform,
    connect_deployment,
    stop_deployment,
    stop_platform,
)
from lti.registrations.connection_steps import steps_by_platform
from lti.registrations.deployments import find_deployment, list_deployments
from lti.registrations.registrations import edit_registration, find_registration, list_registrations
from lti.web.registrations.platform_rows_and_values import platform_lines
from lti.web.registrations.registration_forms import SettingsForm

blueprint = Blueprint("staff_lti", __name__, url_prefix="/staff/lti")

KEY_WORDS: Final = {
    KeyState.NEXT: (N_("Next"), "soon"),
    KeyState.ACTIVE: (N_("Active"), "open"),
    KeyState.RETIRED: (N_("Retired"), "none"),
}
REJECTED: Final = 400
WHOSE: Final = N_("Enter the last part of the organization's web address, such as elm-county.")


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """Show pending decisions, then all registrations, and the keys."""
    zone = carrel().settings.time_zone
    with read_session() as session:
        known = list_registrations(session)
        deployed = list_deployments(session)
        steps = steps_by_platform(session, known, deployed)
        keys = list_keys(session)
    return render(
        "lti/registrations/staff.html",
        lines=sorted(
            platform_lines(known, deployed, own=known, steps=steps, zone=zone),
            key=lambda line: (not line.is_pending, line.name.casefold()),
        ),
        slugs={one.public_id: one.organization.slug for one in known if one.organization},
        keys=[(key.kid, *_key_words(key.state), say_time_of(key.created_at, zone)) for key in keys],
    )


@blueprint.post("/<registration_id>/approve")
@open_to(Audience.STAFF)
def approve(registration_id: str) -> ResponseReturnValue:
    """Approve a platform, and its pending deployments if it has an organization."""
    now, actor = clock.now(), required_viewer().public_id
    with transaction() as session:
        kept = approve_platform(session, registration_id, links=links(), actor=actor, now=now)
    flash(_("%(name)s is active.", name=kept.details.name), "done")
    return see_other(".index")


@blueprint.route("/<registration_id>/settings", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def settings(registration_id: str) -> ResponseReturnValue:
    """Set the clock tolerance, whether anonymous people can watch, and who can frame our pages."""
    with read_session() as session:
        kept = find_registration(session, registration_id)
    form = SettingsForm(request.form)
    if request.method == "GET":
        form.fill(kept)
    elif form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                # read again, since others may have changed other settings after the form was shown
                details = form.changed(find_registration(session, registration_id).details)
                edit_registration(session, registration_id, details, **acting())
            flash(_("Saved."), "done")
            return see_other(".index")
    page = render("lti/registrations/staff_settings.html", form=form, kept=kept)
    return page, REJECTED if form.errors else 200


@blueprint.post("/<registration_id>/disable")
@open_to(Audience.STAFF)
def disable(registration_id: str) -> ResponseReturnValue:
    """Turn off a platform."""
    now, actor = clock.now(), required_viewer().public_id
    with transaction() as session:
        kept = stop_platform(session, registration_id, links=links(), actor=actor, now=now)
    flash(_("%(name)s is turned off.", name=kept.details.name), "done")
    return see_other(".index")


@blueprint.post("/deployments/<deployment_id>/approve")
@open_to(Audience.STAFF)
def approve_one(deployment_id: str) -> ResponseReturnValue:
    """Approve a deployment for the named organization."""
    slug = request.form.get("organization", "").strip()
    with read_session() as session:
        found = find_deployment(session, deployment_id)
    try:
        with transaction() as session:
            connect_deployment(
                session,
                found.registration,
                found.deployment_id,
                organization=slug,
                links=links(),
                **acting(),
            )
    except NotFound:
        flash(_(WHOSE), "attention")
    else:
        flash(_("Deployment %(id)s connected.", id=found.deployment_id), "done")
    return see_other(".index")


@blueprint.post("/deployments/<deployment_id>/refuse")
@open_to(Audience.STAFF)
def refuse_one(deployment_id: str) -> ResponseReturnValue:
    """Refuse a deployment."""
    with transaction() as session:
        found = find_deployment(session, deployment_id)
        stop_deployment(session, found.registration, found.deployment_id, links=links(), **acting())
    flash(_("Deployment %(id)s refused.", id=found.deployment_id), "done")
    return see_other(".index")


@blueprint.post("/keys/rotate")
@asks_again
@open_to(Audience.STAFF)
def rotate() -> ResponseReturnValue:
    """Activate the next key."""
    with flashed(Conflict):
        rotate_keys(
            carrel().database,
            carrel().settings.secret_key,
            at_once=request.form.get("at_once") == "yes",
            **acting(),
        )
        flash(
            _("The next key is now in use. The previous key stays published for two days."), "done"
        )
    return see_other(".index")


def _key_words(state: KeyState) -> tuple[str, str]:
    words, kind = KEY_WORDS[state]
    return _(words), kind
