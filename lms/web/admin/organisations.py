"""Staff: the organisations, and one of them: its name, zone and parent, its people and its pools."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import domains, kits, memberships, organisations, pools
from lms.clock import now
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.memberships import NewMember
from lms.models.organisations import Role
from lms.models.seats import ClaimPolicy
from lms.organisations import NewOrganisation, OrganisationDetails, OrganisationFacts
from lms.web.admin.pool_words import pool_row
from lms.web.doors import doors
from lms.web.forms.faults import show_faults
from lms.web.forms.organisations import DomainForm, OrganisationForm
from lms.web.forms.staff_people import MemberForm
from lms.web.guard import Audience, open_to
from lms.web.kit import carrel, read_session, render, see_other, transaction
from lms.web.pager import page_number, pager_of
from lms.web.panels import reading_zone
from lms.web.signin import required_viewer
from lms.web.zones import zone_choices, zone_name
from lms.zones import say_date

blueprint = Blueprint("staff_organisations", __name__, url_prefix="/staff/organisations")

PAGE_SIZE: Final = 50
ROLES: Final[Mapping[Role, str]] = {
    Role.OWNER: N_("Owner"),
    Role.MANAGER: N_("Manager"),
    Role.MEMBER: N_("Member"),
}


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List the organisations that match."""
    number, query = page_number(), request.args.get("q", "").strip()
    with read_session() as session:
        found = organisations.list_organisations(
            session, query, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
    return render(
        "admin/organisations.html",
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
    """Ask for a name, and add the organisation."""
    form = _form(OrganisationForm(request.form), None)
    if request.method == "GET":
        return render("admin/organisation_form.html", form=form, kept=None)
    if not form.validate():
        return render("admin/organisation_form.html", form=form, kept=None), 400
    details = _details(form)
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            wanted = form.slug.data or organisations.slug_for(session, details.name)
            made = organisations.add_organisation(
                session,
                NewOrganisation(wanted, details.name, details.parent, details.zone),
                actor=actor,
                now=now(),
            )
    except (Invalid, Conflict, NotFound) as refusal:
        _tell(form, refusal)
        return render("admin/organisation_form.html", form=form, kept=None), 400
    flash(_("%(name)s is here. Now add who manages it.", name=made.name), "done")
    return see_other(".organisation", slug=made.slug)


@blueprint.get("/<slug>")
@open_to(Audience.STAFF)
def organisation(slug: str) -> ResponseReturnValue:
    """Show one organisation."""
    return _page(slug, _member_form(MemberForm()))


@blueprint.route("/<slug>/edit", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(slug: str) -> ResponseReturnValue:
    """Change name, zone and parent."""
    with read_session() as session:
        kept = organisations.find_organisation(session, slug)
    values = OrganisationForm(
        request.form, name=kept.name, slug=kept.slug, zone=kept.zone or "", parent=kept.parent or ""
    )
    form = _form(values, kept)
    if request.method == "GET":
        return render("admin/organisation_form.html", form=form, kept=kept)
    if not form.validate():
        return render("admin/organisation_form.html", form=form, kept=kept), 400
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            organisations.edit_organisation(
                session, kept.id, _details(form), actor=actor, now=now()
            )
    except (Invalid, Conflict, NotFound) as refusal:
        _tell(form, refusal)
        return render("admin/organisation_form.html", form=form, kept=kept), 400
    flash(_("Saved."), "done")
    return see_other(".organisation", slug=slug)


@blueprint.post("/<slug>/members")
@open_to(Audience.STAFF)
def add_member(slug: str) -> ResponseReturnValue:
    """Make whoever an address leads to a member; somebody new gets a login and the letter."""
    form = _member_form(MemberForm(request.form))
    with read_session() as session:
        kept = organisations.find_organisation(session, slug)
    if not form.validate():
        return _page(slug, form), 400
    member = NewMember(form.email.address, Role(form.role.data), form.name.data or "")
    with transaction() as session:
        joined = memberships.add_by_address(
            session,
            kept,
            member,
            doors=doors(),
            actor=required_viewer().public_id,
            now=now(),
        )
    if joined.is_new:
        sentence = _("%(email)s is added, and a letter for choosing a password is on its way.")
    else:
        sentence = _("%(email)s belongs to it now.")
    flash(sentence % {"email": joined.email}, "done")
    return see_other(".organisation", slug=slug)


@blueprint.post("/<slug>/members/<login_id>/role")
@open_to(Audience.STAFF)
def change_role(slug: str, login_id: str) -> ResponseReturnValue:
    """Give a member another role."""
    with read_session() as session:
        kept = organisations.find_organisation(session, slug)
    try:
        role = Role(request.form.get("role", ""))
    except ValueError:
        raise NotFound from None
    with transaction() as session:
        actor = required_viewer().public_id
        memberships.change_role(session, kept, login_id, role=role, actor=actor, now=now())
    flash(_("The role is changed."), "done")
    return see_other(".organisation", slug=slug)


@blueprint.post("/<slug>/members/<login_id>/remove")
@open_to(Audience.STAFF)
def remove_member(slug: str, login_id: str) -> ResponseReturnValue:
    """End somebody's place."""
    with read_session() as session:
        kept = organisations.find_organisation(session, slug)
    with transaction() as session:
        actor = required_viewer().public_id
        memberships.remove_member(session, kept, login_id, actor=actor, now=now())
    flash(_("They belong to it no more. A seat they have stays theirs."), "done")
    return see_other(".organisation", slug=slug)


@blueprint.post("/<slug>/domains")
@open_to(Audience.STAFF)
def verify_domain(slug: str) -> ResponseReturnValue:
    """Note that a mail domain is the organisation's own."""
    form = DomainForm(request.form)
    with read_session() as session:
        kept = organisations.find_organisation(session, slug)
    if not form.validate():
        return _page(slug, _blank_member(), form), 400
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            domain = domains.verify(
                session, kept.id, form.domain.data or "", actor=actor, now=now()
            )
    except (Invalid, Conflict) as refusal:
        form.domain.errors = [_(refusal.message)]
        return _page(slug, _blank_member(), form), 400
    flash(_("%(domain)s is theirs.", domain=domain), "done")
    return see_other(".organisation", slug=slug)


@blueprint.post("/<slug>/domains/<domain_id>/remove")
@open_to(Audience.STAFF)
def forget_domain(slug: str, domain_id: str) -> ResponseReturnValue:
    """Take a mail domain from the organisation."""
    with read_session() as session:
        kept = organisations.find_organisation(session, slug)
    with transaction() as session:
        actor = required_viewer().public_id
        domains.forget(session, kept.id, domain_id, actor=actor, now=now())
    flash(_("That domain is theirs no more. Seats that were taken by it stay."), "done")
    return see_other(".organisation", slug=slug)


@blueprint.post("/<slug>/pools/<pool_id>/policy")
@open_to(Audience.STAFF)
def set_policy(slug: str, pool_id: str) -> ResponseReturnValue:
    """Say who may take a free seat of a pool unasked."""
    try:
        policy = ClaimPolicy(request.form.get("policy", ""))
    except ValueError:
        raise NotFound from None
    with transaction() as session:
        kept = organisations.find_organisation(session, slug)
        pool = pools.find_pool(session, pool_id)
        if pool.organisation_id != kept.id:
            raise NotFound
        actor = required_viewer().public_id
        pools.set_claim_policy(session, pool.id, policy, actor=actor, now=now())
    flash(_("Who may take a free seat is changed."), "done")
    return see_other(".organisation", slug=slug)


def _page(slug: str, form: MemberForm, domain_form: DomainForm | None = None) -> str:
    number, zone, moment = page_number(), reading_zone(), now()
    with read_session() as session:
        kept = organisations.find_organisation(session, slug)
        members = memberships.list_members(
            session, kept.id, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
        held = [
            pool_row(one, pools.grants_of(session, one.id), now=moment, zone=zone)
            for one in pools.pools_of(session, kept.id)
        ]
        known = domains.domains_of(session, kept.id)
        children = organisations.children_of(session, kept.id)
        parent = organisations.find_organisation(session, kept.parent) if kept.parent else None
        takes_kits = kits.is_allowed(session, kept.id)
    return render(
        "admin/organisation.html",
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
        roles=[(role.value, _(words)) for role, words in ROLES.items()],
        form=form,
        pager=pager_of(
            number,
            PAGE_SIZE,
            members.total,
            url=lambda page: url_for(".organisation", slug=slug, page=page),
        ),
    )


def _blank_member() -> MemberForm:
    form = _member_form(MemberForm())
    form.role.data = Role.MANAGER.value
    return form


def _member_form(form: MemberForm) -> MemberForm:
    form.role.choices = [(role.value, _(words)) for role, words in ROLES.items()]
    if request.method == "GET":
        form.role.data = Role.MANAGER.value
    return form


def _form(form: OrganisationForm, kept: OrganisationFacts | None) -> OrganisationForm:
    with read_session() as session:
        parents = organisations.possible_parents(session, kept.id if kept else None)
    form.parent.choices = [("", _("None")), *((one.slug, one.name) for one in parents)]
    house = zone_name(carrel().settings.time_zone)
    choices: dict[str, Any] = {"": [("", _("The house's: %(zone)s", zone=house))]}
    form.zone.choices = {**choices, **zone_choices(now(), present=form.zone.data or None)}
    return form


def _details(form: OrganisationForm) -> OrganisationDetails:
    return OrganisationDetails(
        name=form.name.data or "", zone=form.zone.data or None, parent=form.parent.data or None
    )


def _tell(form: OrganisationForm, refusal: Invalid | Conflict | NotFound) -> None:
    if isinstance(refusal, Invalid):
        show_faults(form, refusal)
    elif isinstance(refusal, NotFound):
        form.parent.errors = [_(refusal.message)]
    else:
        form.slug.errors = [_(refusal.message)]
