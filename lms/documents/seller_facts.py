"""The seller as documents print it: legal facts, and where checks and transfers go."""

from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.documents.snapshots import Seller
from lms.seller.settings import Method, SellerSettings, offered_methods


def seller_as_printed(session: Session, settings: SellerSettings) -> Seller:
    """Return the seller's current facts, with only the payment methods that are offered."""
    branding = read_branding(session, contact="")
    methods = offered_methods(settings)
    remit = settings.remit_address
    return Seller(
        name=branding.name,
        legal_name=settings.legal_name or branding.name,
        address=settings.legal_address.lines if settings.legal_address else (),
        ein=settings.ein,
        phone=settings.phone,
        email=settings.ar_email or branding.contact_email,
        remit_to=(settings.remit_name, *remit.lines) if remit and Method.CHECK in methods else (),
        bank=(
            ("Bank", settings.bank_name),
            ("Routing number", settings.routing_number),
            ("Account number", settings.account_number),
        )
        if Method.TRANSFER in methods
        else (),
        note=settings.invoice_note,
    )
