"""Owner pages for the seller's team: its people and their roles."""

from typing import Self

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form, RadioField

from lms.core.errors import Conflict
from lms.models.accounts import SellerRole
from lms.people import team
from lms.people.role_texts import SELLER_ROLES, WHAT_SELLER_ROLES_SEE
from lms.people.team import NewTeamMember
from lms.web.accounts.forms import address_field
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.people.staff_forms import new_persons_name_field

blueprint = Blueprint("staff_team", __name__, url_prefix="/staff/team")


class TeamRoleForm(Form):
    """A person's role on the team."""

    role = RadioField(_l("Role"))

    def offer_roles(self) -> Self:
        """Offer the roles, each with what it gives access to."""
        self.role.choices = [
            (role.value, _(words)) for role, words in WHAT_SELLER_ROLES_SEE.items()
        ]
        return self


class TeamMemberForm(TeamRoleForm):
    """A person to add to the team, and their role."""

    email = address_field(_l("Email address"), autocomplete="off")
    name = new_persons_name_field()


@blueprint.get("")
@open_to(Audience.SELLER_OWNERS)
def index() -> ResponseReturnValue:
    return _page(_form_to_add())


@blueprint.post("")
@asks_again
@open_to(Audience.SELLER_OWNERS)
def add() -> ResponseReturnValue:
    """Give a role to the person with an address."""
    form = _form_to_add()
    if not form.validate():
        return _page(form), 400
    new = NewTeamMember(form.email.address, SellerRole(form.role.data), form.name.data or "")
    try:
        with transaction() as session:
            name = team.add_to_team(session, new, links=links(), **acting())
    except Conflict as refusal:
        form.form_errors.append(_(refusal.message))
        return _page(form), 409
    flash(
        _("%(name)s was added to the team: %(role)s.", name=name, role=_(SELLER_ROLES[new.role])),
        "done",
    )
    return see_other(".index")


@blueprint.route("/<login_id>", methods=["GET", "POST"])
@asks_again
@open_to(Audience.SELLER_OWNERS)
def change(login_id: str) -> ResponseReturnValue:
    """Change a person's role."""
    with read_session() as session:
        member = team.find_team_member(session, login_id)
    form = sent_or_stored(TeamRoleForm, role=member.role.value).offer_roles()
    if request.method == "POST" and form.validate():
        role = SellerRole(form.role.data)
        if _is_set(form, login_id, role):
            flash(
                _("New role for %(name)s: %(role)s.", name=member.name, role=_(SELLER_ROLES[role])),
                "done",
            )
            return _onward(login_id, role)
    page = render("people/staff_team_role.html", member=member, form=form)
    return page, 409 if form.form_errors else 400 if form.errors else 200


@blueprint.post("/<login_id>/remove")
@asks_again
@open_to(Audience.SELLER_OWNERS)
def remove(login_id: str) -> ResponseReturnValue:
    """Remove a person from the team; their account stays."""
    with read_session() as session:
        member = team.find_team_member(session, login_id)
    form = TeamRoleForm(role=member.role.value).offer_roles()
    if not _is_set(form, login_id, None):
        return render("people/staff_team_role.html", member=member, form=form), 409
    flash(
        _("%(name)s is no longer on the team. They keep their account.", name=member.name), "done"
    )
    return _onward(login_id, None)


def _form_to_add() -> TeamMemberForm:
    return sent_or_stored(TeamMemberForm, role=SellerRole.STAFF.value).offer_roles()


def _is_set(form: TeamRoleForm, login_id: str, role: SellerRole | None) -> bool:
    """Set a role, None for none, and return whether it worked; a refusal is shown in the form."""
    try:
        with transaction() as session:
            if role is None:
                team.remove_from_team(session, login_id, links=links(), **acting())
            else:
                team.set_role(session, login_id, role, **acting())
    except Conflict as refusal:
        form.form_errors.append(_(refusal.message))
        return False
    return True


def _onward(login_id: str, role: SellerRole | None) -> ResponseReturnValue:
    # People who gave up their own owner role can't open this page anymore.
    if login_id != required_viewer().public_id or role is SellerRole.OWNER:
        return see_other(".index")
    return see_other("staff_desk.desk" if role else "library.library")


def _page(form: TeamMemberForm) -> str:
    with read_session() as session:
        members = team.list_team(session)
    own_id = required_viewer().public_id
    return render(
        "people/staff_team.html",
        form=form,
        rows=[
            (
                member,
                _(SELLER_ROLES[member.role]),
                member.public_id == own_id,
                url_for(".change", login_id=member.public_id),
            )
            for member in members
        ],
    )
