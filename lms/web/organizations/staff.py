"""Staff pages for organizations: list, add, edit, members, domains, and pools."""

from typing import Any, Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.dates_and_time_zones import say_date
from lms.core.errors import Conflict, Invalid, NotFound
from lms.kits import delivery_kits
from lms.models.organizations import Role
from lms.models.seats import ClaimPolicy
from lms.organizations import email_domains, memberships, organization_lists, organizations
from lms.organizations.memberships import NewMember
from lms.organizations.organizations import NewOrganization, OrganizationDetails, OrganizationFacts
from lms.people.role_texts import ROLES
from lms.seats import pools
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import required_viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.time_zone_choices import zone_choices, zone_name
from lms.web.organizations.staff_forms import DomainForm, OrganizationForm
from lms.web.people.pool_rows import pool_row
from lms.web.people.staff_forms import MemberForm

blueprint = Blueprint("staff_organizations", __name__, url_prefix="/staff/organizations")

PAGE_SIZE: Final = 50


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List the organizations that match."""
    number, query = page_number(), request.args.get("q", "").strip()
    with read_session() as session:
        found = organization_lists.list_organizations(
            session, query, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
    return render(
        "organizations/staff.html",
        rows=found.items,
        query=query,
        filters=[(f"“{query}”", url_for(".index"))] if query else [],
        pager=pager_of(
            number,
            PAGE_SIZE,
            found.total,
            url=lambda page: url_for(".index", q=query or None, page=page),
        ),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    """Ask for a name, and add the organization."""
    form = _form(OrganizationForm(request.form), None)
    if request.method == "GET":
        return render("organizations/staff_form.html", form=form, kept=None)
    if not form.validate():
        return render("organizations/staff_form.html", form=form, kept=None), 400
    details = _details(form)
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            wanted = form.slug.data or organizations.slug_for(session, details.name)
            made = organizations.add_organization(
                session,
                NewOrganization(wanted, details.name, details.parent, details.zone),
                actor=actor,
                now=clock.now(),
            )
    except (Invalid, Conflict, NotFound) as refusal:
        _tell(form, refusal)
        return render("organizations/staff_form.html", form=form, kept=None), 400
    flash(_("%(name)s is here. Now add who manages it.", name=made.name), "done")
    return see_other(".organization", slug=made.slug)


@blueprint.get("/<slug>")
@open_to(Audience.STAFF)
def organization(slug: str) -> ResponseReturnValue:
    """Show one organization."""
    return _page(slug, _member_form(MemberForm()))


@blueprint.route("/<slug>/edit", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(slug: str) -> ResponseReturnValue:
    """Change name, zone and parent."""
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    values = OrganizationForm(
        request.form, name=kept.name, slug=kept.slug, zone=kept.zone or "", parent=kept.parent or ""
    )
    form = _form(values, kept)
    if request.method == "GET":
        return render("organizations/staff_form.html", form=form, kept=kept)
    if not form.validate():
        return render("organizations/staff_form.html", form=form, kept=kept), 400
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            organizations.edit_organization(
                session, kept.id, _details(form), actor=actor, now=clock.now()
            )
    except (Invalid, Conflict, NotFound) as refusal:
        _tell(form, refusal)
        return render("organizations/staff_form.html", form=form, kept=kept), 400
    flash(_("Saved."), "done")
    return see_other(".organization", slug=slug)


@blueprint.post("/<slug>/members")
@open_to(Audience.STAFF)
def add_member(slug: str) -> ResponseReturnValue:
    """Make whoever an address leads to a member; somebody new gets a login and the letter."""
    form = _member_form(MemberForm(request.form))
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    if not form.validate():
        return _page(slug, form), 400
    member = NewMember(form.email.address, Role(form.role.data), form.name.data or "")
    with transaction() as session:
        joined = memberships.add_by_address(
            session,
            kept,
            member,
            links=links(),
            actor=required_viewer().public_id,
            now=clock.now(),
        )
    if joined.is_new:
        sentence = _("%(email)s is added, and a letter for choosing a password is on its way.")
    else:
        sentence = _("%(email)s belongs to it now.")
    flash(sentence % {"email": joined.email}, "done")
    return see_other(".organization", slug=slug)


@blueprint.post("/<slug>/members/<login_id>/role")
@open_to(Audience.STAFF)
def change_role(slug: str, login_id: str) -> ResponseReturnValue:
    """Give a member another role."""
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    asked = request.form.get("role", "")
    if asked not in dict(_roles()):
        raise NotFound
    role = Role(asked)
    with transaction() as session:
        actor = required_viewer().public_id
        memberships.change_role(session, kept, login_id, role=role, actor=actor, now=clock.now())
    flash(_("The role is changed."), "done")
    return see_other(".organization", slug=slug)


@blueprint.post("/<slug>/members/<login_id>/remove")
@open_to(Audience.STAFF)
def remove_member(slug: str, login_id: str) -> ResponseReturnValue:
    """End somebody's place."""
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    with transaction() as session:
        actor = required_viewer().public_id
        memberships.remove_member(session, kept, login_id, actor=actor, now=clock.now())
    flash(_("They belong to it no more. A seat they have stays theirs."), "done")
    return see_other(".organization", slug=slug)


@blueprint.post("/<slug>/domains")
@open_to(Audience.STAFF)
def verify_domain(slug: str) -> ResponseReturnValue:
    """Note that a mail domain is the organization's own."""
    form = DomainForm(request.form)
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    if not form.validate():
        return _page(slug, _blank_member(), form), 400
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            domain = email_domains.verify(
                session, kept.id, form.domain.data or "", actor=actor, now=clock.now()
            )
    except (Invalid, Conflict) as refusal:
        form.domain.errors = [_(refusal.message)]
        return _page(slug, _blank_member(), form), 400
    flash(_("%(domain)s is theirs.", domain=domain), "done")
    return see_other(".organization", slug=slug)


@blueprint.post("/<slug>/domains/<domain_id>/remove")
@open_to(Audience.STAFF)
def forget_domain(slug: str, domain_id: str) -> ResponseReturnValue:
    """Take a mail domain from the organization."""
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    with transaction() as session:
        actor = required_viewer().public_id
        email_domains.forget(session, kept.id, domain_id, actor=actor, now=clock.now())
    flash(_("That domain is theirs no more. Seats that were taken by it stay."), "done")
    return see_other(".organization", slug=slug)


@blueprint.post("/<slug>/pools/<pool_id>/policy")
@open_to(Audience.STAFF)
def set_policy(slug: str, pool_id: str) -> ResponseReturnValue:
    """Say who may take a free seat of a pool unasked."""
    try:
        policy = ClaimPolicy(request.form.get("policy", ""))
    except ValueError:
        raise NotFound from None
    with transaction() as session:
        kept = organizations.find_organization(session, slug)
        pool = pools.find_pool(session, pool_id)
        if pool.organization_id != kept.id:
            raise NotFound
        actor = required_viewer().public_id
        pools.set_claim_policy(session, pool.id, policy, actor=actor, now=clock.now())
    flash(_("Who may take a free seat is changed."), "done")
    return see_other(".organization", slug=slug)


def _page(slug: str, form: MemberForm, domain_form: DomainForm | None = None) -> str:
    number, zone, now = page_number(), reading_zone(), clock.now()
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
        members = memberships.list_members(
            session, kept.id, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
        held = [
            pool_row(one, pools.grants_of(session, one.id), now=now, zone=zone)
            for one in pools.pools_of(session, kept.id)
        ]
        known = email_domains.domains_of(session, kept.id)
        children = organization_lists.children_of(session, kept.id)
        parent = organizations.find_organization(session, kept.parent) if kept.parent else None
        takes_kits = delivery_kits.is_allowed(session, kept.id)
    return render(
        "organizations/staff_organization.html",
        kept=kept,
        takes_kits=takes_kits,
        parent=parent,
        children=children,
        pools=held,
        domains=known,
        domain_form=domain_form or DomainForm(),
        zone=zone_name(kept.zone or carrel().settings.time_zone),
        members=members.items,
        since={one.login_id: say_date(one.since, zone) for one in members.items},
        roles=_roles(),
        form=form,
        pager=pager_of(
            number,
            PAGE_SIZE,
            members.total,
            url=lambda page: url_for(".organization", slug=slug, page=page),
        ),
    )


def _blank_member() -> MemberForm:
    form = _member_form(MemberForm())
    form.role.data = Role.MANAGER.value
    return form


def _member_form(form: MemberForm) -> MemberForm:
    form.role.choices = _roles()
    if request.method == "GET":
        form.role.data = Role.MANAGER.value
    return form


def _roles() -> list[tuple[str, str]]:
    """Return the roles to choose from here; supervisors are made where their groups are chosen."""
    return [(role.value, _(words)) for role, words in ROLES.items() if role is not Role.SUPERVISOR]


def _form(form: OrganizationForm, kept: OrganizationFacts | None) -> OrganizationForm:
    with read_session() as session:
        parents = organization_lists.possible_parents(session, kept.id if kept else None)
    form.parent.choices = [("", _("None")), *((one.slug, one.name) for one in parents)]
    default = zone_name(carrel().settings.time_zone)
    choices: dict[str, Any] = {"": [("", _("The house's: %(zone)s", zone=default))]}
    form.zone.choices = {**choices, **zone_choices(clock.now(), present=form.zone.data or None)}
    return form


def _details(form: OrganizationForm) -> OrganizationDetails:
    return OrganizationDetails(
        name=form.name.data or "", zone=form.zone.data or None, parent=form.parent.data or None
    )


def _tell(form: OrganizationForm, refusal: Invalid | Conflict | NotFound) -> None:
    if isinstance(refusal, Invalid):
        show_faults(form, refusal)
    elif isinstance(refusal, NotFound):
        form.parent.errors = [_(refusal.message)]
    else:
        form.slug.errors = [_(refusal.message)]
