"""Webinars of the demo series Local Memory: photographs, voices, and local history."""

from datetime import date

from lms.demo.data_types import OnDay, SeriesText, WebinarText, recording_files

SERIES = SeriesText(
    slug="local-memory",
    title="Local Memory",
    description="""\
Keeping what a town remembers, with the staff, the shelf, and the scanner that a small library
really has.""",
)

WEBINARS = (
    WebinarText(
        slug="shoebox-comes-in",
        title="A Shoebox Comes In: Accepting Local Photographs",
        summary="What to say, sign, and do in the first half-hour when someone brings you their "
        "grandmother's pictures.",
        held=OnDay(date(2022, 9, 22)),
        presenters=("hester-lindqvale",),
        series=(SERIES.slug,),
        overview="""\
It always arrives at a bad moment. Someone is clearing a house, the truck is outside, and on the
desk sits a shoebox: two hundred photographs, a ribbon, a lock of hair, and no names. *Would the
library like to have them?*

What you say in the next few minutes decides whether those pictures will be of use to anyone in
thirty years. This webinar prepares you for it. We begin with the conversation, which is a kind one
and a practical one at once: who are these people, where was this taken, who else would know? We
write the answers on a single sheet, in pencil, while the person who knows is still standing there.

Then comes the part that many of us skip. A gift needs a signature, and a signature needs a form
that a grieving person can read. We go through one of a single page, line by line, and talk about
copyright without frightening anyone.

The last third is about the box itself. What must be done today, what can wait for a year, what
should never be done at all (you will not be surprised to hear about adhesive tape). And we practice
the hardest sentence in the trade: *thank you, but these belong with your family.*

No laboratory, no white gloves; a pencil, some folders, and a clean table are enough.
""",
        agenda=(
            "The conversation: six questions, one sheet, in pencil",
            "A gift form of one page that people can read",
            "Copyright, calmly",
            "What to do today and what can wait",
            "Tape, rubber bands, staples, and other regrets",
            "Declining with thanks",
        ),
    ),
    WebinarText(
        slug="digitizing-folding-table",
        title="Digitizing on a Folding Table",
        summary="A community scanning day with a flatbed, a gray card, and the trunk of a car.",
        held=OnDay(date(2023, 10, 19)),
        presenters=("hester-lindqvale",),
        series=(SERIES.slug,),
        minutes=75,
        recording=recording_files("folding-table", ".webm"),
        overview="""\
The best photographs of your town are not in your library. They are in hallways and cookie tins, and
their owners will not part with them, nor should they. But many will gladly bring them for an
afternoon, if they can watch, and if they can take them home again.

That is a scanning day. This webinar shows you how to hold one with equipment that fits in the
trunk of a car and a budget below that of a modest reception. Hester has done more than sixty, in
fire halls, church basements, and once in a barn, and has made most of the mistakes for you.

We go through the day in order. Setting up: which scanner, which lamp, which table. Settings:
why **600 pixels an inch** is nearly always the answer. Naming: a file name that still means
something when the software is gone. Talking: two questions to ask while the scanner hums, and how
to write down the answers. Keeping: three copies before you go to bed.

There is a lot about people, since a scanning day is a social event that happens to produce
files. Who welcomes, who scans, who listens, who makes the coffee. You will receive a packing list,
a schedule by the quarter-hour, a consent form, and a spreadsheet with the columns already named.
""",
        agenda=(
            "What fits in a trunk: the packing list",
            "One setting for nearly everything",
            "Names that outlive the software",
            "Two questions to ask while the scanner hums",
            "Consent that people understand",
            "Three copies before bedtime",
            "Roles for a day with four volunteers",
        ),
    ),
    WebinarText(
        slug="oral-history-with-a-phone",
        title="Recording the Neighbors: Oral History with a Phone",
        summary="Good sound, open questions, and a promise you can keep, with what is already in "
        "your pocket.",
        held=OnDay(date(2025, 3, 13)),
        presenters=("hester-lindqvale",),
        series=(SERIES.slug,),
        overview="""\
Every library knows someone who should be recorded. The last harness maker. The woman who ran the
switchboard. The man who remembers where the second school stood and why it burned. There is always
a plan to do it, when there is a good microphone, when there is time.

There is a good microphone. It is in your pocket, and with a five-dollar clip and a quiet kitchen
it records better than the reel machines that filled the great archives. This webinar is about
everything else.

We spend fifteen minutes on sound: where to sit, what to turn off, why a tablecloth matters.
We spend even longer on asking. A good oral history has few questions, and they begin with *how*
and *tell me*. You will hear excerpts of staged interviews in which the interviewer spoils a fine
story by agreeing with it, and learn to love a silence of eight seconds.

Then come the promises: what can be heard now, what in twenty years, what only by family, and how
you make sure the promise outlives you. We end with the unglamorous part that makes a
recording findable: a summary by the minute, three names, two places, one paragraph.

Bring the name of one neighbor. The follow-up sheet begins with a phone call to them.
""",
        agenda=(
            "A quiet kitchen: sound in fifteen minutes",
            "Questions that begin with how and tell me",
            "Eight seconds of silence",
            "When memories hurt, and when to stop",
            "Promises about who can listen, and when",
            "A summary by the minute that makes it findable",
        ),
    ),
    WebinarText(
        slug="who-lived-here-before-me",
        title="Who Lived Here Before Me? House Histories at the Reference Desk",
        summary="A path through deeds, directories, and fire maps that a patron can walk in an "
        "afternoon.",
        held=OnDay(date(2026, 9, 17)),
        presenters=("hester-lindqvale", "tobias-karrow"),
        series=(SERIES.slug,),
        overview="""\
It starts with a name scratched into a window frame, or a coin under a floorboard. Someone comes to
the desk and asks who lived in their house before them. It is among the happiest questions that a
local collection gets, and among the easiest to drown in.

Hester and Tobias offer a path. It has five stops, each with one source and one thing to write down:
the parcel number, the chain of owners, the people in the directory, the outline on the fire map,
the line in the newspaper. A patron who makes all five has a history on one page by closing time. A
patron who makes only two still goes home with a name.

We walk the path once with an invented house on an invented street, mistakes included. Streets are
renumbered. Widows vanish behind initials. An owner is not a resident, and a resident is not always
proud of the address. For each trap there is a way around.

Tobias handles the part on screens: which of the scanned sources can be searched and which only
seem to be, and how to search a bad transcription on purpose. Hester handles the paper, and the
patron who has by now been holding a deed with a sandwich in the other hand.

You will receive the one-page form, a poster of the path, and a list of sources to adapt.
""",
        agenda=(
            "Five stops, five sources, one page",
            "From a street address to a parcel number",
            "Owners, tenants, and the people in between",
            "Reading a fire insurance map",
            "Searching a bad transcription on purpose",
            "Homes with hard histories",
            "Making the path your own: the poster and the form",
        ),
    ),
)
