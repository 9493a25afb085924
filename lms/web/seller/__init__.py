"""Pages of the seller: settings, policies, vendor documents, and sales texts."""

from typing import Final

from flask import Blueprint

from lms.web.seller import (
    public_policies,
    public_vendor_documents,
    staff_policies,
    staff_sales_texts,
    staff_settings,
    staff_tax_rules,
    staff_vendor_documents,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    public_policies.blueprint,
    public_vendor_documents.blueprint,
    staff_settings.blueprint,
    staff_tax_rules.blueprint,
    staff_policies.blueprint,
    staff_sales_texts.blueprint,
    staff_vendor_documents.blueprint,
)
