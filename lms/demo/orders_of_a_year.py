"""Orders of the demo's last year, and their payments."""

from lms.demo.data_types import (
    AcceptanceText,
    ActText,
    Ago,
    BillingText,
    BounceText,
    FromJuly,
    LineText,
    OrderText,
    PaymentText,
    PersonText,
    ReturnText,
    RevisionText,
)
from lms.models.grants import OfferKind
from lms.models.orders import LineAct, Terms
from lms.models.payments import PaymentMethod

MIA = PersonText("mia@example.org", "Mia Castellane")
CONSTANCE = PersonText("constance.birchall@hollowmere.example", "Constance Birchall")
NERYS = PersonText("nerys.calloway@selwick.example", "Nerys Calloway")
LUCIA = PersonText("lucia.ferran@fennimore.example", "Lucia Ferran")
TEODOR = PersonText("teodor.vash@cedarhollow.example", "Teodor Vash")


def by_card(days_ago: int, email: str, name: str, line: LineText) -> OrderText:
    """Return a person's own purchase, paid by card."""
    return OrderText(email, Ago(days_ago), PersonText(email, name), (line,), Terms.CARD)


def one_webinar(slug: str) -> LineText:
    """Return an order line for one webinar."""
    return LineText(OfferKind.SINGLE, f"webinar:{slug}", 9900)


PEOPLE: tuple[ActText, ...] = (
    by_card(
        296, "greta.olander@example.net", "Greta Olander", one_webinar("oral-history-with-a-phone")
    ),
    by_card(
        251,
        "marcus.tillery@example.net",
        "Marcus Tillery",
        LineText(OfferKind.PASS, "presenter:hester-lindqvale", 49900),
    ),
    by_card(
        174, "ines.abarca@example.net", "Ines Abarca", one_webinar("first-hundred-days-supervising")
    ),
    by_card(
        88,
        "june.hathersage@example.net",
        "June Hathersage",
        LineText(OfferKind.GROUP_SHOWING, "webinar:building-is-the-service", 29900),
    ),
    by_card(
        33, "pavel.drummond@example.net", "Pavel Drummond", one_webinar("story-time-restless-room")
    ),
    by_card(6, "rosa.whitlam@example.net", "Rosa Whitlam", one_webinar("small-branch-large-week")),
)

PORT_SELWICK: tuple[ActText, ...] = (
    OrderText(
        "selwick-presenter",
        Ago(402),
        NERYS,
        (LineText(OfferKind.CONTRACT, "presenter:odalys-fenwright", 118000, 5),),
        Terms.CHECK,
        organization="port-selwick",
    ),
    PaymentText("selwick-presenter", Ago(380), 118000, number="30918", slip="D-0008"),
    OrderText(
        "selwick-digitizing",
        Ago(118),
        NERYS,
        (LineText(OfferKind.INSTITUTIONAL, "webinar:digitizing-folding-table", 49900, None),),
        Terms.INVOICE,
        organization="port-selwick",
    ),
    PaymentText("selwick-digitizing", Ago(97), 49900, PaymentMethod.TRANSFER),
    # a quote in two versions, not yet answered
    OrderText(
        "selwick-everything",
        Ago(12),
        NERYS,
        (LineText(OfferKind.CONTRACT, "everything", 560000, 25),),
        Terms.INVOICE,
        organization="port-selwick",
        is_quoted=True,
    ),
    RevisionText("selwick-everything", Ago(5), 20, 460000),
)

HOLLOWMERE: tuple[ActText, ...] = (
    OrderText(
        "hollowmere-machines",
        Ago(343),
        CONSTANCE,
        (LineText(OfferKind.CONTRACT, "series:plain-machines", 640000, 40),),
        Terms.INVOICE,
        organization="hollowmere",
    ),
    PaymentText("hollowmere-machines", Ago(305), 640000, PaymentMethod.TRANSFER),
    OrderText(
        "hollowmere-renewal",
        Ago(4),
        CONSTANCE,
        (LineText(OfferKind.CONTRACT, "series:plain-machines", 640000, 40, act=LineAct.RENEWAL),),
        Terms.INVOICE,
        organization="hollowmere",
    ),
)

TARNBROOK: tuple[ActText, ...] = (
    OrderText(
        "tarnbrook-everything",
        Ago(203),
        MIA,
        (LineText(OfferKind.CONTRACT, "everything", 318000, 12),),
        Terms.PURCHASE_ORDER,
        organization="tarnbrook",
        po_number="TCL-2208",
    ),
    PaymentText("tarnbrook-everything", Ago(181), 200000, number="55102", slip="D-0031"),
    PaymentText("tarnbrook-everything", Ago(173), 118000, number="55140", slip="D-0033"),
    OrderText(
        "tarnbrook-story-time",
        Ago(61),
        MIA,
        (LineText(OfferKind.GROUP_SEATS, "webinar:story-time-restless-room", 30000, 4),),
        Terms.PURCHASE_ORDER,
        organization="tarnbrook",
        po_number="TCL-2391",
    ),
    PaymentText("tarnbrook-story-time", Ago(38), 30000, number="55377", slip="D-0052"),
    BounceText("55377", Ago(31)),
    PaymentText("tarnbrook-story-time", Ago(24), 30000, PaymentMethod.TRANSFER),
)

FENNIMORE: tuple[ActText, ...] = (
    OrderText(
        "fennimore-fiscal-year",
        FromJuly(-16),
        LUCIA,
        (LineText(OfferKind.CONTRACT, "series:local-memory", 96000, 8),),
        Terms.PURCHASE_ORDER,
        organization="fennimore",
        po_number="88123",
        is_of_fiscal_year=True,
    ),
    BillingText("fennimore-fiscal-year", FromJuly(0)),
    PaymentText("fennimore-fiscal-year", FromJuly(27), 96000, number="7716", slip="D-0041"),
    OrderText(
        "fennimore-digitizing",
        Ago(96),
        LUCIA,
        (LineText(OfferKind.GROUP_SEATS, "webinar:digitizing-folding-table", 32500, 5),),
        Terms.PURCHASE_ORDER,
        organization="fennimore",
        po_number="88160",
    ),
    PaymentText("fennimore-digitizing", Ago(75), 32500, number="7802", slip="D-0046"),
    ReturnText("fennimore-digitizing", Ago(30), 1, "One colleague could not attend."),
)

CEDAR_HOLLOW: tuple[ActText, ...] = (
    # past due: an invoice from 52 days ago, at net 30
    OrderText(
        "cedar-supervising",
        Ago(52),
        TEODOR,
        (LineText(OfferKind.GROUP_SEATS, "webinar:first-hundred-days-supervising", 22500, 3),),
        Terms.INVOICE,
        organization="cedar-hollow",
    ),
    OrderText(
        "cedar-story-time",
        Ago(29),
        TEODOR,
        (LineText(OfferKind.INSTITUTIONAL, "webinar:story-time-restless-room", 49900, None),),
        Terms.INVOICE,
        organization="cedar-hollow",
        is_quoted=True,
    ),
    AcceptanceText("cedar-story-time", Ago(18), "Teodor Vash", "CH-0457"),
)

ACTS: tuple[ActText, ...] = (
    *PEOPLE,
    *PORT_SELWICK,
    *HOLLOWMERE,
    *TARNBROOK,
    *FENNIMORE,
    *CEDAR_HOLLOW,
)
