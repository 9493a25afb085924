"""A seller whose settings are complete."""

from lms.core.postal_addresses import Address
from lms.seller.settings import SellerSettings

COMPLETE = SellerSettings(
    legal_name="Lantern Street Training LLC",
    legal_address=Address("12 Lantern Street", "Floor 2", "Springfield", "IL", "62701"),
    ein="12-3456789",
    phone="(217) 555-0100",
    ar_email="billing@lantern.example",
    remit_name="Lantern Street Training LLC",
    remit_address=Address("PO Box 40", "", "Springfield", "IL", "62705-0040"),
    bank_name="First Bank of Springfield",
    routing_number="021000021",
    account_number="000123456789",
    invoice_note="Thank you.",
)
