"""Manager pages for an organization's registrations: invites, setup guides, and details."""

from dataclasses import replace
from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import N_, Conflict, Forbidden, Invalid, NotFound
from lms.lti_facade.connection_emails import tell_team
from lms.lti_facade.dates import say_time_of
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import flashed, shown_in
from lms.web.core.manager_area import Managed, reader_zone_of, render_in
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lti.courses.manager_view import decisions_due
from lti.grades.stuck_scores_and_platforms_away import platforms_away, stuck_links
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.registrations.additional_setup_guides import GUIDES
from lti.registrations.connection_steps import steps_by_platform
from lti.registrations.deployments import list_deployments
from lti.registrations.invites import make_invite, open_invites, withdraw_invite
from lti.registrations.manager_actions import (
    add_own,
    approve_own_deployment,
    change_own,
    disable_own,
    find_own,
    open_edx_of,
)
from lti.registrations.registrations import OPEN_EDX, NewRegistration, list_registrations
from lti.registrations.setup_guides import Guide
from lti.web.registrations.platform_rows_and_values import (
    guide_parts,
    link_field,
    platform_lines,
    platform_names,
    tool_values,
)
from lti.web.registrations.registration_forms import DetailsForm, PlatformForm, new_details
from lti.web.registrations.tool_configuration import is_at_this_machine, tool_addresses, tool_face

blueprint = Blueprint(
    "organization_lti", __name__, url_prefix="/organization/<organization_id>/lti"
)

REJECTED: Final = 400
ENTERED: Final = {
    RegistrationState.PENDING: N_(
        "Saved. We'll review it within one business day and email you. Then you can connect its courses."
    ),
    RegistrationState.ACTIVE: N_(
        "Saved. This component works now, because your Open edX is already approved."
    ),
}
WAITS_AGAIN: Final = N_(
    "Saved. Recordings won't open in this LMS until we approve it, usually within one business day. "
    "We'll email you."
)


@blueprint.get("")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def overview(organization_id: str) -> ResponseReturnValue:
    """Show the connections, what is pending, and every value that an administrator needs."""
    return _overview(managed_organization(organization_id), None)


@blueprint.post("/invite")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def invite(organization_id: str) -> ResponseReturnValue:
    """Create a registration link, which is shown only now."""
    managed = managed_organization(organization_id)
    with transaction() as session:
        made = make_invite(
            session, managed.facts.id, allows_loopback=is_at_this_machine(), **acting()
        )
    link = tool_addresses().registration(made.secret)
    product = request.form.get("product", "")
    return _guide(managed, product, link) if product in GUIDES else _overview(managed, link)


@blueprint.post("/invites/<invite_id>/withdraw")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def withdraw(organization_id: str, invite_id: str) -> ResponseReturnValue:
    """Revoke an unused registration link."""
    managed = managed_organization(organization_id)
    with transaction() as session:
        withdraw_invite(session, managed.facts.id, invite_id, **acting())
    flash(_("The link was revoked."), "done")
    return see_other(".overview", organization_id=organization_id)


@blueprint.get("/guide/<product>")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def guide(organization_id: str, product: str) -> ResponseReturnValue:
    """Show how to connect one product, in its own terms."""
    managed = managed_organization(organization_id)
    if product not in GUIDES:
        raise NotFound
    return _guide(managed, product, None)


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def new(organization_id: str) -> ResponseReturnValue:
    """Register an LMS by its values; our team approves it before it works."""
    managed, now = managed_organization(organization_id), clock.now()
    chosen = GUIDES.get(request.args.get("product", ""))
    form = PlatformForm(request.form)
    if chosen is not None:
        form.name_as(chosen)
    if request.method == "GET" and chosen is not None:
        for name, value in _presets(managed, chosen).items():
            form[name].data = value
    if request.method == "POST" and form.validate():
        entered = NewRegistration(
            form.issuer.data or "",
            form.client_id.data or "",
            replace(
                new_details(form, allows_loopback=is_at_this_machine()),
                product=chosen.slug if chosen else "",
            ),
            managed.facts.slug,
        )
        with shown_in(form, Invalid, Conflict):
            with transaction() as session:
                made = add_own(
                    session,
                    entered,
                    deployment_id=form.deployment_id.data or "",
                    actor=required_viewer().public_id,
                    now=now,
                )
                if made.state is RegistrationState.PENDING:
                    tell_team(session, made.details.name, is_waiting=True, links=links(), now=now)
            flash(_(ENTERED[made.state]), "done")
            return see_other(".overview", organization_id=organization_id)
    page = render_in(
        managed, "lti/registrations/manager_form.html", form=form, guide=chosen, kept=None
    )
    return page, REJECTED if form.errors else 200


@blueprint.route("/<registration_id>", methods=["GET", "POST"])
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def edit(organization_id: str, registration_id: str) -> ResponseReturnValue:
    """Edit the organization's own LMS connection."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        kept = find_own(session, managed.facts.id, registration_id)
    form = DetailsForm(request.form)
    if request.method == "GET":
        form.fill(kept)
    elif form.validate():
        entered, own = new_details(form), managed.facts.id
        with shown_in(form, Invalid):
            with transaction() as session:
                # read again, since staff may have changed other settings after the form was shown
                was = find_own(session, own, registration_id)
                details = replace(
                    was.details,
                    name=entered.name,
                    auth_url=entered.auth_url,
                    token_url=entered.token_url,
                    jwks_url=entered.jwks_url,
                    token_audience=entered.token_audience,
                )
                changed = change_own(session, own, registration_id, details, **acting())
                is_waiting = changed.state is RegistrationState.PENDING
                if is_waiting and was.state is not changed.state:
                    name = changed.details.name
                    tell_team(session, name, is_waiting=True, links=links(), now=clock.now())
            flash(_(WAITS_AGAIN) if is_waiting else _("Saved."), "done")
            return see_other(".overview", organization_id=organization_id)
    page = render_in(
        managed, "lti/registrations/manager_form.html", form=form, guide=None, kept=kept
    )
    return page, REJECTED if form.errors else 200


@blueprint.post("/<registration_id>/disable")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def disable(organization_id: str, registration_id: str) -> ResponseReturnValue:
    """Turn off the organization's own LMS connection."""
    managed = managed_organization(organization_id)
    with transaction() as session:
        disable_own(session, managed.facts.id, registration_id, links=links(), **acting())
    flash(_("The LMS connection is turned off. Seats and progress don't change."), "done")
    return see_other(".overview", organization_id=organization_id)


@blueprint.post("/deployments/<deployment_id>/approve")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def approve(organization_id: str, deployment_id: str) -> ResponseReturnValue:
    """Approve a deployment of the organization's own LMS."""
    managed = managed_organization(organization_id)
    with flashed(Forbidden):
        with transaction() as session:
            approve_own_deployment(session, managed.facts.id, deployment_id, **acting())
        flash(_("Deployment connected. Its courses can show your recordings."), "done")
    return see_other(".overview", organization_id=organization_id)


def _presets(managed: Managed, chosen: Guide) -> dict[str, str]:
    """Return the form's initial values; for Open edX, those that its placements share."""
    presets = {"name": f"{managed.facts.name} {chosen.product}", **chosen.presets}
    if chosen.product != OPEN_EDX:
        return presets
    with read_session() as session:
        placements = open_edx_of(session, managed.facts.id)
    if not placements:
        return presets
    first = placements[0]
    number = len(placements) + 1
    return {
        **presets,
        "name": f"{presets['name']} {number}",
        "issuer": first.issuer,
        "auth_url": first.details.auth_url,
    }


def _guide(managed: Managed, product: str, made_link: str | None) -> str:
    guide = GUIDES[product]
    return render_in(
        managed,
        "lti/registrations/manager_guide.html",
        guide=guide,
        parts=guide_parts(guide, tool_addresses(), tool_face()),
        gives=platform_names(guide),
        link_field=link_field(guide),
        made_link=made_link,
    )


def _overview(managed: Managed, made_link: str | None) -> str:
    now = clock.now()
    zone = reader_zone_of(managed).key
    with read_session() as session:
        known = list_registrations(session, organization_id=managed.facts.id)
        own = [one for one in known if one.organization and one.organization.id == managed.facts.id]
        deployed = [
            each
            for one in known
            for each in list_deployments(session, registration=one.public_id)
            if (each.organization is not None and each.organization.id == managed.facts.id)
            or (each.state is DeploymentState.PENDING and one in own)
        ]
        steps = steps_by_platform(session, known, deployed)
        invites = open_invites(session, managed.facts.id, now=now)
        decisions = decisions_due(session, managed.facts.id)
        is_stuck = bool(
            platforms_away(session, organization_id=managed.facts.id)
            or stuck_links(session, organization_id=managed.facts.id, now=now)
        )
    return render_in(
        managed,
        "lti/registrations/manager.html",
        lines=platform_lines(known, deployed, own=own, steps=steps, zone=zone),
        invites=[(each.public_id, say_time_of(each.expires_at, zone)) for each in invites],
        decisions=decisions,
        is_stuck=is_stuck,
        made_link=made_link,
        values=tool_values(tool_addresses(), tool_face()),
        guides=GUIDES.values(),
    )
