"""Manager pages for an organization's members and managers."""

from collections.abc import Iterator, Sequence
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import Form, RadioField
from wtforms.validators import Optional

from lms.core.csv_files import Cell
from lms.core.dates_and_time_zones import say_date
from lms.core.errors import Conflict, Forbidden, Invalid
from lms.models.organizations import Role
from lms.organizations import manager_and_owner_permissions, member_invitations, supervised_groups
from lms.organizations.manager_and_owner_permissions import Managed
from lms.organizations.member_invitations import Asked
from lms.organizations.memberships import (
    Member,
    NewMember,
    RoleChoice,
    every_member,
    find_member,
    list_members,
)
from lms.organizations.supervised_groups import GroupName
from lms.people.role_texts import ROLES, WHAT_ROLES_SEE
from lms.web.accounts.forms import address_field
from lms.web.core.constant_time_responses import evenly
from lms.web.core.csv_downloads import streamed_csv
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import Names, PickersField, sent_or_stored
from lms.web.core.lazy_form_translations import _l
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.people.staff_forms import new_persons_name_field
from lms.web.training.manager_groups import group_names

blueprint = Blueprint(
    "organization_members", __name__, url_prefix="/organization/<organization_id>/members"
)

PAGE_SIZE: Final = 50


class RoleForm(Form):
    """A person's role in an organization, and the groups that a supervisor sees."""

    role = RadioField(_l("Role"))
    groups = PickersField(
        _l("Groups"),
        [Optional()],
        description=_l("Only for supervisors, who see the people in these groups."),
    )

    def offer(self, groups: Names, *, with_owner: bool) -> None:
        """Offer the roles that this person can give, and the organization's groups."""
        self.role.choices = [
            (role.value, _(words))
            for role, words in WHAT_ROLES_SEE.items()
            if with_owner or role is not Role.OWNER
        ]
        self.groups.offer(groups)

    @property
    def choice(self) -> RoleChoice:
        """Return the chosen role and groups."""
        return RoleChoice(Role(self.role.data), tuple(self.groups.data or ()))


class MemberForm(RoleForm):
    """A person to add, and their role."""

    email = address_field(_l("Email address"), autocomplete="off")
    name = new_persons_name_field()


@blueprint.get("")
@open_to(Audience.MANAGERS)
def members(organization_id: str) -> ResponseReturnValue:
    return _page(managed_organization(organization_id), _form_to_add())


@blueprint.get("/list.csv")
@open_to(Audience.MANAGERS)
def members_csv(organization_id: str) -> ResponseReturnValue:
    """Download the members, and the people with open invitations, as the page shows them."""
    managed, query = managed_organization(organization_id), _query()
    headings = (_("Name"), _("Email address"), _("Role"), _("Status"), _("Since"))
    zone, words = zone_of(managed), {role: _(text) for role, text in ROLES.items()}

    def row(one: Member | Asked, state: str) -> tuple[Cell, ...]:
        day = one.since.astimezone(zone).date().isoformat()
        return (one.name, one.email or "", words[one.role], state, day)

    def rows(session: Session) -> Iterator[tuple[Cell, ...]]:
        for member in every_member(session, managed.facts.id, query=query):
            yield row(member, _("Member"))
        for each in member_invitations.list_asked(session, managed.facts.id, query=query):
            yield row(each, _("Open invitations"))

    return streamed_csv(headings, rows, f"{managed.facts.slug}-members")


@blueprint.post("")
@evenly
@open_to(Audience.MANAGERS)
def add(organization_id: str) -> ResponseReturnValue:
    managed, form = managed_organization(organization_id), _form_to_add()
    _offer(managed, form)
    if form.validate():
        choice = form.choice
        new = NewMember(form.email.address, choice.role, form.name.data or "", choice.groups)
        with shown_in(form, Invalid, Conflict, Forbidden):
            with transaction() as session:
                member_invitations.ask_in(session, managed, new, links=links(), **acting())
            flash(
                _(
                    "We emailed an invitation to %(address)s.",
                    address=new.address.shown,
                ),
                "done",
            )
            return see_other(".members", organization_id=organization_id)
    return _page(managed, form), 400


@blueprint.post("/asked/<invitation_id>/withdraw")
@open_to(Audience.MANAGERS)
def withdraw(organization_id: str, invitation_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        address = member_invitations.withdraw(session, managed, invitation_id, **acting())
    flash(_("The invitation for %(address)s was withdrawn.", address=address), "done")
    return see_other(".members", organization_id=organization_id)


@blueprint.route("/<member_id>/role", methods=["GET", "POST"])
@open_to(Audience.MANAGERS)
def set_role(organization_id: str, member_id: str) -> ResponseReturnValue:
    """Change a person's role, or the groups that a supervisor sees."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        member = find_member(session, managed.facts.id, member_id)
        seen = supervised_groups.by_supervisor(session, managed.facts.id).get(member_id, [])
    groups = [group.public_id for group in seen]
    form = sent_or_stored(RoleForm, role=member.role.value, groups=groups)
    _offer(managed, form)
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                manager_and_owner_permissions.change_role(
                    session, managed, member_id, form.choice, links=links(), **acting()
                )
            flash(
                _(
                    "New role for %(name)s: %(role)s.",
                    name=member.name,
                    role=_(ROLES[form.choice.role]),
                ),
                "done",
            )
            return _onward(managed, member_id)
    page = render_in(managed, "organizations/manager_role.html", form=form, member=member)
    return page, 400 if form.errors else 200


@blueprint.post("/<member_id>/remove")
@open_to(Audience.MANAGERS)
def remove(organization_id: str, member_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        name = manager_and_owner_permissions.remove_member(
            session, managed, member_id, links=links(), **acting()
        )
    flash(_("%(name)s is no longer a member. They keep their seats.", name=name), "done")
    return _onward(managed, member_id)


def _form_to_add() -> MemberForm:
    return sent_or_stored(MemberForm, role=Role.MANAGER.value)


def _onward(managed: Managed, member_id: str) -> ResponseReturnValue:
    # People who gave up their own role can't open this page anymore.
    person = required_viewer()
    if managed.role is not None and member_id == person.public_id:
        with read_session() as session:
            still = manager_and_owner_permissions.managed_by(session, person.login_id)
        if managed.facts not in still:
            return see_other("library.library")
    return see_other(".members", organization_id=managed.facts.public_id)


def _page(managed: Managed, form: MemberForm) -> str:
    number, query = page_number(), _query()
    with read_session() as session:
        found = list_members(
            session,
            managed.facts.id,
            query=query,
            offset=(number - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
        owners = manager_and_owner_permissions.count_owners(session, managed.facts.id)
        groups = supervised_groups.by_supervisor(session, managed.facts.id)
        asked = member_invitations.list_asked(session, managed.facts.id, query=query)
    _offer(managed, form)

    def url(page: int) -> str:
        here = managed.facts.public_id
        return url_for(".members", organization_id=here, page=page, q=query or None)

    return render_in(
        managed,
        "organizations/manager_members.html",
        form=form,
        query=query,
        chips=[(f"“{query}”", url_for(".members", organization_id=managed.facts.public_id))]
        if query
        else [],
        total_said=counted(found.total + len(asked)),
        total=found.total + len(asked),
        is_long=found.total > PAGE_SIZE,
        asked=[
            (
                each,
                _(ROLES[each.role]),
                managed.may_make_owners or each.role is not Role.OWNER,
            )
            for each in asked
        ],
        rows=[_row(managed, owners, each, groups.get(each.login_id, [])) for each in found.items],
        since=lambda at: say_date(at, zone_of(managed)),
        pager=pager_of(number, PAGE_SIZE, found.total, url=url),
    )


def _offer(managed: Managed, form: RoleForm) -> None:
    form.offer(group_names(managed), with_owner=managed.may_make_owners)


def _query() -> str:
    return " ".join(request.args.get("q", "").split())


def _row(
    managed: Managed, owners: int, member: Member, groups: Sequence[GroupName]
) -> dict[str, object]:
    is_owner = member.role is Role.OWNER
    return {
        "id": member.login_id,
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "role_said": _(ROLES[member.role]),
        "groups": ", ".join(group.name for group in groups),
        "since": member.since,
        "is_oneself": member.login_id == required_viewer().public_id,
        "is_last_owner": is_owner and owners < 2,
        "may_be_changed": not is_owner or (managed.may_make_owners and owners > 1),
    }
