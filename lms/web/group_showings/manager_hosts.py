"""Manager pages for group viewings that an organization owns: show and replace their hosts."""

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form, StringField
from wtforms.validators import Length, Optional

from lms.accounts.accounts import LONGEST_NAME
from lms.core.dates_and_time_zones import read_zone, say_date
from lms.core.errors import Conflict
from lms.group_showings import hosts
from lms.group_showings.hosts import NewHost, OwnedShowing
from lms.organizations.manager_and_owner_permissions import Managed
from lms.web.accounts.forms import address_field
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import acting
from lms.web.core.lazy_form_translations import _l
from lms.web.core.manager_area import render_in
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to

blueprint = Blueprint(
    "organization_showings", __name__, url_prefix="/organization/<organization_id>/group-viewings"
)


class HostForm(Form):
    """The new host of a group viewing."""

    email = address_field(_l("New host's email address"), autocomplete="off")
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Used if they don\u2019t have an account yet."),
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )


@blueprint.get("")
@open_to(Audience.MANAGERS)
def index(organization_id: str) -> ResponseReturnValue:
    """List the group viewings that an organization owns."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        owned = hosts.owned_showings(session, managed.facts.id)
    return render_in(
        managed,
        "group_showings/manager_list.html",
        rows=[
            (
                one,
                say_date(one.held_at, read_zone(one.zone)),
                url_for(".host", organization_id=organization_id, grant_id=one.grant),
            )
            for one in owned
        ],
    )


@blueprint.get("/<grant_id>/host")
@open_to(Audience.MANAGERS)
def host(organization_id: str, grant_id: str) -> ResponseReturnValue:
    """Show the host of a group viewing, with a form to name another one."""
    managed = managed_organization(organization_id)
    return _host_page(managed, _owned(managed, grant_id), HostForm())


@blueprint.post("/<grant_id>/host")
@evenly
@open_to(Audience.MANAGERS)
def replace(organization_id: str, grant_id: str) -> ResponseReturnValue:
    """Make another person the host of a group viewing."""
    managed, form = managed_organization(organization_id), HostForm(request.form)
    owned = _owned(managed, grant_id)
    if form.validate():
        new = NewHost(form.email.address, form.name.data or "")
        try:
            with transaction() as session:
                owned = hosts.find_owned(session, managed.facts.id, grant_id)
                hosts.replace_host(session, owned, new, links=links(), **acting())
        except Conflict as refusal:
            form.form_errors.append(_(refusal.message))
        else:
            flash(
                _(
                    "%(email)s now hosts “%(title)s.” We emailed both hosts.",
                    email=new.address.shown,
                    title=owned.title,
                ),
                "done",
            )
            return see_other(".index", organization_id=organization_id)
    return _host_page(managed, owned, form), 400


def _owned(managed: Managed, grant_id: str) -> OwnedShowing:
    with read_session() as session:
        return hosts.find_owned(session, managed.facts.id, grant_id)


def _host_page(managed: Managed, owned: OwnedShowing, form: HostForm) -> str:
    return render_in(managed, "group_showings/manager_host.html", owned=owned, form=form)
