"""Staff pages for organizations: the list, one organization, and adding and editing one."""

from http import HTTPStatus
from typing import Any, Final, TypeVar

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import Conflict, Invalid, NotFound
from lms.organizations import organization_lists, organizations
from lms.organizations.organization_matches import Match, find_matches
from lms.organizations.organizations import NewOrganization, OrganizationDetails
from lms.seats.former_parents import SeatsReturn, edit_organization
from lms.web.core.current_user import acting
from lms.web.core.form_errors import show_faults
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.time_zone_choices import zone_choices, zone_name
from lms.web.organizations.staff_forms import NewOrganizationForm, OrganizationForm
from lms.web.organizations.staff_organization import organization_of_page
from lms.web.organizations.staff_organization_page import customer_page

blueprint = Blueprint("staff_organizations", __name__, url_prefix="/staff/organizations")

PAGE_SIZE: Final = 50
Fields = TypeVar("Fields", bound=OrganizationForm)


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List the matching organizations."""
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
        pager=pager_of(number, PAGE_SIZE, found.total),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    """Ask for a name, and add the organization, unless it may already exist."""
    form = _form(NewOrganizationForm(request.form))
    if request.method == "GET":
        return render("organizations/staff_form.html", form=form, kept=None)
    if not form.validate():
        return render("organizations/staff_form.html", form=form, kept=None), 400
    if matches := _unconfirmed_matches(form):
        page = render(
            "organizations/staff_form.html",
            form=form,
            kept=None,
            matches=matches,
            anyway=_said(form),
        )
        return page, HTTPStatus.CONFLICT
    try:
        details = _details(form)
        with transaction() as session:
            wanted = form.slug.data or organizations.slug_for(session, details.name)
            made = organizations.add_organization(
                session,
                NewOrganization(
                    wanted, details.name, details.parent, details.zone, form.facts.address
                ),
                **acting(),
            )
    except (Invalid, Conflict, NotFound) as refusal:
        _tell(form, refusal)
        return render("organizations/staff_form.html", form=form, kept=None), 400
    flash(_("%(name)s was added. Now add its manager under People.", name=made.name), "done")
    return see_other(".organization", slug=made.slug)


@blueprint.get("/<slug>")
@open_to(Audience.STAFF)
def organization(slug: str) -> ResponseReturnValue:
    """Show everything about one organization."""
    return customer_page(organization_of_page(slug))


@blueprint.route("/<slug>/edit", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(slug: str) -> ResponseReturnValue:
    """Change name, time zone and parent; seats of a former parent return once staff saw which."""
    kept = organization_of_page(slug)
    values = sent_or_stored(
        OrganizationForm,
        name=kept.name,
        slug=kept.slug,
        zone=kept.zone or "",
        parent=_name_of(kept.parent) if kept.parent else "",
    )
    form = _form(values)
    if request.method == "GET":
        return render("organizations/staff_form.html", form=form, kept=kept)
    if not form.validate():
        return render("organizations/staff_form.html", form=form, kept=kept), 400
    try:
        details = _details(form)
        with transaction() as session:
            edit_organization(
                session,
                kept.id,
                details,
                seen=request.form.get("seen", ""),
                links=links(),
                **acting(),
            )
    except SeatsReturn as asked:
        page = render(
            "organizations/staff_form.html",
            form=form,
            kept=kept,
            returning=asked.returning,
            seen=asked.seen,
        )
        return page, HTTPStatus.CONFLICT
    except (Invalid, Conflict, NotFound) as refusal:
        _tell(form, refusal)
        return render("organizations/staff_form.html", form=form, kept=kept), 400
    flash(_("Saved."), "done")
    return see_other(".organization", slug=kept.slug)


def _unconfirmed_matches(form: NewOrganizationForm) -> tuple[Match, ...]:
    """Return existing organizations that may be this one, unless staff saw them and confirmed."""
    if request.form.get("anyway") == _said(form):
        return ()
    with read_session() as session:
        return find_matches(session, form.facts)


def _said(form: NewOrganizationForm) -> str:
    """Return what was compared, so that a changed name or address is checked again."""
    address = form.facts.address
    return ", ".join((form.facts.name, *(address.lines if address else ())))


def _name_of(slug: str) -> str:
    with read_session() as session:
        found = organizations.find_organization(session, slug)
    return f"{found.name} ({found.slug})"  # several may have its name


def _form(form: Fields) -> Fields:
    default = zone_name(carrel().settings.time_zone)
    choices: dict[str, Any] = {"": [("", _("Our time zone: %(zone)s", zone=default))]}
    form.zone.choices = {**choices, **zone_choices(clock.now(), present=form.zone.data or None)}
    return form


def _details(form: OrganizationForm) -> OrganizationDetails:
    """Return what was entered; raises Invalid if the parent isn't found, or is one of several."""
    typed = form.parent.data or ""
    parent = None
    if typed.strip():
        try:
            with read_session() as session:
                parent = organization_lists.match_organization(session, typed).slug
        except Invalid as refusal:
            raise Invalid(refusal.message, field="parent") from refusal
    return OrganizationDetails(
        name=form.name.data or "", zone=form.zone.data or None, parent=parent
    )


def _tell(form: OrganizationForm, refusal: Invalid | Conflict | NotFound) -> None:
    if isinstance(refusal, Invalid):
        show_faults(form, refusal)
    elif isinstance(refusal, NotFound):
        form.parent.errors = [_(refusal.message)]
    else:
        form.slug.errors = [_(refusal.message)]
