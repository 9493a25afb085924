"""Manager pages for groups of people to assign training to."""

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core.errors import Invalid
from lms.organizations.manager_and_owner_permissions import Managed
from lms.training import groups as training_groups
from lms.training.groups import PAGE_SIZE, list_groups, read_group
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import Names
from lms.web.core.manager_area import render_in
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import page_number, paged, pager_of
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.training.manager_forms import GroupForm, GroupPeopleForm

blueprint = Blueprint(
    "organization_training_groups",
    __name__,
    url_prefix="/organization/<organization_id>/training/groups",
)


@blueprint.get("")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def index(organization_id: str) -> ResponseReturnValue:
    return _list(managed_organization(organization_id), GroupForm())


@blueprint.get("/names")
@open_to(Audience.MANAGERS)
def names(organization_id: str) -> ResponseReturnValue:
    """Return the names of groups that match some words, for a field's script."""
    found = group_names(managed_organization(organization_id))
    return jsonify(items=[{"name": each} for each in found.suggest(request.args.get("q", ""))])


def group_names(managed: Managed, *, with_people: bool = False) -> Names:
    """Return the groups of an organization, for a field.

    With `with_people`, a list of them says how many people are in each.
    """
    url = url_for("organization_training_groups.names", organization_id=managed.facts.public_id)
    with read_session() as session:
        groups = list_groups(session, managed.facts.id)
    names = Names(((each.public_id, each.name) for each in groups), url)
    if with_people and names.are_few:
        return Names(((each.public_id, f"{each.name} ({each.people:,})") for each in groups), url)
    return names


@blueprint.post("")
@open_to(Audience.MANAGERS)
def make(organization_id: str) -> ResponseReturnValue:
    managed, form = managed_organization(organization_id), GroupForm(request.form)
    if form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                made = training_groups.make_group(
                    session,
                    managed.facts,
                    form.name.data or "",
                    form.addresses.data or "",
                    **acting(),
                )
            return see_other(".show", organization_id=organization_id, group_id=made)
    return _list(managed, form), 400


@blueprint.get("/<group_id>")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def show(organization_id: str, group_id: str) -> ResponseReturnValue:
    return _page(managed_organization(organization_id), group_id, GroupPeopleForm())


@blueprint.post("/<group_id>")
@open_to(Audience.MANAGERS)
def add(organization_id: str, group_id: str) -> ResponseReturnValue:
    managed, form = managed_organization(organization_id), GroupPeopleForm(request.form)
    if form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                added = training_groups.add_people(
                    session, managed.facts, group_id, form.addresses.data or "", **acting()
                )
            text = ngettext("%(num)s person was added.", "%(num)s people were added.", added)
            flash(text, "done")
            return see_other(".show", organization_id=organization_id, group_id=group_id)
    return _page(managed, group_id, form), 400


@blueprint.post("/<group_id>/remove/<login_id>")
@open_to(Audience.MANAGERS)
def remove(organization_id: str, group_id: str, login_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        training_groups.remove_person(session, managed.facts, group_id, login_id, **acting())
    flash(_("The person was removed from the group. They keep their assigned training."), "done")
    return see_other(".show", organization_id=organization_id, group_id=group_id)


@blueprint.post("/<group_id>/remove-invited")
@open_to(Audience.MANAGERS)
def remove_invited(organization_id: str, group_id: str) -> ResponseReturnValue:
    managed, email = managed_organization(organization_id), request.form.get("email", "")
    with transaction() as session:
        training_groups.remove_invited(session, managed.facts, group_id, email, **acting())
    flash(_("%(email)s was removed from the group.", email=email), "done")
    return see_other(".show", organization_id=organization_id, group_id=group_id)


@blueprint.post("/<group_id>/dissolve")
@open_to(Audience.MANAGERS)
def dissolve(organization_id: str, group_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        name = training_groups.drop_group(session, managed.facts, group_id, **acting())
    flash(_("%(name)s was deleted. People keep their assigned training.", name=name), "done")
    return see_other(".index", organization_id=organization_id)


def _list(managed: Managed, form: GroupForm) -> str:
    with read_session() as session:
        groups = list_groups(session, managed.facts.id, seen=managed.groups)
    shown, pager = paged(
        groups,
        PAGE_SIZE,
        url=lambda page: url_for(".index", organization_id=managed.facts.public_id, page=page),
    )
    return render_in(
        managed,
        "training/manager_groups.html",
        form=form,
        groups=shown,
        pager=pager,
        said=counted,
    )


def _page(managed: Managed, group_id: str, form: GroupPeopleForm) -> str:
    number, here = page_number(), managed.facts.public_id
    with read_session() as session:
        group = read_group(
            session,
            managed.facts.id,
            group_id,
            offset=(number - 1) * PAGE_SIZE,
            seen=managed.groups,
        )
    return render_in(
        managed,
        "training/manager_group.html",
        form=form,
        group=group,
        pager=pager_of(
            number,
            PAGE_SIZE,
            group.total,
            url=lambda page: url_for(".show", organization_id=here, group_id=group_id, page=page),
        ),
    )
