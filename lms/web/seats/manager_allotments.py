"""Manager pages for allotments to a consortium's members (PRODUCT.md, S11)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from wtforms import Form, IntegerField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

from lms.core.clock import now
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.core.list_queries import told_apart
from lms.organizations import organization_lists
from lms.organizations.manager_and_owner_permissions import Managed
from lms.seats import allotments, pools
from lms.seats.allotments import MOST
from lms.seats.pool_overview import PoolCard, read_pools
from lms.seats.pools import PoolFacts
from lms.web.core.current_user import acting
from lms.web.core.form_errors import show_faults
from lms.web.core.lazy_form_translations import _l
from lms.web.core.manager_area import render_in
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import paged
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.pool_texts import pool_title

blueprint = Blueprint(
    "organization_allotments", __name__, url_prefix="/organization/<organization_id>"
)

PAGE: Final = ".overview"


PAGE_SIZE: Final = 30
SUGGESTED: Final = 12
NO_MEMBER: Final = N_("Enter a member organization's name and choose it from the list.")
_NUMBER = _l("Enter 0 or a higher number of seats.")


class PartForm(Form):
    """How many seats of a pool are allotted to one organization."""

    seats = IntegerField(
        _l("Seats"),
        [NumberRange(0, MOST, _NUMBER)],
        render_kw={"min": 0, "max": MOST, "class": "input-short", "inputmode": "numeric"},
    )

    def ask_for_number(self, *, is_limited: bool) -> None:
        """Require a number, or make it optional if the pool is unlimited."""
        need = InputRequired(_NUMBER) if is_limited else Optional()
        self.seats.validators = [need, NumberRange(0, MOST, _NUMBER)]


class AllotForm(PartForm):
    """An organization and its number of seats of a pool."""

    organization = StringField(
        _l("Organization"),
        [InputRequired(_l(NO_MEMBER))],
        render_kw={"list": "members", "autocomplete": "off"},
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One organization's part of a pool, as shown."""

    id: str
    organization: str
    allotted: str
    used: str
    unused: str
    takes_back: str  # what one click moves back; empty if no seat is unused
    form: PartForm


@dataclass(frozen=True, slots=True)
class Allotted:
    """One pool: its free seats, the organizations with parts of it, and the form for another."""

    id: str
    title: str
    free: str
    is_limited: bool
    is_open: bool
    parts: tuple[Part, ...]
    form: AllotForm


@dataclass(frozen=True, slots=True)
class Failed:
    """A form with errors: of a pool, or of one part of it."""

    id: str
    form: PartForm


@blueprint.get("/allotments")
@open_to(Audience.MANAGERS)
def overview(organization_id: str) -> ResponseReturnValue:
    return _page(managed_organization(organization_id))


@blueprint.post("/pools/<pool_id>/allotments")
@open_to(Audience.MANAGERS)
def allot(organization_id: str, pool_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        pool = _own_pool(session, managed, pool_id)
    form = AllotForm(request.form, prefix=pool_id)
    form.ask_for_number(is_limited=pool.capacity is not None)

    def write(session: Session) -> PoolFacts:
        members = organization_lists.is_child_of(managed.facts.id)
        typed = form.organization.data or ""
        try:
            child = organization_lists.match_organization(session, typed, members)
        except Invalid as refusal:
            raise Invalid(NO_MEMBER, field="organization") from refusal
        return allotments.allot(session, pool.id, child.id, form.seats.data, **acting())

    return _answer(managed, Failed(pool_id, form), write)


@blueprint.post("/pools/<pool_id>/allotments/<part_id>")
@open_to(Audience.MANAGERS)
def change(organization_id: str, pool_id: str, part_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        pool = _own_pool(session, managed, pool_id)
        part = allotments.find_part(session, pool.id, part_id)
    form = PartForm(request.form, prefix=part_id)
    form.ask_for_number(is_limited=pool.capacity is not None)

    def write(session: Session) -> PoolFacts:
        return allotments.change(session, part.id, form.seats.data, **acting())

    return _answer(managed, Failed(part_id, form), write)


@blueprint.post("/pools/<pool_id>/allotments/<part_id>/unused")
@open_to(Audience.MANAGERS)
def take_back(organization_id: str, pool_id: str, part_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        part = allotments.find_part(session, _own_pool(session, managed, pool_id).id, part_id)
        number = allotments.take_back_unused(session, part.id, **acting())
    flash(
        ngettext(
            "You moved back %(said)s unused seat from %(organization)s.",
            "You moved back %(said)s unused seats from %(organization)s.",
            number,
            said=counted(number),
            organization=part.organization,
        ),
        "done" if number else "note",
    )
    return see_other(PAGE, organization_id=organization_id)


@blueprint.get("/allotments/members")
@open_to(Audience.MANAGERS)
def members(organization_id: str) -> ResponseReturnValue:
    """Return the member organizations that match some words, for the field's script."""
    managed, query = managed_organization(organization_id), request.args.get("q", "")
    with read_session() as session:
        found = organization_lists.children_of(session, managed.facts.id, query, limit=SUGGESTED)
    names = told_apart((one.name, one.slug) for one in found)
    return jsonify(items=[{"name": name} for name in names])


def _own_pool(session: Session, managed: Managed, pool_id: str) -> PoolFacts:
    """Return a pool that this organization can allot; raises NotFound for any other."""
    pool = pools.find_own_pool(session, managed.facts.id, pool_id)
    if pool.allotted_from is not None:
        raise NotFound(pools.NO_SUCH_POOL)
    return pool


def _answer(
    managed: Managed, asked: Failed, write: Callable[[Session], PoolFacts]
) -> ResponseReturnValue:
    if not asked.form.validate():
        return _page(managed, asked), 400
    try:
        with transaction() as session:
            part = write(session)
    except Invalid as refusal:
        show_faults(asked.form, refusal)
        return _page(managed, asked), 400
    except Conflict as refusal:
        asked.form.seats.errors = [_(refusal.message)]
        return _page(managed, asked), 409
    if part.allotted is None:
        told = _("%(name)s now has unlimited seats.", name=part.organization)
    else:
        told = ngettext(
            "%(name)s now has %(said)s seat.",
            "%(name)s now has %(said)s seats.",
            part.allotted,
            name=part.organization,
            said=counted(part.allotted),
        )
    flash(told, "done")
    return see_other(PAGE, organization_id=managed.facts.public_id, pool=_about())


def _about() -> str | None:
    """Return the pool of the link or form; it comes first, so that it is on the page."""
    in_url: str | None = (request.view_args or {}).get("pool_id")
    return in_url or request.args.get("pool")


def _page(managed: Managed, failed: Failed | None = None) -> str:
    with read_session() as session:
        cards = [
            card
            for card in read_pools(session, managed.facts.id, now=now())
            if card.allotted_by is None
        ]
        about = _about()
        shown, pager = paged(
            sorted(cards, key=lambda card: card.public_id != about),
            PAGE_SIZE,
            url=lambda page: url_for(
                PAGE, organization_id=managed.facts.public_id, pool=about, page=page
            ),
        )
        children = organization_lists.children_of(session, managed.facts.id, limit=1)
        parts = {card.id: pools.allotments_of(session, card.id) for card in shown}
    return render_in(
        managed,
        "seats/manager_allotments.html",
        pools=[_allotted(card, parts[card.id], failed) for card in shown],
        pager=pager,
        has_children=bool(children),
        failed=failed.form if failed else None,
    )


def _allotted(
    card: PoolCard,
    parts: tuple[PoolFacts, ...],
    failed: Failed | None,
) -> Allotted:
    form = AllotForm(prefix=card.public_id)
    if failed is not None and failed.id == card.public_id and isinstance(failed.form, AllotForm):
        form = failed.form
    return Allotted(
        id=card.public_id,
        title=pool_title(card),
        free=_free(card),
        is_limited=card.capacity is not None,
        is_open=card.takes_people,
        parts=tuple(_part(part, failed) for part in parts),
        form=form,
    )


def _free(card: PoolCard) -> str:
    if card.capacity is None or card.free is None:
        return _("Unlimited. Allot a number of seats, or unlimited seats.")
    return ngettext(
        "%(free)s of %(capacity)s seat is available.",
        "%(free)s of %(capacity)s seats are available.",
        card.capacity,
        free=counted(card.free),
        capacity=counted(card.capacity),
    )


def _part(part: PoolFacts, failed: Failed | None) -> Part:
    form = PartForm(prefix=part.public_id, data={"seats": part.allotted})
    if failed is not None and failed.id == part.public_id:
        form = failed.form
    unused = None if part.allotted is None else max(0, part.allotted - part.used)
    takes_back = ""
    if unused:
        takes_back = ngettext(
            "%(said)s unused seat",
            "%(said)s unused seats",
            unused,
            said=counted(unused),
        )
    return Part(
        id=part.public_id,
        organization=part.organization,
        allotted=_("Unlimited") if part.allotted is None else counted(part.allotted),
        used=counted(part.used),
        unused="" if unused is None else counted(unused),
        takes_back=takes_back,
        form=form,
    )
