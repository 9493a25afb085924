"""Webinars of the series Plain Machines, and webinars without a series."""

from datetime import date

from lms.demo.data_types import OnDay, SeriesText, WebinarText, Within, recording_files

SERIES = SeriesText(
    slug="plain-machines",
    title="Plain Machines",
    description="""\
Privacy, public computers, and whatever was in last week's news, in words that can be repeated at
the desk.""",
)

WEBINARS = (
    WebinarText(
        slug="privacy-at-the-public-computer",
        title="Privacy at the Public Computer",
        summary="What your machines remember about people, and the afternoon it takes to make "
        "them forget.",
        held=OnDay(date(2023, 2, 9)),
        presenters=("tobias-karrow",),
        series=(SERIES.slug,),
        overview="""\
A woman prints a letter about her divorce. A boy looks up a rash. A man applies for eleven jobs and
forgets to sign out. By the end of the day a public computer knows more about the neighborhood than
the barber does, and unlike the barber it writes everything down.

Libraries promise privacy. This webinar is about keeping that promise with the machines you have. We
follow one session from the sign-up sheet to the print release and ask at each step: what is kept
here, for how long, and who decided that? The answers are usually *more than you think*, *forever*,
and *no one*.

Then we fix it, in the order of effect. Some of it is a setting. Some of it is a conversation with
a vendor, for which you will get the exact sentences. Some of it is a habit, such as what staff say
when they walk past a screen. None of it needs a programmer, and the whole list can be done in one
slow afternoon by someone who has never done anything of the kind.

We also talk honestly about limits. A library can't undo what a website keeps, and should not claim
to. There is a short, friendly script for telling people so, and a sign for the wall that fits on
half a page and promises only what is true.
""",
        agenda=(
            "One session, followed from sign-up sheet to printer",
            "What is kept, for how long, and who decided",
            "Settings worth an afternoon",
            "Sentences for a conversation with your vendor",
            "What staff see, and what they say",
            "An honest sign for the wall",
        ),
    ),
    WebinarText(
        slug="chatbots-at-the-reference-desk",
        title="Chatbots at the Reference Desk: What to Trust, What to Check",
        summary="A calm hour on fluent machines, invented sources, and the questions that patrons "
        "bring.",
        held=OnDay(date(2024, 10, 10)),
        presenters=("tobias-karrow",),
        series=(SERIES.slug,),
        overview="""\
A patron slides a printout across the desk. It lists nine articles on the history of the local mill,
with authors, years, and page numbers. Six of them do not exist. The patron isn't foolish and wasn't
lazy; the list simply looked more like a list than most real ones do.

This webinar gives reference staff a steady way to handle such moments, without scorn and without
salesmanship. We begin with a picture of how these systems work that takes ten minutes and contains
no mathematics: enough to predict *where* they go wrong, which is more useful than knowing that they
do.

From that we draw a rule of thumb in three parts. Use them where a mistake is cheap and easy to see.
Check them where it is cheap but hidden. Stay away where it is expensive. We sort twenty real kinds of
desk question into those three piles, together, and do not agree about all of them.

You will practice checking a doubtful citation in under two minutes, explaining an invented source
to someone who is attached to it, and saying what your library does and does not put into such a
system about its patrons. The handout is a page of neutral wording that can go into a staff manual
as it is. It names no product, since those change by the month and the habits don't have to.
""",
        agenda=(
            "Ten minutes on how fluent machines work",
            "Predicting where they go wrong",
            "Cheap, hidden, expensive: three piles of questions",
            "Checking a citation in two minutes",
            "Telling a patron that the source does not exist",
            "What must never be typed in",
            "Neutral wording for your staff manual",
        ),
    ),
    WebinarText(
        slug="helping-without-taking-the-mouse",
        title="Helping Without Taking the Mouse",
        summary="Technology help that leaves people more able than they came, in ten minutes, "
        "with a line waiting.",
        held=OnDay(date(2025, 9, 25)),
        presenters=("tobias-karrow",),
        series=(SERIES.slug, "desk-and-door"),
        overview="""\
It would take you eight seconds. You can see the button. The person in the chair is moving the
pointer in slow circles around it, there are four people waiting, and your hand is already halfway
to the mouse.

Leave it there, says Tobias, and put it in your pocket. This webinar is about the craft of helping
people do a thing themselves, at a busy desk, in the time there is. It is a craft rather than a
virtue, and so it can be learned.

We look at **words** first: how to describe a screen to someone who does not know the names of its
parts, and why *up there* is not a place. We look at where you stand, which changes who is doing the
work. We practice the small question that finds out what a person is really trying to get done,
since it is rarely *open an attachment*.

We are honest about the line. Some tasks should be done for people: the deadline at noon, the
trembling hand, the form that was designed by an enemy. There are sentences for offering that
without taking anything away. And there are sentences for the regular who has been shown nine times,
for whom the tenth must be different.

You will leave with a pocket card, and with sore hands from not using them.
""",
        agenda=(
            "Describing a screen in words that work",
            "Where to stand, and what it says",
            "Finding out what they are trying to get done",
            "When doing it for them is right",
            "The tenth time: changing the help, not the volume",
            "Passwords, banking, and other people's secrets",
        ),
    ),
    WebinarText(
        slug="getting-the-most",
        title="Getting the Most from a Recording",
        summary="Free: six habits of people who remember what they watched.",
        held=OnDay(date(2024, 1, 18)),
        presenters=("imani-obasworth",),
        minutes=30,
        free=True,
        recording=recording_files("getting-the-most", ".mp4"),
        overview="""\
You bought the webinar, or your library did. It is in your list. It has been there for a while.

This short session is free, and it is about closing that gap. Imani asked people who finish what
they start, and who can still tell you about it in spring, how they do it. Their answers have very
little to do with discipline. They watch in small pieces, at the same time of day. They turn the
captions on, and often the speed down. They print the slides and mark them up in pencil. They come
back for the last tenth, where the practical part usually is. They tell someone. And, above all,
they do it in twos.

We go through the six habits one by one, each with a way to begin this week. There is a part for
managers who would like a whole team to watch the same recording without sitting everyone in front
of it at eight in the morning, and a page of questions that turn any hour of ours into a staff
meeting that people look forward to.

It also serves as a tour: where to resume, how to read the transcript, where the slides
are, and how to earn the certificate. If you have never watched anything here, start with this
one. It's free after you sign in.
""",
        agenda=(
            "Small pieces, same time of day",
            "Captions on, speed down",
            "Slides, a margin, and a pencil",
            "The last tenth, and the certificate",
            "Telling someone on Monday",
            "Watching in twos",
        ),
    ),
    WebinarText(
        slug="numbers-trustees-remember",
        title="Numbers Trustees Remember",
        summary="Turning a year of statistics into one page that is read.",
        held=Within(72),
        presenters=("imani-obasworth",),
        draft=True,
        overview="""\
Every January a library sends its board forty pages of figures, and every January someone asks how
many books you have. It isn't that trustees dislike numbers. They dislike numbers without a size:
is 61,204 a lot?

This webinar shows how to give a number a size. We take a plain annual table and rewrite it three
times. First as *one in four*, because shares are easier to hold than totals. Then as *every eleven
minutes*, because time is something that everyone owns. Finally, as a single person on a single
Tuesday, because that is what will be repeated at dinner.

We choose, too. A page has room for five figures, and the choosing is the argument. You will hear
which five have worked for small libraries, which one to lead with in a lean year, and which to keep
in the drawer until someone asks. There is a part on the honest bad number, the one that went down,
and on saying so before it is found.

Charts get ten minutes and three rules. The rest of the time belongs to your own table: bring last
year's, and leave with a draft of one page, a sentence to say while you hand it over, and the
courage to leave out the other thirty-nine.
""",
        agenda=(
            "Giving a number a size",
            "Shares, minutes, and one person on a Tuesday",
            "Five figures for one page",
            "The number that went down",
            "Three rules for charts",
            "A sentence to say while handing it over",
        ),
    ),
)
