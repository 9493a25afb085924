"""Webinars of the demo series The Desk and the Door: everyday service and access."""

from datetime import date

from lms.demo.data_types import OnDay, SeriesText, WebinarText, Within, recording_files

SERIES = SeriesText(
    slug="desk-and-door",
    title="The Desk and the Door",
    description="""\
What happens in the first ninety seconds, the hardest ten minutes, and the longest week of public
service, told by people who have stood there.""",
)

WEBINARS = (
    WebinarText(
        slug="first-ninety-seconds",
        title="The First Ninety Seconds at the Desk",
        summary="What to do with your hands, your eyes, and your first sentence when someone walks "
        "up.",
        held=OnDay(date(2022, 4, 14)),
        presenters=("odalys-fenwright",),
        series=(SERIES.slug,),
        recording=recording_files("first-ninety-seconds", ".mp4"),
        overview="""\
Most people who walk up to a public desk have already rehearsed their question twice, and thought
about turning around once. What decides whether they stay is rarely what we know. It is what they
see in the first moment: a lifted head, a hand that leaves the mouse, shoulders that turn.

This webinar takes the first ninety seconds of an encounter apart and puts them back together
slowly. We begin with the body, because it speaks first. Then we look at openings: why *Can I help
you?* is so easy to answer with no, and what to ask instead. We practice the plain art of listening
for forty-five seconds without solving anything, and the one sentence that makes people feel they
were heard.

None of it needs a budget, a new desk, or a personality transplant. Shy people are often the best at
it. You will see short filmed scenes, good and less good, and try three openings of your own in the
chat before the hour is over.

Bring one encounter from last week that did not go the way you wanted. We will end by giving it a
better beginning, and you will leave with a tally card for ten honest attempts of your own.
""",
        agenda=(
            "What people look for before they speak",
            "Hands, shoulders, eyes: three moves that take two seconds",
            "Five opening sentences, and the answers each one invites",
            "Listening for forty-five seconds without solving anything",
            "Saying it back in the patron's own words",
            "Naming the wait when there is a line",
            "A tally card to practice with for ten encounters",
        ),
    ),
    WebinarText(
        slug="saying-no-keeping-the-patron",
        title="Saying No and Keeping the Patron",
        summary="How to decline kindly, once, without apologizing for rules you did not write.",
        held=OnDay(date(2022, 11, 3)),
        presenters=("odalys-fenwright",),
        series=(SERIES.slug,),
        overview="""\
The room is booked. The fine stands. The laptop can't leave the building, and no, the director
can't be called at home. A working day at a public desk holds a dozen small refusals, and each one
can cost a patron or keep one.

The difference is seldom the answer. It is the order of the sentence. Staff who refuse well tend to
do three things without noticing: they show that they understood the wish, they say the no **once**
and in plain words, and they offer a next step that is real. Staff who suffer under refusing tend
to do the reverse: they start with the rule, wrap the no in apologies, and leave the patron looking
for the weak spot.

We will rebuild the everyday refusals of your own branch in that better order. We will talk about
the exception, which is a gift to one patron and a debt owed to the next twenty, and about what to
do when someone asks the same thing louder. There is a section for the awkward case in which you
think that the rule itself is wrong.

The handout is a page of sentences. Read them aloud in the break room until they sound like you.
""",
        agenda=(
            "Wish, no, next step: the order that keeps people talking",
            "Why an apology invites a negotiation",
            "When they ask again, and louder",
            "The price of an exception, and how to grant one openly",
            "Rules you disagree with: what to say, and to whom",
            "Writing your branch's own page of sentences",
        ),
    ),
    WebinarText(
        slug="curbside-for-good",
        title="Curbside for Good? Deciding What to Keep",
        summary="A method for keeping, changing, or ending the services that an emergency left "
        "behind.",
        held=OnDay(date(2022, 6, 16)),
        presenters=("imani-obasworth",),
        series=(SERIES.slug,),
        withdrawn=True,
        overview="""\
For two years libraries invented services in a week that would once have taken a committee a year:
pickup windows, parking-lot wireless, phone reference until nine, bags of picture books chosen by
someone who knew your child. Some of it was a stopgap. Some of it turned out to be what people had
wanted all along. Almost all of it is still running, on the goodwill of the people who set it up.

This webinar offers a calm way of deciding. For each service we ask who uses it now and who would
miss it, what it costs in hours rather than dollars, and which of its parts is doing the work. Often
the answer is neither yes nor no: the window closes, but the phone line stays; the bags stay, but on
Fridays only.

We will fill in a one-page sheet for one service of yours while we talk, so that you leave with a
first draft of a recommendation. There is a section on ending a service kindly, with a date, a
reason, and somewhere else to go, and another on telling a board why something that no one asked for
in 2019 deserves a budget line.

This webinar is no longer for sale, because its figures are from 2022. People who own it can still
watch it.
""",
        agenda=(
            "Listing what is still running, and who keeps it running",
            "Counting cost in hours instead of dollars",
            "Finding the part of a service that does the work",
            "The one-page sheet, filled in live",
            "Ending a service with a date, a reason, and an alternative",
        ),
    ),
    WebinarText(
        slug="building-is-the-service",
        title="When the Building Is the Service: Heat, Storms, and Power Outages",
        summary="Being the warm, cool, or lit place in town on the day that everything else is "
        "closed.",
        held=OnDay(date(2023, 6, 8)),
        presenters=("imani-obasworth",),
        series=(SERIES.slug,),
        minutes=75,
        overview="""\
On the hottest day of the year, no one comes for the books. They come because it is seventy-four
degrees inside, because there is an outlet, because the door is open. On that day the building is
the service, and the staff are running something closer to a shelter than to a reading room,
usually with no warning and three people on shift.

This session helps a branch get ready for such days before they come. We start with a walk through
your own building with different eyes: where will forty people sit, where will they charge their
phones, which door can be watched from the desk? Then we write the short plan: what opens
early, what is suspended, who can decide, who gets called.

We spend time on the human part. A crowded cool room holds people who would not choose each other's
company. We look at *seating, sound, and water*, the three things that prevent most trouble, and at
how to say when it is time to go home.

There is a part for managers on agreeing with the county ahead of time about hours, liability, and
overtime, so that the argument does not take place by flashlight. You will receive a two-page
plan to fill in, and a card for the staff-room wall.
""",
        agenda=(
            "Walking your building as if the power were out",
            "Seating, sound, and water: what prevents most trouble",
            "Who decides to open early, and who has to be told",
            "Looking after staff on a fourteen-hour day",
            "Agreements to make with the county in spring",
            "The two-page plan and the card for the wall",
        ),
    ),
    WebinarText(
        slug="first-hundred-days-supervising",
        title="A New Supervisor's First Hundred Days",
        summary="You were one of the team on Friday. On Monday you make the schedule.",
        held=OnDay(date(2024, 5, 16)),
        presenters=("odalys-fenwright",),
        series=(SERIES.slug,),
        overview="""\
No one in a library is trained to supervise. Someone is good with patrons, stays late, knows how to
unjam the big copier, and one Monday morning has the keys, the schedule, and five former equals who
are waiting to see what changes.

This webinar is for that person, and for the person who promoted them. It divides the first hundred days
into three parts. In the first thirty you **listen**: a half-hour with each person, the same four
questions, and no promises. In the next thirty you **steady**: the schedule is out on time, meetings
begin and end, and what you said would happen happens. Only in the last forty do you **change**
something, one thing, chosen with the team and small enough to finish.

We look closely at the conversations that new supervisors put off. The friend who is late. The
colleague with twenty years on the job who wanted the job. The first complaint that is about you. For
each there is a way to begin, because beginning is most of the difficulty.

You will leave with a calendar of a hundred days, the four questions, and a page for your own
manager that says what you need from them. Several libraries hand it out with the keys.
""",
        agenda=(
            "Thirty days of listening: four questions for everyone",
            "Steadiness first: schedules, meetings, and kept promises",
            "Choosing one change that can be finished",
            "Supervising a friend, and supervising a rival",
            "Your first complaint, and your first praise",
            "What to ask of your own manager",
        ),
    ),
    WebinarText(
        slug="story-time-restless-room",
        title="Story Time for a Restless Room",
        summary="Thirty toddlers, one rug, no microphone: planning for wiggles instead of "
        "against them.",
        held=Within(9),
        presenters=("imani-obasworth",),
        overview="""\
There is a moment in every story time, usually on page four, when the room decides whether it will
be a story or a stampede. This hour is about everything that can be done before page four.

We plan a session as a wave rather than a line: loud, quiet, louder, quieter, and out with a song
while everyone is still happy. We look at choosing books that *survive interruption*, at reading
with your knees and elbows, and at the rug itself, which is the most underrated piece of equipment
in a children's room.

A good part of the time goes to the grown-ups. A caregiver who knows what is expected is your best
helper; one who doesn't is another child with a phone. You will hear three twenty-second
welcomes that set the tone without a list of rules.

We talk about children who can't sit, and don't have to; about the one who is frightened by the puppet;
about mixed ages and mixed languages; and about the weeks when you yourself are the restless one.

The recording will be in My webinars the next day, with the wave planner, a list of forty books
that hold up in a crowd, and the words and chords to six songs that need neither a good voice nor a
guitar.
""",
        agenda=(
            "Planning a wave instead of a line",
            "Books that survive interruption",
            "The rug: lines of sight, exits, and a place to stand",
            "Twenty-second welcomes for the grown-ups",
            "Children who can't sit, and don't have to",
            "Mixed ages, mixed languages",
            "Ending while everyone is still happy",
        ),
    ),
    WebinarText(
        slug="small-branch-large-week",
        title="Small Branch, Large Week",
        summary="For branches of one to four people: what to do, what to drop, and what to say "
        "about it.",
        held=Within(37),
        presenters=("odalys-fenwright", "imani-obasworth"),
        series=(SERIES.slug,),
        minutes=75,
        overview="""\
A branch with three people has the same week as a branch with thirty. There is a delivery, a story
time, a tax form, a leak, a visitor from the county, and a patron who needs an hour. What it lacks is
anyone to hand things to.

Odalys and Imani have both run such places, and disagree about a lot; that is why they are
doing this one together. They agree on this: a small branch does not work by doing everything a
little worse. It works by deciding out loud.

The session follows one week from Monday morning to Saturday closing. For each day there is a
decision to make: what opens when someone is sick, what can be done *only* by staff, which task is
done weekly out of habit and would be missed by no one. We fill in a week sheet as we go, and
compare notes in the chat.

There is a part on working alone, safely and without dread, and one on the quiet hour, which nearly
every small branch has and nearly none protects. The last quarter is about telling the story upward:
how to write three sentences a month that make a board understand what four people did.

Come with your own schedule, however untidy. You will leave with a tidier one.
""",
        agenda=(
            "Deciding out loud: the week sheet",
            "What only staff can do, and what they can let go",
            "Opening with one person missing",
            "Working alone without dread",
            "Finding the quiet hour, and guarding it",
            "Three sentences a month for the board",
        ),
    ),
)
