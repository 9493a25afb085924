"""Seat holders in the demo's pools, and open requests."""

from lms.demo.data_types import PersonText, PoolText

POOLS = (
    PoolText(
        organization="tarnbrook",
        covers="everything",
        bought_days_ago=203,
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
        covers="webinar:story-time-restless-room",
        bought_days_ago=61,
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
        covers="series:plain-machines",
        bought_days_ago=343,
        seated=(
            PersonText("constance.birchall@hollowmere.example", "Constance Birchall"),
            PersonText("yusuf.pemberly@hollowmere.example", "Yusuf Pemberly"),
        ),
        allotted=(("tarnbrook", 10), ("port-selwick", 15)),
    ),
    PoolText(
        organization="port-selwick",
        covers="webinar:digitizing-folding-table",
        bought_days_ago=118,
        domain="selwick.example",
        seated=(
            PersonText("nerys.calloway@selwick.example", "Nerys Calloway"),
            PersonText("abel.rusk@selwick.example", "Abel Rusk"),
        ),
    ),
    PoolText(
        organization="port-selwick",
        covers="presenter:odalys-fenwright",
        bought_days_ago=402,
        seated=(
            PersonText("nerys.calloway@selwick.example", "Nerys Calloway"),
            PersonText("dorothea.lunt@selwick.example", "Dorothea Lunt"),
        ),
    ),
    PoolText(
        organization="fennimore",
        covers="webinar:digitizing-folding-table",
        bought_days_ago=96,
        seated=(
            PersonText("lucia.ferran@fennimore.example", "Lucia Ferran"),
            PersonText("owen.prask@fennimore.example", "Owen Prask"),
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
        "I changed jobs and my old address no longer works. I bought this one last spring.",
    ),
)
