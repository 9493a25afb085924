"""The webhook of the card provider: only stores events; a job applies them to the ledger."""

import structlog
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lms.core.clock import now
from lms.core.errors import NotFound
from lms.payments import provider_events
from lms.payments.open_provider import offers_cards, open_provider
from lms.payments.provider import BadSignature
from lms.payments.provider_events import WrongAccount
from lms.web.core.request_context import carrel, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
log = structlog.get_logger()


@blueprint.post("/stripe")
@open_to(Audience.PROVIDER)
def stripe() -> ResponseReturnValue:
    """Store an event and answer 200, or 400 if it isn't signed or is for another account.

    A signed event that can't be read is stored, too: refused, it would be sent again for days, unseen.
    """
    settings = carrel().settings
    if not offers_cards(settings):
        raise NotFound
    provider = open_provider(settings)
    signature = request.headers.get("Stripe-Signature", "")
    try:
        event = provider.read_event(request.get_data(), signature, now=now())
        with transaction() as session:
            provider_events.store(session, provider, event, now=now())
    except (BadSignature, WrongAccount) as refusal:
        log.warning("webhook refused", code=refusal.code)
        return {"error": refusal.code}, 400
    return {}, 200
