"""Manager page to invite people to seats by typed or pasted addresses (S4, S8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.email_addresses import Address
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.models.seats import AssignmentState
from lms.organizations.manager_and_owner_permissions import Managed
from lms.organizations.staff_list_parser import SENTENCES, Entry, read_pasted
from lms.seats import invitations
from lms.seats.invitations import MOST_AT_ONCE, Answer, Invited, Invitee, NoSeat
from lms.seats.pool_overview import PoolCard, read_pools
from lms.seats.waitlist_offers import check_on
from lms.training.manager_read_models import read_training
from lms.training.missing_seats import read_people_without_seat, read_pool_ids_covering
from lms.web.core.current_user import acting
from lms.web.core.manager_area import render_in
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.manager_seat_forms import PoolForm
from lms.web.seats.pool_texts import pool_names, pool_title

blueprint = Blueprint(
    "organization_inviting", __name__, url_prefix="/organization/<organization_id>"
)

NOBODY_NAMED = N_("Enter at least one email address.")
HAS_IT: Final = {
    AssignmentState.INVITED: N_("Already invited"),
    AssignmentState.OFFERED: N_("Already offered a seat"),
    AssignmentState.CLAIMED: N_("Already has a seat"),
    AssignmentState.FROZEN: N_("Reserved for renewal"),
}


class Overage(Conflict):
    """More people were named than there are seats (S8)."""

    def __init__(self, missing: int) -> None:
        super().__init__(
            ngettext(
                "No one was invited. To invite everyone, you need %(said)s more seat.",
                "No one was invited. To invite everyone, you need %(said)s more seats.",
                missing,
                said=counted(missing),
            ),
            code="overage",
        )
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why no one was invited; `missing` is the number of missing seats, `faults` are the unreadable lines."""

    text: str
    faults: tuple[str, ...] = ()
    missing: int = 0
    is_too_long: bool = False


@blueprint.get("/invite")
@open_to(Audience.MANAGERS)
def begin(organization_id: str) -> ResponseReturnValue:
    managed, pool = managed_organization(organization_id), request.args.get("pool", "")
    training_id = request.args.get("training")
    if training_id is None:
        return _page(managed, pool)
    with read_session() as session:
        training = read_training(session, managed.facts.id, training_id, now=now())
        people = read_people_without_seat(session, training.id)
        fitting = read_pool_ids_covering(session, training.id)
        cards = read_pools(session, managed.facts.id, now=now())
    taking = {each.public_id for each in cards if each.takes_people and not each.is_off}
    chosen = next((each for each in fitting if each in taking), "")
    return _page(managed, chosen, pasted="\n".join(people[:MOST_AT_ONCE]))


@blueprint.post("/invite")
@open_to(Audience.MANAGERS)
def send(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        cards = read_pools(session, managed.facts.id, now=now())
    form = _pool_form(managed, cards, request.form.get("pool", ""))
    chosen = form.pool.data
    try:
        card = _chosen_card(cards, form)
        people, faults = _read(request.form.get("addresses", ""))
    except Invalid as refusal:
        return _page(managed, chosen, _too_many_or(refusal)), 400
    if faults:
        text = _("No one was invited. Correct the addresses below.")
        return _page(managed, chosen, Trouble(text, faults)), 400
    try:
        with transaction() as session:
            answers = _invite_all(session, card, people)
    except Invalid as refusal:
        return _page(managed, chosen, _too_many_or(refusal)), 400
    except Overage as overage:
        return _page(managed, chosen, Trouble(overage.message, missing=overage.missing)), 409
    except Conflict as refusal:
        return _page(managed, chosen, Trouble(_(refusal.message))), 409
    return _answered(managed, card, answers)


def _chosen_card(cards: Sequence[PoolCard], form: PoolForm) -> PoolCard:
    """Return the chosen pool; raises Invalid for a name that no pool has, NotFound for another's pool."""
    if form.pool.fault:
        raise Invalid(form.pool.fault)
    return or_not_found(next((each for each in cards if each.public_id == form.pool.data), None))


def _invite_all(session: Session, card: PoolCard, people: Sequence[Invitee]) -> tuple[Answer, ...]:
    """Invite all of them or no one; raises Overage if seats are missing.

    Raises Conflict as `invite` does, and if the webinar was canceled or removed.
    """
    check_on(session, card.id)
    answers = invitations.invite(session, card.id, people, links=links(), **acting())
    missing = sum(isinstance(each, NoSeat) for each in answers)
    if missing:
        raise Overage(missing)
    return answers


def _read(pasted: str) -> tuple[list[Invitee], tuple[str, ...]]:
    """Return the people named in a text, and a sentence about each invalid line. Raises Invalid."""
    if not pasted.strip():
        raise Invalid(NOBODY_NAMED)
    entries = list(islice(read_pasted(pasted), 2 * MOST_AT_ONCE))
    faults = tuple(_fault(each) for each in entries if each.fault)
    people: dict[str, Invitee] = {}
    for each in entries:
        if not each.fault:  # the first of duplicate addresses wins
            address = Address(each.email, each.email_key)
            people.setdefault(each.email_key, Invitee(address, each.name))
    if not people and not faults:
        raise Invalid(NOBODY_NAMED)
    return list(people.values()), faults


def _fault(entry: Entry) -> str:
    assert entry.fault is not None  # noqa: S101  (only called for invalid entries)
    sentence = _(SENTENCES[entry.fault])
    return _("Line %(line)s, “%(raw)s”: %(why)s", line=entry.line, raw=entry.raw, why=sentence)


def _too_many_or(refusal: Invalid) -> Trouble:
    is_too_long = refusal.message == invitations.TOO_MANY_AT_ONCE
    return Trouble(_(refusal.message), is_too_long=is_too_long)


def _page(
    managed: Managed, chosen: str, trouble: Trouble | None = None, *, pasted: str = ""
) -> str:
    with read_session() as session:
        cards = read_pools(session, managed.facts.id, now=now())
    form = _pool_form(managed, cards, chosen)
    card = next((each for each in cards if each.public_id == form.pool.data), None)
    if chosen and card is None and not form.pool.fault:
        raise NotFound
    return render_in(
        managed,
        "seats/manager_invite_people.html",
        form=form,
        chosen=card.public_id if card else "",
        pasted=request.form.get("addresses", pasted),
        trouble=trouble,
        more_url=_more_url(card, managed.facts.public_id, trouble.missing)
        if card and trouble
        else "",
        said=counted,
    )


def _pool_form(managed: Managed, cards: Sequence[PoolCard], chosen: str) -> PoolForm:
    form = PoolForm(data={"pool": chosen})
    names = pool_names(managed.facts.public_id, cards, with_free=True)
    form.pool.offer(
        names.among(
            each.public_id
            for each in cards
            if (each.takes_people and not each.is_off) or each.public_id == chosen
        )
    )
    return form


def _answered(managed: Managed, card: PoolCard, answers: Sequence[Answer]) -> str:
    invited = sum(isinstance(each, Invited) for each in answers)
    return render_in(
        managed,
        "seats/manager_invite_results.html",
        pool=pool_title(card),
        pool_id=card.public_id,
        title=ngettext(
            "%(said)s person was invited",
            "%(said)s people were invited",
            invited,
            said=counted(invited),
        )
        if invited
        else _("No one new was invited"),
        rows=[_row(each) for each in answers],
        has_new=invited > 0,
    )


def _row(answer: Answer) -> tuple[str, str, str, str]:
    if isinstance(answer, Invited):
        return answer.email, answer.seat, _("Invited"), "open"
    if isinstance(answer, NoSeat):
        return answer.email, "", _("No seats left"), "soon"
    return answer.email, answer.seat, _(HAS_IT[answer.state]), "plain"


def _more_url(card: PoolCard, organization_id: str, missing: int) -> str:
    return url_for(
        "organization_buying.more",
        organization_id=organization_id,
        pool_id=card.public_id,
        quantity=missing or None,
    )
