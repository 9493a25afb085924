"""New orders: what is sold to whom, with all errors by field."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid, NotFound
from lms.grants.grants import Target
from lms.grants.request_and_sale_form_choices import read_target
from lms.models.grants import OfferKind, Scope
from lms.models.orders import DeliveredThrough, LineAct, Terms
from lms.pricing.offers import DATED, OF_A_LOGIN, OF_A_POOL, UNLIMITED
from lms.pricing.price_list import HIGHEST_MINOR, MOST_SEATS

LONGEST_REFERENCE: Final = 80
LONGEST_REASON: Final = 120
MOST_LINES: Final = 60
NO_QUANTITY = N_("Enter the quantity.")
NO_ORGANIZATION = N_("Choose the organization that is buying.")
FAULTY = N_("Check the order.")


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to sell, for a total of `price_minor` after subtracting `discount_minor`.

    `discount_reason` is printed on documents. `covers` is `webinar:<slug>`, `series:<slug>`,
    `presenter:<slug>` or `everything`. `quantity` None is unlimited. `starts_at` None is now, or, for a
    renewal, the end of the last term; `ends_at` None is a year for passes and contracts, and the
    contract's end for more seats. `adds_to` is the public ID of the order line to which more seats are
    added. `pool` is the contract or pass to renew, or the seats to add to; without it, it is found by
    what it covers.
    """

    kind: OfferKind
    covers: str
    price_minor: int
    quantity: int | None = 1
    discount_minor: int = 0
    discount_reason: str = ""
    act: LineAct = LineAct.NEW
    adds_to: str | None = None
    pool: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    delivered_through: DeliveredThrough = DeliveredThrough.HERE


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order of a person, or of an organization with the contact `email` and `name`.

    `organization` is the slug of an existing one, `organization_name` creates one. `net_days` None
    means the customer's or the seller's terms. `order_id` is the public ID to use, so that an order is
    placed only once. `answers` is the request that it answers. `has_agreed` is True if the buyer
    accepted the policies. `is_self_service` is True if the customer chose who buys, not our team.
    """

    lines: tuple[NewLine, ...]
    email: str
    name: str
    terms: Terms
    currency: str
    organization: str = ""
    organization_name: str = ""
    po_number: str = ""
    net_days: int | None = None
    due_on: date | None = None
    bill_on: date | None = None
    is_held: bool = False
    note: str = ""
    order_id: str = ""
    answers: str | None = None
    has_agreed: bool = False
    is_self_service: bool = False
    livemode: bool = True

    @property
    def is_to_organization(self) -> bool:
        """Return whether an organization buys."""
        return bool(self.organization or self.organization_name.strip())


def check(session: Session, new: NewOrder) -> tuple[Target, ...]:
    """Return what each line covers; raises Invalid, with errors by field.

    Errors of the second and later lines have names such as `lines-1-price`.
    """
    faults = order_faults(new)
    targets = []
    for place, line in enumerate(new.lines):
        prefix = f"lines-{place}-" if place else ""
        try:
            target = read_target(session, line.covers)
        except NotFound:
            faults[prefix + "covers"] = N_("Choose what it covers.")
            continue
        targets.append(target)
        found = line_faults(line, target, is_to_organization=new.is_to_organization)
        faults |= {prefix + name: sentence for name, sentence in found.items()}
        if new.terms is Terms.COMPLIMENTARY and line.price_minor:
            faults[prefix + "price"] = N_("A complimentary order costs 0.")
    if faults:
        raise Invalid(FAULTY, fields=faults)
    return tuple(targets)


def order_faults(new: NewOrder) -> dict[str, str]:
    """Return the errors of an order, without those of its lines."""
    faults = {}
    if not 1 <= len(new.lines) <= MOST_LINES:
        faults["lines"] = N_("An order must have 1 to 60 lines.")
    if len(new.po_number) > LONGEST_REFERENCE:
        faults["po_number"] = N_("Use up to 80 characters.")
    try:
        read_address(new.email)
    except Invalid as error:
        faults |= error.fields
    return faults


def line_faults(line: NewLine, target: Target, *, is_to_organization: bool) -> dict[str, str]:
    """Return the errors of a line, by field."""
    faults = _quantity_faults(line, is_to_organization=is_to_organization)
    if not (0 <= line.price_minor <= HIGHEST_MINOR and 0 <= line.discount_minor <= HIGHEST_MINOR):
        faults["price"] = N_("Enter a price from 0 to 1,000,000.")
    if len(line.discount_reason) > LONGEST_REASON:
        faults["discount_reason"] = N_("Use up to 120 characters.")
    if line.kind in OF_A_POOL and not is_to_organization:
        faults["organization"] = NO_ORGANIZATION
    if line.starts_at is not None and line.ends_at is not None and line.ends_at <= line.starts_at:
        faults["ends_at"] = N_("Choose an end date after the start.")
    if (target.scope is Scope.WEBINAR) is (line.kind in DATED):
        faults["covers"] = (
            N_("A pass or contract must cover everything, a series, or a presenter.")
            if line.kind in DATED
            else N_("Choose the webinar to sell.")
        )
    return faults


def _quantity_faults(line: NewLine, *, is_to_organization: bool) -> dict[str, str]:
    if line.quantity != 1 and (line.kind in OF_A_LOGIN or not is_to_organization):
        return {"quantity": N_("A person can buy only one. To sell more, choose an organization.")}
    if line.quantity is None and line.kind not in UNLIMITED:
        return {"quantity": NO_QUANTITY}
    if line.quantity is not None and not 1 <= line.quantity <= MOST_SEATS:
        return {"quantity": N_("Enter a number from 1 to 10,000.")}
    if line.kind is OfferKind.INSTITUTIONAL and line.quantity is not None:
        return {"quantity": N_("Institutional access has no limit. Leave this blank.")}
    return {}
