"""The buy box: five ways to buy, with a live total; one component for every page that sells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.access.explanations import Step, explain
from lms.access.policy import UNPAID, Code, Decision, GrantFacts, WebinarFacts
from lms.buying import carts, owned
from lms.buying.carts import Item
from lms.catalog.webinar_page import Announcement, read_announcement
from lms.core.errors import N_, Invalid
from lms.grants.request_and_sale_form_choices import EVERYTHING, covers_of, read_target, scopes
from lms.models.catalog import WebinarState
from lms.models.grants import OfferKind, Scope
from lms.models.orders import DeliveredThrough
from lms.pricing.offers import SEATS
from lms.pricing.price_list import Price, pass_prices
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.pricing.quote_texts import CheaperOffer, shown


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to buy: its name, what it includes, and its lowest price."""

    key: str
    label: str
    detail: str
    price: str
    covers: str


@dataclass(frozen=True, slots=True)
class Cover:
    """A scope of a pass, with its price."""

    covers: str
    label: str
    price: str


@dataclass(frozen=True, slots=True)
class BuyBox:
    """The box of one page; `passes` are the scopes that a pass can have there."""

    covers: str
    choices: tuple[Choice, ...]
    passes: tuple[Cover, ...]
    chosen: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """The price of a selection in words; `fault` says why it has none."""

    total: str
    sum: str
    cheaper: tuple[CheaperOffer, ...]
    fault: str = ""


BUYS: Final = (Step.BUY, Step.RENEW)
KINDS: Final[Mapping[str, OfferKind]] = {
    "me": OfferKind.SINGLE,
    "team": OfferKind.GROUP_SEATS,
    "showing": OfferKind.GROUP_SHOWING,
    "library": OfferKind.INSTITUTIONAL,
    "pass": OfferKind.PASS,
}
KEYS: Final[Mapping[OfferKind, str]] = {kind: key for key, kind in KINDS.items()}
_LABELS: Final = {
    "me": N_("Just me"),
    "team": N_("My team"),
    "showing": N_("Show it to a group"),
    "library": N_("Everyone at my library"),
    "pass": N_("All-access pass"),
}
HAS_PASS: Final = N_("You already have a pass or contract that includes this.")
HAS_IT: Final = N_("You already have access to this webinar. Buy it here only for other people.")
_RECORDED: Final = N_("Recording, slides, and certificate. Permanent access.")
_DETAILS: Final = {
    "me": N_("Live session, recording, slides, and certificate. Permanent access."),
    "team": N_("A seat for each person. Name them now or later."),
    "showing": N_("One person shows it in one room or on one call, as often as you like."),
    "library": N_("Everyone on staff, each with their own account, here or in your LMS."),
    "pass": N_("A year of recordings and live sessions for one person."),
}


@dataclass(frozen=True, slots=True)
class Around:
    """A series or presenter that a pass can cover, as the page shows it."""

    scope: Scope
    slug: str
    name: str

    @property
    def covers(self) -> str:
        """Return the scope in the form that carts use."""
        return f"{self.scope}:{self.slug}"


def webinar_box(
    session: Session,
    slug: str,
    prices: Sequence[Price],
    around: Sequence[Around],
    *,
    has_it: bool = False,
) -> BuyBox | None:
    """Return the box of a webinar by its prices; `around` are its series and presenters.

    With `has_it`, the person can only buy it for others (PRODUCT.md, A6).
    """
    covers = f"{Scope.WEBINAR}:{slug}"
    choices = [one for one in _choices(prices, covers) if one.key != "me" or not has_it]
    if has_it:
        note = _(HAS_IT)
        return BuyBox(covers, tuple(choices), (), choices[0].key, note) if choices else None
    passes: tuple[Cover, ...] = ()
    if any(each.kind is OfferKind.PASS for each in prices):
        passes = _passes(session, around)
        choices.append(
            Choice("pass", _(_LABELS["pass"]), _(_DETAILS["pass"]), passes[0].price, covers)
        )
    return BuyBox(covers, tuple(choices), passes, choices[0].key) if choices else None


def ways_to_buy(prices: Sequence[Price]) -> tuple[Choice, ...]:
    """Return every way to buy with its general price, for the home page."""
    general = _choices(prices, EVERYTHING)
    passes = [each for each in prices if each.kind is OfferKind.PASS]
    general += [
        Choice("pass", _(_LABELS["pass"]), _(_DETAILS["pass"]), each.said, EVERYTHING)
        for each in passes
    ]
    return tuple(general)


def announced_box(
    session: Session,
    found: Announcement,
    *,
    now: datetime,
    has_it: bool = False,
    decision: Decision | None = None,
) -> BuyBox | None:
    """Return the box of an announced webinar; None if it isn't sold.

    A person whose own pass ended finds a new one chosen, with what theirs covered. Where access only
    awaits payment, it can be bought again for others alone.
    """
    if found.state is not WebinarState.ANNOUNCED or found.free:
        return None
    around = [
        *(Around(Scope.PRESENTER, each.slug, each.name) for each in found.presenters),
        *(Around(Scope.SERIES, each.slug, each.title) for each in found.series),
    ]
    is_unpaid = decision is not None and decision.code in UNPAID
    box = webinar_box(session, found.slug, found.prices, around, has_it=has_it or is_unpaid)
    if box is None:
        return None
    if is_unpaid:
        note = _("You already ordered access to this webinar. Buy it here only for other people.")
        return replace(box, note=note)
    if now >= found.ends_at:
        choices = [
            replace(each, detail=_(_RECORDED)) if each.key == "me" else each for each in box.choices
        ]
        box = replace(box, choices=tuple(choices))
    ended = decision.grant if decision and decision.code is Code.PASS_EXPIRED else None
    if ended is None or ended.place is not None or not box.passes:
        return box
    before = _cover_words(ended.scope, ended.covers)
    passes = sorted(box.passes, key=lambda one: one.label != before)
    return replace(box, passes=tuple(passes), chosen="pass")


def refused_box(
    session: Session, slug: str, webinar: WebinarFacts, decision: Decision, *, now: datetime
) -> BuyBox | None:
    """Return the box for a page that refuses access; None if buying isn't the next step."""
    if explain(decision, webinar, zone=reading_zone(), manager=None).step not in BUYS:
        return None
    return announced_box(session, read_announcement(session, slug), now=now, decision=decision)


def passes_box(session: Session, login_id: int | None, *, now: datetime) -> BuyBox | None:
    """Return the box of all passes on sale, the one for everything first; None if there are none."""
    named = dict(scopes(session))
    own = [
        Around(scope, slug, named[f"{scope}:{slug}"])
        for scope, slug in pass_prices(session)
        if f"{scope}:{slug}" in named
    ]
    passes = sorted(_passes(session, own), key=lambda one: one.covers != EVERYTHING)
    note = _owned_note(session, login_id, EVERYTHING, now)
    return BuyBox(EVERYTHING, (), tuple(passes), "pass", note) if passes else None


def pass_box(
    session: Session, around: Around, login_id: int | None, *, left_out: int, now: datetime
) -> BuyBox | None:
    """Return the box of a series' or presenter's page; None if no pass is sold.

    `left_out` is the number of its webinars that passes don't include.
    """
    passes = _passes(session, (around,))
    note = _owned_note(session, login_id, around.covers, now)
    if left_out and not note:
        note = ngettext(
            "%(num)d webinar isn't included in passes.",
            "%(num)d webinars aren't included in passes.",
            left_out,
        )
    return BuyBox(passes[0].covers, (), passes, "pass", note) if passes else None


def renewal_of(session: Session, ended: GrantFacts) -> Cover | None:
    """Return the pass that renews one that ended, at its current price; None if it isn't sold."""
    slug = covers_of(session, ended.public_id).partition(":")[2]
    found = _priced(pass_prices(session), Around(ended.scope, slug, ended.covers))
    return found and found[1]


def read_item(values: Mapping[str, str]) -> Item:
    """Return the selection of a buy box; raises Invalid (fields `choice`, `seats`)."""
    key = values.get("choice", "me")
    if key not in KINDS:
        raise Invalid(N_("Choose what to buy."), field="choice")
    seats = 1
    if key == "team":
        typed = values.get("seats", "").strip()
        if not typed.isascii() or not typed.isdecimal():
            raise Invalid(carts.HOW_MANY, field="seats")
        seats = int(typed[:9])
    covers = values.get("covers", "")
    if key == "pass":
        covers = values.get("pass_covers", "") or EVERYTHING
    is_in_lms = key == "library" and values.get("delivered_through") == DeliveredThrough.LMS
    through = DeliveredThrough.LMS if is_in_lms else DeliveredThrough.HERE
    return Item(KINDS[key], covers, seats, through)


def total_of(session: Session, item: Item) -> Total:
    """Return the price of an item in words, with cheaper offers."""
    try:
        _target, quoted = carts.price_of(session, item)
    except Invalid as refusal:
        return Total("", "", (), _(next(iter(refusal.fields.values()), refusal.message)))
    words = shown(quoted, slug=None)
    if words is None:
        return Total("", "", (), _(carts.NO_PRICE))
    cheaper = tuple(each for each in words.cheaper if each.offer in carts.OFFERED)
    return Total(words.total, words.sum, cheaper)


def _choices(prices: Sequence[Price], covers: str) -> list[Choice]:
    found = []
    for key, kind in KINDS.items():
        if kind is OfferKind.PASS:
            continue
        own = [each for each in prices if each.kind in (SEATS if key == "team" else (kind,))]
        if not own:
            continue
        first = min(own, key=lambda each: each.minimum)
        words = first.said
        if key == "team":
            least = min(own, key=lambda each: each.price_minor)
            words = _("from %(price)s each", price=least.said)
        found.append(Choice(key, _(_LABELS[key]), _(_DETAILS[key]), words, covers))
    return found


def _passes(session: Session, around: Sequence[Around]) -> tuple[Cover, ...]:
    """Return the scopes that a pass can have, the cheapest first: everything, and what costs less."""
    prices = pass_prices(session)
    everything = _priced(prices, Around(Scope.EVERYTHING, "", ""))
    own = [found for one in around if (found := _priced(prices, one)) is not None]
    if everything is not None:
        own = [*(one for one in own if one[0] < everything[0]), everything]
    return tuple(cover for _price, cover in sorted(own, key=lambda each: each[0]))


def _priced(prices: Mapping[tuple[Scope, str], Price], one: Around) -> tuple[int, Cover] | None:
    """Return the price of a pass for this, which is the general one if it has none, in minor units."""
    price = prices.get((one.scope, one.slug), prices.get((Scope.EVERYTHING, "")))
    if price is None:
        return None
    covers = EVERYTHING if one.scope is Scope.EVERYTHING else one.covers
    return price.price_minor, Cover(covers, _cover_words(one.scope, one.name), price.said)


def _owned_note(session: Session, login_id: int | None, covers: str, now: datetime) -> str:
    if login_id is None:
        return ""
    has_it = owned.has_already(session, login_id, read_target(session, covers), now=now)
    return _(HAS_PASS) if has_it else ""


def _cover_words(scope: Scope, name: str) -> str:
    if scope is Scope.PRESENTER:
        return _("Every webinar by %(name)s", name=name)
    if scope is Scope.SERIES:
        return _("Every webinar in %(name)s", name=name)
    return _("Every webinar")


def people_words(kind: OfferKind, seats: int | None) -> str:
    """Return how many people a cart line is for."""
    if kind is OfferKind.INSTITUTIONAL:
        return _("Everyone at one library")
    if kind is OfferKind.GROUP_SHOWING:
        return _("One group")
    return ngettext("%(num)d person", "%(num)d people", seats or 1)
