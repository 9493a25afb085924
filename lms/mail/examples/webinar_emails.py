"""Examples of emails about webinars, group viewings, certificates and training."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from lms.core.errors import N_
from lms.mail.examples.example import ALICE, LIBRARY, TITLE, WHEN, Example, page

NOUN: Final = N_("Webinars, certificates, and training")
_ABOUT: Final[Mapping[str, object]] = {
    "name": ALICE,
    "title": TITLE,
    "when": WHEN,
    "was": "",
    "said": [],
    "sentences": [],
    "can_watch": False,
    "action_url": page("/webinars/oral-history"),
}
_SAID: Final = [["Our presenter is ill. We're sorry for the short notice."]]
_OFFER: Final[Mapping[str, object]] = {
    "payer": LIBRARY,
    "lines": [{"title": TITLE, "quantity": 5}],
    "paid": "$325.00",
    "unpaid": "",
    "seats": "Elm County Library has 3 unused seats.",
    "url": page("/canceled/example/example"),
}
_CHOICES: Final[Mapping[str, object]] = {
    **_ABOUT,
    "offers": [_OFFER],
    "is_one": True,
    "sentence": "People who already have a certificate keep it.",
    "action_url": page("/canceled/example/example"),
}
_TRAINING: Final[Mapping[str, object]] = {
    "name": ALICE,
    "organization": LIBRARY,
    "title": TITLE,
    "day": "December 10, 2026",
    "is_today": False,
    "confirms": True,
    "only_to_confirm": False,
    "action_url": page("/training/example"),
}
_MAILING: Final[Mapping[str, object]] = {
    "name": ALICE,
    "body_html": Markup("<p>Bring two questions.</p>"),
    "action_url": page("/webinars/oral-history"),
    "action_label": "Go to the webinar",
}
EXAMPLES: Final[Mapping[str, Example]] = {
    "confirm_subscription": Example(
        N_("Confirm a subscription"),
        N_("When a person subscribes to emails about new webinars."),
        "Confirm your subscription to new webinars",
        {
            "topic": "Maria Ortiz",
            "is_confirmed": False,
            "action_url": page("/subscribe/example/example"),
            "action_label": "Confirm subscription",
        },
    ),
    "mailing": Example(
        N_("Mailing about a webinar"),
        N_("When staff send a mailing."),
        "Before you join",
        _MAILING,
    ),
    "new_webinar": Example(
        N_("Mailing to subscribers"),
        N_("When staff send a mailing to subscribers."),
        f"New webinar: {TITLE}",
        {**_MAILING, "name": ""},
    ),
    "live_registered": Example(
        N_("Registered for a live webinar"),
        N_("When a person with access registers."),
        f"You're registered: {TITLE}",
        _ABOUT,
    ),
    "live_unregistered": Example(
        N_("Registration canceled"),
        N_("When a person cancels their registration."),
        f"You're no longer registered: {TITLE}",
        _ABOUT,
    ),
    "live_tomorrow": Example(
        N_("Reminder a day before"),
        N_("The day before a live webinar, to everyone who is registered."),
        f"Tomorrow: {TITLE}",
        {
            **_ABOUT,
            "sentences": ["You can join on its page starting one hour before it begins."],
        },
    ),
    "live_soon": Example(
        N_("Reminder an hour before"),
        N_("An hour before a live webinar, to everyone who is registered."),
        f"Starts in an hour: {TITLE}",
        {**_ABOUT, "sentences": ["Open its page and choose “Join live.”"]},
    ),
    "live_rescheduled": Example(
        N_("New date"),
        N_("When a webinar is moved, to everyone involved with it."),
        f"New date: {TITLE}",
        {**_ABOUT, "was": "Thursday, December 3, 2026, 2:00 PM ET", "said": _SAID},
    ),
    "live_canceled": Example(
        N_("Webinar canceled"),
        N_("When a webinar is canceled, to everyone who hasn't paid for it themselves."),
        f"Canceled: {TITLE}",
        {
            **_ABOUT,
            "said": _SAID,
            "sentences": ["Your contract still includes our other webinars."],
        },
    ),
    "live_reinstated": Example(
        N_("Canceled webinar reinstated"),
        N_("When a canceled webinar is reinstated."),
        f"“{TITLE}” is back on",
        {**_ABOUT, "sentences": ["Your registration is valid again."]},
    ),
    "live_removed": Example(
        N_("Webinar removed"),
        N_("When a webinar is removed for legal or safety reasons."),
        f"Removed: {TITLE}",
        {**_ABOUT, "sentences": ["Your certificate stays valid."]},
    ),
    "live_available": Example(
        N_("Removed webinar available again"),
        N_("When a removed webinar can be watched again."),
        f"Available again: {TITLE}",
        {**_ABOUT, "sentences": ["You have the access that you had before."]},
    ),
    "recording_ready": Example(
        N_("Recording ready"),
        N_("When the recording of a webinar can be watched."),
        f"The recording is ready: {TITLE}",
        {
            **_ABOUT,
            "can_watch": True,
            "sentences": ["The slides and your certificate are on the same page."],
            "survey_url": "https://survey.example.org/oral-history",
            "action_url": page("/webinars/oral-history/watch"),
        },
    ),
    "cancellation_offer": Example(
        N_("Webinar canceled: choices for the buyer"),
        N_("When a webinar is canceled, to the people who paid for it."),
        f"Canceled: choose what you'd like instead of “{TITLE}”",
        {**_CHOICES, "said": _SAID},
    ),
    "postponement_offer": Example(
        N_("New date: choices for the buyer"),
        N_("When a webinar is moved, to the people who paid for it."),
        f"New date: keep your order for “{TITLE},” or choose something else",
        _CHOICES,
    ),
    "cancellation_offer_ended": Example(
        N_("Canceled webinar reinstated: for the buyer"),
        N_("When a canceled webinar is reinstated, to the people who paid for it."),
        f"“{TITLE}” is back on",
        {
            "name": ALICE,
            "title": TITLE,
            "when": WHEN,
            "price": "$99.00",
            "action_url": page("/canceled/example/example"),
        },
    ),
    "showing_host": Example(
        N_("Host of a group viewing"),
        N_("When a person becomes the host of an organization's group viewing."),
        f"You can now show “{TITLE}” to a group",
        {"organization": LIBRARY, "title": TITLE, "action_url": page("/showings")},
    ),
    "showing_host_replaced": Example(
        N_("Host of a group viewing replaced"),
        N_("To the former host when an organization names another one."),
        f"{LIBRARY} chose another host for “{TITLE}”",
        {"organization": LIBRARY, "title": TITLE, "action_url": page("/showings")},
    ),
    "group_showing_slides": Example(
        N_("Slides of a group viewing"),
        N_("After a group viewing, to each person who checked in."),
        f"Slides for {TITLE}",
        {
            "name": ALICE,
            "title": TITLE,
            "host": "Maria Ortiz",
            "action_url": page("/slides/example"),
        },
    ),
    "certificate": Example(
        N_("Certificate earned"),
        N_("When a person earns a certificate."),
        f"Your certificate: {TITLE}",
        {
            "name": ALICE,
            "title": TITLE,
            "pdf_url": page("/verify/example/certificate.pdf"),
            "action_url": page("/verify/example"),
        },
    ),
    "certificate_revoked": Example(
        N_("Certificate revoked"),
        N_("When our team revokes a certificate."),
        f"Your certificate was revoked: {TITLE}",
        {"name": ALICE, "title": TITLE, "action_url": page("/verify/example")},
    ),
    "training_assigned": Example(
        N_("Training assigned"),
        N_("When training is assigned to a person."),
        f"Assigned to you: {TITLE}, due December 10, 2026",
        _TRAINING,
    ),
    "training_due": Example(
        N_("Assigned training is due"),
        N_("Before and on the due date, to people who haven't finished assigned training."),
        f"Due on December 10, 2026: {TITLE}",
        _TRAINING,
    ),
    "training_overdue": Example(
        N_("Assigned training is overdue"),
        N_("After the due date, to people who haven't finished assigned training."),
        f"Overdue: {TITLE}",
        _TRAINING,
    ),
    "training_overdue_supervisor": Example(
        N_("Overdue training: for supervisors"),
        N_("To supervisors when people in their groups haven't finished assigned training."),
        f"Overdue in your groups: {TITLE}",
        {
            **_TRAINING,
            "people": 3,
            "action_url": page("/organization/example/training/example"),
        },
    ),
}
