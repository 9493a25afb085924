"""Who may take a free seat unasked: an organisation's own mail domains, and each pool's policy."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import domains, pools
from lms.clock import now
from lms.errors import NotFound
from lms.models.seats import ClaimPolicy
from lms.pool_overview import read_pool, read_pools
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, see_other, transaction
from lms.web.organisation.area import managed_organisation, render_in
from lms.web.organisation.pool_words import pool_title
from lms.web.signin import required_viewer

blueprint = Blueprint(
    "organisation_claims", __name__, url_prefix="/organisation/<organisation_id>/claims"
)


@blueprint.get("")
@open_to(Audience.MANAGERS)
def claims(organisation_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    with read_session() as session:
        cards = read_pools(session, managed.facts.id, now=now())
        owned = domains.domains_of(session, managed.facts.id)
    return render_in(
        managed,
        "organisation/claims.html",
        domains=owned,
        pools=[
            (card.public_id, pool_title(card), card.claim_policy is ClaimPolicy.DOMAIN)
            for card in cards
        ],
    )


@blueprint.post("/<pool_id>/policy")
@open_to(Audience.MANAGERS)
def set_policy(organisation_id: str, pool_id: str) -> ResponseReturnValue:
    managed, moment = managed_organisation(organisation_id), now()
    policy = next((each for each in ClaimPolicy if each == request.form.get("policy")), None)
    with transaction() as session:
        card = read_pool(session, managed.facts.id, pool_id, now=moment)
        if policy is None:
            raise NotFound
        pools.set_claim_policy(
            session, card.id, policy, actor=required_viewer().public_id, now=moment
        )
    said = (
        _("People of your domains may now take a free seat of %(pool)s.", pool=pool_title(card))
        if policy is ClaimPolicy.DOMAIN
        else _("Seats of %(pool)s now go to whom you invite.", pool=pool_title(card))
    )
    flash(said, "done")
    return see_other(".claims", organisation_id=organisation_id)


@blueprint.post("/domains/<domain_id>/forget")
@open_to(Audience.MANAGERS)
def forget(organisation_id: str, domain_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    with transaction() as session:
        domains.forget(
            session,
            managed.facts.id,
            domain_id,
            actor=required_viewer().public_id,
            now=now(),
        )
    flash(_("The domain is no longer yours here. Whoever has a seat keeps it."), "done")
    return see_other(".claims", organisation_id=organisation_id)
