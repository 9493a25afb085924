"""The pools the demo's organizations bought, who has their seats, and open requests."""

from lms.demo.data_types import PersonText, PoolText

POOLS = (
    PoolText(
        organization="tarnbrook",
        contact=PersonText("mia@example.org", "Mia Castellane"),
        covers="everything",
        seats=12,
        bought_days_ago=203,
        price_cents=318000,
        is_contract=True,
        seated=(
            PersonText("juniper.ashdown@tarnbrook.example", "Juniper Ashdown"),
            PersonText("benedikt.oyelaran@tarnbrook.example", "Benedikt Oyelaran"),
            PersonText("rosalind.quaye@tarnbrook.example", "Rosalind Quaye"),
            PersonText("tomasz.hartigan@tarnbrook.example", "Tomasz Hartigan"),
            PersonText("ida.mwangi-frost@tarnbrook.example", "Ida Mwangi-Frost"),
            PersonText("leopold.vance@tarnbrook.example", "Leopold Vance"),
        ),
        invited=(
            PersonText("clover.santangelo@tarnbrook.example", "Clover Santangelo"),
            PersonText("wendell.ikeda@tarnbrook.example", "Wendell Ikeda"),
        ),
    ),
    PoolText(
        organization="tarnbrook",
        contact=PersonText("mia@example.org", "Mia Castellane"),
        covers="webinar:story-time-restless-room",
        seats=4,
        bought_days_ago=61,
        price_cents=30000,
        seated=(
            PersonText("rosalind.quaye@tarnbrook.example", "Rosalind Quaye"),
            PersonText("pilar.eastcombe@tarnbrook.example", "Pilar Eastcombe"),
            PersonText("gus.abernethy@tarnbrook.example", "Gus Abernethy"),
            PersonText("hana.brockway@tarnbrook.example", "Hana Brockway"),
        ),
        waiting=(PersonText("tomasz.hartigan@tarnbrook.example", "Tomasz Hartigan"),),
    ),
    PoolText(
        organization="hollowmere",
        contact=PersonText("constance.birchall@hollowmere.example", "Constance Birchall"),
        covers="series:plain-machines",
        seats=40,
        bought_days_ago=343,
        price_cents=640000,
        is_contract=True,
        seated=(
            PersonText("constance.birchall@hollowmere.example", "Constance Birchall"),
            PersonText("yusuf.pemberly@hollowmere.example", "Yusuf Pemberly"),
        ),
        allotted=(("tarnbrook", 10), ("port-selwick", 15)),
    ),
    PoolText(
        organization="port-selwick",
        contact=PersonText("nerys.calloway@selwick.example", "Nerys Calloway"),
        covers="webinar:digitizing-folding-table",
        seats=None,
        bought_days_ago=118,
        price_cents=49900,
        domain="selwick.example",
        seated=(
            PersonText("nerys.calloway@selwick.example", "Nerys Calloway"),
            PersonText("abel.rusk@selwick.example", "Abel Rusk"),
        ),
    ),
    PoolText(
        organization="port-selwick",
        contact=PersonText("nerys.calloway@selwick.example", "Nerys Calloway"),
        covers="presenter:odalys-fenwright",
        seats=5,
        bought_days_ago=402,
        price_cents=118000,
        is_contract=True,
        seated=(
            PersonText("nerys.calloway@selwick.example", "Nerys Calloway"),
            PersonText("dorothea.lunt@selwick.example", "Dorothea Lunt"),
        ),
    ),
)

REQUESTS = (
    (
        "group",
        PersonText("harriet.dunmore@example.net", "Harriet Dunmore"),
        "Vale of Ombersley Libraries",
        "chatbots-at-the-reference-desk",
        6,
        "Six of us would like to sit in together from three branches. Can you invoice the district?",
    ),
    (
        "trouble",
        PersonText("cyril.nakamura@example.net", "Cyril Nakamura"),
        "",
        "helping-without-taking-the-mouse",
        None,
        "I changed jobs and my old address no longer works. I bought this one for good last spring.",
    ),
)
