"""Manager page for claim policies: email domains, and the policy of each pool."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import NotFound
from lms.models.seats import ClaimPolicy
from lms.organizations import email_domains
from lms.seats import pools
from lms.seats.pool_overview import read_pool, read_pools
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.manager_area import render_in
from lms.web.core.pagination import paged
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.pool_texts import pool_title, pool_titles

blueprint = Blueprint(
    "organization_claims", __name__, url_prefix="/organization/<organization_id>/claims"
)

PAGE_SIZE: Final = 50


@blueprint.get("")
@open_to(Audience.MANAGERS)
def claims(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        cards = read_pools(session, managed.facts.id, now=clock.now())
        owned = email_domains.domains_of(session, managed.facts.id)
    shown, pager = paged(cards, PAGE_SIZE)
    titles = pool_titles(cards)
    return render_in(
        managed,
        "seats/manager_claim_policy.html",
        domains=owned,
        pools=[
            (card.public_id, titles[card.public_id], card.claim_policy is ClaimPolicy.DOMAIN)
            for card in shown
        ],
        pager=pager,
        page=request.args.get("page"),
    )


@blueprint.post("/<pool_id>/policy")
@open_to(Audience.MANAGERS)
def set_policy(organization_id: str, pool_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    policy = next((each for each in ClaimPolicy if each == request.form.get("policy")), None)
    with transaction() as session:
        card = read_pool(session, managed.facts.id, pool_id, now=now)
        if policy is None:
            raise NotFound
        pools.set_claim_policy(session, card.id, policy, actor=required_viewer().public_id, now=now)
    said = (
        _(
            "People at your domains can now claim an available seat for %(pool)s.",
            pool=pool_title(card),
        )
        if policy is ClaimPolicy.DOMAIN
        else _("Only people you invite can now claim a seat for %(pool)s.", pool=pool_title(card))
    )
    flash(said, "done")
    return see_other(
        ".claims", organization_id=organization_id, page=request.args.get("page", type=int)
    )


@blueprint.post("/domains/<domain_id>/forget")
@open_to(Audience.MANAGERS)
def forget(organization_id: str, domain_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        email_domains.forget(session, managed.facts.id, domain_id, **acting())
    flash(_("The domain was removed. People keep the seats they claimed."), "done")
    return see_other(".claims", organization_id=organization_id)
