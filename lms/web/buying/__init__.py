"""Pages for buying: the cart, checkout, passes, and payment pages."""

from typing import Final

from flask import Blueprint

from lms.web.buying import (
    buy_box,
    card,
    cart,
    cart_quote,
    checkout,
    confirm,
    order,
    passes,
    payment_link_pages,
    payment_page,
    payment_page_acts,
    payment_page_card,
    purchasing,
    quote_request,
    vendor_form,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    buy_box.blueprint,
    card.blueprint,
    cart.blueprint,
    cart_quote.blueprint,
    checkout.blueprint,
    confirm.blueprint,
    order.blueprint,
    passes.blueprint,
    payment_link_pages.staff,
    payment_link_pages.manager,
    payment_page.blueprint,
    payment_page_acts.blueprint,
    payment_page_card.blueprint,
    purchasing.blueprint,
    quote_request.blueprint,
    vendor_form.blueprint,
)
