"""Sample snapshots: one of each kind, and some that are hard to lay out."""

from dataclasses import replace
from datetime import date

from lms.documents.snapshots import Aging, BillTo, Entry, Line, Policy, Seller, Snapshot, Tax
from lms.models.documents import CreditReason, DocumentKind

LONG = "Featherstonehaughcholmondeleymarjoribanks" * 5  # 205 letters without a space
SELLER = Seller(
    name="Lantern Street Training",
    legal_name="Lantern Street Training, LLC",
    address=("410 Lantern Street, Suite 6", "Hartford, CT 06103"),
    ein="06-1234567",
    phone="(860) 555-0142",
    email="billing@lanternstreet.example",
    remit_to=("Lantern Street Training, LLC", "PO Box 2201", "Hartford, CT 06145-2201"),
    bank=(
        ("Bank", "First Reading Bank, Hartford"),
        ("Routing number", "021000021"),
        ("Account number", "4400 1182 0091"),
    ),
    note="Thank you for training with us. Our W-9 is at lanternstreet.example/w-9.",
)
ELM = BillTo(
    name="Elm County Library System",
    attention="Maria Ortiz, Accounts Payable",
    address=("1200 Courthouse Square", "Elmwood, CT 06107"),
    email="ap@elmcounty.example",
    vendor_number="V-100482",
)
POLICIES = (
    Policy("Terms", "3", "https://webinars.lanternstreet.example/policies/terms/3"),
    Policy("Refund policy", "2", "https://webinars.lanternstreet.example/policies/refunds/2"),
)
SEATS = Line(
    description="Group seats: Patron harassment scenarios, what to do as a staffer and a leader",
    detail="5 named people, live and recorded, with certificates. Access never expires.",
    quantity=5,
    unit_minor=6_500,
    discount_minor=0,
    net_minor=32_500,
    tax_minor=2_064,
    service_from=date(2026, 10, 6),
    service_to=date(2026, 10, 6),
)
CONTRACT = Line(
    description="All-access contract for the whole library system",
    detail="All webinars, live and recorded",
    quantity=None,
    unit_minor=318_000,
    discount_minor=31_800,
    net_minor=286_200,
    tax_minor=18_174,
    service_from=date(2026, 10, 7),
    service_to=date(2027, 10, 6),
)
FREE = Line(
    description="How this library works",
    detail="",
    quantity=12,
    unit_minor=0,
    discount_minor=0,
    net_minor=0,
    tax_minor=0,
    service_from=None,
    service_to=None,
)
INVOICE = Snapshot(
    kind=DocumentKind.INVOICE,
    number="2026-0412",
    livemode=True,
    paper="letter",
    currency="USD",
    issued_on=date(2026, 10, 6),
    due_on=date(2026, 11, 5),
    expires_on=None,
    seller=SELLER,
    bill_to=ELM,
    order_number="W-20938",
    po_number="PO-88123-A",
    terms="Net 30",
    refers_to="",
    reason=None,
    lines=(SEATS, CONTRACT, FREE),
    taxes=(Tax("Connecticut sales tax", "6.35", 318_700, 20_238),),
    subtotal_minor=350_500,
    discount_minor=31_800,
    tax_minor=20_238,
    total_minor=338_938,
    open_minor=338_938,
    policies=POLICIES,
)
A4_INVOICE = replace(
    INVOICE,
    paper="a4",
    currency="EUR",
    bill_to=BillTo(
        name="Stadtbibliothek Köln",
        attention="Людмила Йорданова",
        address=("Josef-Haubrich-Hof 1", "50676 Köln", "Germany", "図書館", "المكتبة", "ספריה"),
        email="rechnung@stbib.example",
        vendor_number="",
    ),
    lines=(SEATS, replace(CONTRACT, discount_minor=0, net_minor=318_000)),
    taxes=(),
    subtotal_minor=350_500,
    discount_minor=0,
    tax_minor=0,
    total_minor=350_500,
    open_minor=200_500,
    sentences=(
        "The customer accounts for the VAT (reverse charge).",
        "Paid in part by transfer on Oct 1, 2026.",
    ),
)
PAID_INVOICE = replace(INVOICE, open_minor=0, due_on=None, po_number="", terms="")
LONG_NAMES = replace(
    INVOICE,
    number="2026-0000000412",
    seller=replace(
        SELLER,
        name=LONG[:120],
        legal_name=LONG,
        address=(LONG,),
        email=f"{LONG}@lanternstreet.example",
        bank=(("Bank", LONG), ("Account number", LONG)),
        note=LONG,
    ),
    bill_to=BillTo(LONG, LONG, (LONG, "Elmwood, CT 06107"), f"{LONG}@elm.example", LONG[:80]),
    po_number=LONG[:80],
    order_number=LONG[:40],
    terms=LONG[:60],
    lines=(
        replace(SEATS, description=LONG, detail=LONG),
        replace(
            CONTRACT,
            quantity=1_000_000,
            unit_minor=9_999_999_900,
            discount_minor=1,
            net_minor=9_999_999_899,
        ),
    ),
    taxes=(Tax(LONG, "6.35", 9_999_999_899, 634_999_994),),
    subtotal_minor=9_999_999_900,
    discount_minor=1,
    tax_minor=634_999_994,
    total_minor=10_634_999_893,
    open_minor=10_634_999_893,
    policies=(Policy(LONG, "1", f"https://lanternstreet.example/{LONG}"),),
    sentences=(LONG,),
)
FORTY_LINES = replace(
    INVOICE,
    lines=tuple(
        replace(
            SEATS,
            description=f"Group seats, webinar {number} of 40",
            detail="Live and recorded" if number % 3 else "",
            quantity=number,
            net_minor=6_500 * number,
        )
        for number in range(1, 41)
    ),
    taxes=(),
    subtotal_minor=5_330_000,
    discount_minor=0,
    tax_minor=0,
    total_minor=5_330_000,
    open_minor=5_330_000,
)
QUOTE = replace(
    INVOICE,
    kind=DocumentKind.QUOTE,
    number="Q-2026-0088",
    due_on=None,
    expires_on=date(2026, 12, 5),
    po_number="",
    open_minor=None,
    sentences=(
        "If funds are not appropriated for a later fiscal year, the library may end this agreement"
        " at the end of the current one without penalty.",
    ),
)
CREDIT_NOTE = replace(
    INVOICE,
    kind=DocumentKind.CREDIT_NOTE,
    number="CN-2026-0017",
    due_on=None,
    refers_to="2026-0412",
    reason=CreditReason.RETURN,
    explanation="One of five seats was returned before anyone used it.",
    lines=(
        replace(SEATS, quantity=1, unit_minor=-2_500, net_minor=-2_500, tax_minor=-159, detail=""),
    ),
    taxes=(Tax("Connecticut sales tax", "6.35", 2_500, 159),),
    subtotal_minor=2_500,
    discount_minor=0,
    tax_minor=159,
    total_minor=2_659,
    open_minor=0,
)
RECEIPT = replace(
    INVOICE,
    kind=DocumentKind.RECEIPT,
    number="R-2026-0301",
    issued_on=date(2026, 11, 3),
    due_on=None,
    refers_to="2026-0412",
    open_minor=138_938,
    entries=(
        Entry(date(2026, 10, 28), "Check", "10442", 150_000),
        Entry(date(2026, 11, 3), "Bank transfer", "ACH 7719-20038", 50_000),
    ),
)
STATEMENT = replace(
    INVOICE,
    kind=DocumentKind.STATEMENT,
    number="S-2026-0009",
    issued_on=date(2026, 11, 30),
    due_on=None,
    order_number="",
    po_number="",
    lines=(),
    taxes=(),
    subtotal_minor=0,
    discount_minor=0,
    tax_minor=0,
    total_minor=211_438,
    open_minor=211_438,
    policies=(),
    entries=(
        Entry(date(2026, 8, 12), "Invoice", "2026-0290", 75_000, 75_000),
        Entry(date(2026, 10, 6), "Invoice, PO-88123-A", "2026-0412", 338_938, 413_938),
        Entry(date(2026, 10, 28), "Payment, check", "10442", -150_000, 263_938),
        Entry(date(2026, 11, 3), "Payment, bank transfer", "ACH 7719-20038", -50_000, 213_938),
        Entry(date(2026, 11, 20), "Credit note", "CN-2026-0017", -2_500, 211_438),
    ),
    aging=Aging(0, 136_438, 0, 75_000, 0),
)
WIDE_WORDS = replace(
    STATEMENT,
    po_number="W" * 24,
    terms="W" * 24,
    bill_to=replace(ELM, vendor_number="W" * 24),
    entries=(Entry(date(2026, 8, 12), "W" * 24, "M" * 24, 99_999_999_00, 99_999_999_00),),
)
TEST_INVOICE = replace(INVOICE, livemode=False, number="TEST-2026-0003")
SAMPLES = {
    "invoice": INVOICE,
    "a4_invoice": A4_INVOICE,
    "paid_invoice": PAID_INVOICE,
    "long_names": LONG_NAMES,
    "forty_lines": FORTY_LINES,
    "quote": QUOTE,
    "credit_note": CREDIT_NOTE,
    "receipt": RECEIPT,
    "statement": STATEMENT,
    "wide_words": WIDE_WORDS,
    "test_invoice": TEST_INVOICE,
}
