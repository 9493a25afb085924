"""Pages on which customers buy: the buy box, the cart, checkout, and payment pages."""

from typing import Final

from flask import Blueprint

from lms.web.buying import (
    payment_link_pages,
    payment_page,
    payment_page_acts,
    purchasing,
    quote_request,
    vendor_form,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    payment_link_pages.staff,
    payment_link_pages.manager,
    payment_page.blueprint,
    payment_page_acts.blueprint,
    purchasing.blueprint,
    quote_request.blueprint,
    vendor_form.blueprint,
)
