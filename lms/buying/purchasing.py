"""Purchasing: what a purchasing office asks about the seller, before any order."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from lms.documents.seller_facts import seller_as_printed
from lms.documents.snapshots import Seller
from lms.models.seller import PolicyKind, VendorDocumentAudience, VendorDocumentKind
from lms.seller.policies import published_policies
from lms.seller.settings import Method, offered_methods, read_seller
from lms.seller.vendor_documents import VendorDocumentFacts, vendor_documents_for


@dataclass(frozen=True, slots=True)
class PurchasingFacts:
    """The public facts about the seller. The EIN is "" unless a public W-9 shows it too."""

    seller: Seller
    ein: str
    methods: tuple[Method, ...]
    net_days: int
    policies: tuple[PolicyKind, ...]
    public: tuple[VendorDocumentFacts, ...]
    on_request: tuple[VendorDocumentFacts, ...]


def read_purchasing(session: Session, *, on: date) -> PurchasingFacts:
    """Return the content of the purchasing page on a day."""
    settings = read_seller(session)
    public = vendor_documents_for(session, VendorDocumentAudience.PUBLIC, on=on)
    has_w9 = any(one.kind is VendorDocumentKind.W9 for one in public)
    return PurchasingFacts(
        seller=seller_as_printed(session, settings),
        ein=settings.ein if has_w9 else "",
        methods=offered_methods(settings),
        net_days=settings.net_days,
        policies=published_policies(session),
        public=public,
        on_request=vendor_documents_for(session, VendorDocumentAudience.ON_REQUEST, on=on),
    )
