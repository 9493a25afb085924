"""The demo's seller, presenters, organizations, people, and prices, all invented."""

from lms.core.postal_addresses import Address
from lms.demo.data_types import (
    FILES,
    CastText,
    HouseText,
    OrganizationText,
    PassText,
    PresenterText,
    PriceText,
)
from lms.models.accounts import SellerRole
from lms.models.organizations import Role
from lms.seller.settings import SellerSettings

HOUSE = HouseText(
    name="Quillmoor House",
    accent="#1d6a4c",
    contact_email="hello@example.org",
    about="""\
Quillmoor House is four people and a very large calendar. Since 2022 we have held one live hour a
month for people who work in public libraries: at the desk, in the stacks, on the bus, in the
basement with the shoeboxes.

Every hour is recorded. Buy one and you have permanent access; buy a pass and you can watch
everything for a year.
""",
    mark=FILES / "mark.png",
)

PRESENTERS = (
    PresenterText(
        slug="odalys-fenwright",
        name="Odalys Fenwright",
        biography="""\
Odalys Fenwright ran a branch with eleven chairs and one printer for nine years, and still thinks
of every service question in terms of that printer. She went on to supervise the public desks of
a twelve-branch county, where she taught new staff to greet, to listen, and to stop apologizing for
rules they did not write.

She now trains desk staff and first-time supervisors. Her sessions are short on theory and long on
sentences you can say out loud. She holds a master's degree in adult education and a bicycle
mechanic's certificate, and considers the second the harder of the two.
""",
        picture=FILES / "odalys-fenwright.png",
    ),
    PresenterText(
        slug="tobias-karrow",
        name="Tobias Karrow",
        biography="""\
Tobias Karrow spent fourteen years as the only technology person in a library system of six, which
means that he has crawled under every kind of desk there is. He writes plain-language guides to
privacy, public computing, and whatever arrived in last week's news.

He believes that a librarian who can say "I don't know, let's look" is better equipped than any
expert, and his webinars are built so that people who call themselves bad with computers leave
with something they can use the same afternoon.
""",
        picture=FILES / "tobias-karrow.png",
    ),
    PresenterText(
        slug="hester-lindqvale",
        name="Hester Lindqvale",
        biography="""\
Hester Lindqvale is a conservator who left a museum for a reading room. For twenty-two years she
has helped small libraries look after photographs, ledgers, quilts, church minutes, and one stuffed
heron, mostly with equipment bought at a hardware store.

She has set up community scanning days in more than sixty towns. She speaks slowly, answers every
question, and has strong opinions about rubber bands.
""",
        picture=FILES / "hester-lindqvale.png",
    ),
    PresenterText(
        slug="imani-obasworth",
        name="Imani Obasworth",
        biography="""\
Imani Obasworth drove a bookmobile, then planned its routes, then argued for its budget before
three different county boards. She works with libraries on outreach, children's programs, and the
practical side of keeping a building open when the weather is against it.

She is known for bringing the spreadsheet and the song. Both are in the handouts.
""",
        picture=FILES / "imani-obasworth.png",
    ),
)

SELLER = SellerSettings(
    legal_name="Quillmoor House LLC",
    legal_address=Address("7 Quill Lane", "", "Moorfield", "OH", "44001"),
    ein="98-7654321",
    phone="(614) 555-0142",
    ar_email="billing@example.org",
    remit_name="Quillmoor House LLC",
    remit_address=Address("PO Box 117", "", "Moorfield", "OH", "44001"),
    bank_name="Moorfield Savings Bank",
    routing_number="123456780",
    account_number="004417720318",
    invoice_note="Thank you for learning with us.",
)

ORGANIZATIONS = (
    OrganizationText(
        "hollowmere",
        "Hollowmere Library Consortium",
        Address("400 Weir Street", "", "Hollowmere", "OH", "43099"),
        "accounts@hollowmere.example",
        fiscal_year_start=7,
        net_days=45,
    ),
    OrganizationText(
        "tarnbrook",
        "Tarnbrook County Library",
        Address("1 Courthouse Square", "Finance Office", "Tarnbrook", "OH", "43112"),
        "payables@tarnbrook.example",
        fiscal_year_start=1,
        parent="hollowmere",
        vendor_number="V-20817",
        needs_po=True,
    ),
    OrganizationText(
        "port-selwick",
        "Port Selwick City Library",
        Address("88 Harbor Road", "", "Port Selwick", "OH", "43440"),
        "finance@selwick.example",
        fiscal_year_start=7,
        parent="hollowmere",
    ),
    OrganizationText(
        "fennimore",
        "Fennimore Township Library",
        Address("15 Orchard Avenue", "", "Fennimore", "PA", "15301"),
        "treasurer@fennimore.example",
        fiscal_year_start=7,
        vendor_number="QUILL01",
        needs_po=True,
    ),
    OrganizationText(
        "cedar-hollow",
        "Cedar Hollow Public Library",
        Address("230 Mill Street", "", "Cedar Hollow", "IN", "47240"),
        "office@cedarhollow.example",
        fiscal_year_start=10,
    ),
)

CAST = (
    CastText(
        email="alice@example.org",
        name="Alice Thornbury",
        password="alice-reads-at-noon",  # noqa: S106  (printed for everyone)
        role="seat",
        about="owns two webinars",
        keeps=("first-ninety-seconds", "story-time-restless-room"),
    ),
    CastText(
        email="bob@example.org",
        name="Bob Achterberg",
        password="bob-rides-the-bookmobile",  # noqa: S106
        role="pass",
        about="active all-access pass",
        all_access=PassText(bought_days_ago=100),
    ),
    CastText(
        email="carol@example.com",
        name="Carol Winsome",
        password="carol-keeps-the-ledger",  # noqa: S106
        role="expired",
        about="expired all-access pass",
        all_access=PassText(bought_days_ago=430),
    ),
    CastText(
        email="dan@example.com",
        name="Dan Pellerin",
        password="dan-is-new-in-town",  # noqa: S106
        role="nothing",
        about="no access yet",
    ),
    CastText(
        email="mia@example.org",
        name="Mia Castellane",
        password="mia-opens-the-branch",  # noqa: S106
        role="manager",
        about="manager at Tarnbrook County Library",
        organization="tarnbrook",
    ),
    CastText(
        email="sam@example.org",
        name="Sam Okonkwo",
        password="sam-watches-the-desk",  # noqa: S106
        role="supervisor",
        about="supervises the desk at Tarnbrook",
        organization="tarnbrook",
        organization_role=Role.SUPERVISOR,
    ),
    CastText(
        email="bea@example.org",
        name="Bea Lindgren",
        password="bea-pays-in-thirty-days",  # noqa: S106
        role="billing",
        about="billing at Tarnbrook",
        organization="tarnbrook",
        organization_role=Role.BILLING,
    ),
    CastText(
        email="leo@example.org",
        name="Leo Farrow",
        password="leo-connects-the-course",  # noqa: S106
        role="lms_admin",
        about="LMS admin at Tarnbrook",
        organization="tarnbrook",
        organization_role=Role.LMS_ADMIN,
    ),
    CastText(
        email="ada@example.org",
        name="Ada Brightwater",
        password="ada-lights-the-lamp",  # noqa: S106
        role="staff",
        about="staff of Quillmoor House",
        seller_role=SellerRole.STAFF,
    ),
    CastText(
        email="olive@example.org",
        name="Olive Marchbanks",
        password="olive-owns-the-calendar",  # noqa: S106
        role="owner",
        about="owner of Quillmoor House",
        seller_role=SellerRole.OWNER,
    ),
    CastText(
        email="ben@example.org",
        name="Ben Tollgate",
        password="ben-counts-every-cent",  # noqa: S106
        role="bookkeeper",
        about="bookkeeper of Quillmoor House",
        seller_role=SellerRole.BOOKKEEPER,
    ),
)

PRICES = (
    PriceText("single", 1, 9900),
    PriceText("group_seats", 3, 7500),
    PriceText("group_seats", 5, 6500),
    PriceText("group_showing", 1, 29900),
    PriceText("institutional", 1, 49900),
    PriceText("pass", 1, 49900),
)
