"""Pages of quotes, invoices, credit notes, receipts and statements."""

from typing import Final

from flask import Blueprint

from lms.web.documents import document, staff_send

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (document.blueprint, staff_send.blueprint)
