"""Pages on which customers buy: the buy box, the cart, checkout, and payment pages."""

from typing import Final

from flask import Blueprint

BLUEPRINTS: Final[tuple[Blueprint, ...]] = ()
