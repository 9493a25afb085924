"""Staff actions on an organization: members and roles, email domains, and claim policies."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.models.organizations import Role
from lms.models.seats import ClaimPolicy
from lms.organizations import email_domains, member_invitations, memberships
from lms.organizations.memberships import NewMember
from lms.requests import domain_requests
from lms.seats import pools
from lms.web.core.current_user import acting
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.organizations.staff_forms import DomainForm
from lms.web.organizations.staff_organization import organization_of_page
from lms.web.organizations.staff_organization_page import (
    PAGE,
    customer_page,
    offer_roles,
    roles_chosen_here,
)
from lms.web.people.staff_forms import MemberForm

INVITED = N_(
    "%(email)s has an account, so we emailed them an invitation. They get the role when they accept."
)

blueprint = Blueprint(
    "staff_organization_actions", __name__, url_prefix="/staff/organizations/<slug>"
)


@blueprint.post("/members")
@open_to(Audience.STAFF)
def add_member(slug: str) -> ResponseReturnValue:
    """Add a new person as a member, or invite a person who has an account; both are emailed."""
    kept, form = organization_of_page(slug), offer_roles(MemberForm(request.form))
    if not form.validate():
        return customer_page(kept, form), 400
    member = NewMember(form.email.address, Role(form.role.data), form.name.data or "")
    try:
        with transaction() as session:
            joined = member_invitations.add_by_address(
                session, kept, member, links=links(), **acting()
            )
    except Conflict as refusal:
        form.email.errors = [_(refusal.message)]
        return customer_page(kept, form), 409
    if joined.is_new:
        sentence = _("%(email)s was added. We emailed them a link to choose a password.")
    elif joined.is_invited:
        sentence = _(INVITED)
    else:
        sentence = _("%(email)s was added.")
    flash(sentence % {"email": joined.email}, "done")
    return see_other(PAGE, slug=kept.slug, _anchor="people-title")


@blueprint.post("/members/<login_id>/role")
@open_to(Audience.STAFF)
def change_role(slug: str, login_id: str) -> ResponseReturnValue:
    """Change a member's role."""
    kept = organization_of_page(slug)
    asked = request.form.get("role", "")
    if asked not in dict(roles_chosen_here()):
        raise NotFound
    role = Role(asked)
    with transaction() as session:
        memberships.change_role(session, kept, login_id, role, links=links(), **acting())
    flash(_("The role was changed."), "done")
    return see_other(PAGE, slug=kept.slug, _anchor="people-title")


@blueprint.post("/members/<login_id>/remove")
@open_to(Audience.STAFF)
def remove_member(slug: str, login_id: str) -> ResponseReturnValue:
    """Remove a person from the organization; they keep their seats."""
    kept = organization_of_page(slug)
    with transaction() as session:
        memberships.remove_member(session, kept, login_id, links=links(), **acting())
    flash(_("The person was removed. They keep any seats they have."), "done")
    return see_other(PAGE, slug=kept.slug, _anchor="people-title")


@blueprint.post("/domains")
@open_to(Audience.STAFF)
def verify_domain(slug: str) -> ResponseReturnValue:
    """Record that an email domain belongs to the organization."""
    kept, form = organization_of_page(slug), DomainForm(request.form)
    if not form.validate():
        return customer_page(kept, domain_form=form), 400
    try:
        with transaction() as session:
            domain = domain_requests.verify_domain(
                session, kept.id, form.domain.data or "", links=links(), **acting()
            )
    except (Invalid, Conflict) as refusal:
        form.domain.errors = [_(refusal.message)]
        return customer_page(kept, domain_form=form), 400
    flash(_("%(domain)s was verified.", domain=domain), "done")
    return see_other(PAGE, slug=kept.slug, _anchor="domains-title")


@blueprint.post("/domains/<domain_id>/remove")
@open_to(Audience.STAFF)
def forget_domain(slug: str, domain_id: str) -> ResponseReturnValue:
    """Remove an email domain from the organization; seats claimed with it stay."""
    kept = organization_of_page(slug)
    with transaction() as session:
        email_domains.forget(session, kept.id, domain_id, **acting())
    flash(_("The domain was removed. People keep the seats they claimed."), "done")
    return see_other(PAGE, slug=kept.slug, _anchor="domains-title")


@blueprint.post("/pools/<pool_id>/policy")
@open_to(Audience.STAFF)
def set_policy(slug: str, pool_id: str) -> ResponseReturnValue:
    """Set who can claim a free seat of a pool without an invitation."""
    try:
        policy = ClaimPolicy(request.form.get("policy", ""))
    except ValueError:
        raise NotFound from None
    kept = organization_of_page(slug)
    with transaction() as session:
        pool = pools.find_pool(session, pool_id)
        if pool.organization_id != kept.id:
            raise NotFound
        pools.set_claim_policy(session, pool.id, policy, **acting())
    flash(_("Self-enrollment was changed."), "done")
    return see_other(PAGE, slug=kept.slug, _anchor="pools-title")
