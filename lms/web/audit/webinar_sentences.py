"""Audit sentences of webinars: what each act about one says."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_

WEBINAR_SENTENCES: Final[Mapping[str, str]] = {
    "registration_questions.changed": N_("%(actor)s changed the registration questions"),
    "survey_link.changed": N_("%(actor)s changed the survey link"),
    "webinar.added": N_("%(actor)s created the webinar %(subject)s"),
    "webinar.edited": N_("%(actor)s changed the webinar %(subject)s"),
    "webinar.registered": N_("%(actor)s registered for %(subject)s"),
    "webinar.registration_moved": N_(
        "%(actor)s moved a registration for %(subject)s to another webinar"
    ),
    "webinar.registration_moved_back": N_("%(actor)s moved a registration back to %(subject)s"),
    "webinar.report_imported": N_(
        "%(actor)s imported the meeting report of %(subject)s: %(people)s"
    ),
    "webinar.names_matched": N_(
        "%(actor)s matched names from the meeting report of %(subject)s: %(people)s"
    ),
    "webinar.participant_matched": N_(
        "%(actor)s matched a person in the meeting report of %(subject)s"
    ),
    "webinar.participant_ignored": N_(
        "%(actor)s ignored a person in the meeting report of %(subject)s"
    ),
    "webinar.minutes_by_report": N_(
        "%(actor)s credited the minutes of a person in the meeting report of %(subject)s"
    ),
    "webinar.participant_put_back": N_(
        "%(actor)s undid a match in the meeting report of %(subject)s"
    ),
    "webinar.left": N_("%(actor)s canceled their registration for %(subject)s"),
    "webinar.attendance_noted": N_("%(actor)s recorded the attendance of %(subject)s: %(people)s"),
    "webinar.certificate_rule_changed": N_(
        "%(actor)s changed the certificate requirements of %(subject)s"
    ),
    "webinar.credit_confirmed": N_(
        "%(actor)s set the credit of %(subject)s to %(minutes)s minutes"
    ),
    "webinar.published": N_("%(actor)s announced %(subject)s"),
    "webinar.prices_set": N_("%(actor)s set the prices of %(subject)s"),
    "webinar.put_into_passes": N_("%(actor)s included %(subject)s in passes and contracts"),
    "webinar.taken_out_of_passes": N_("%(actor)s excluded %(subject)s from passes and contracts"),
    "webinar.drafted_again": N_("%(actor)s made %(subject)s a draft again"),
    "webinar.deleted": N_("%(actor)s deleted a draft"),
    "webinar.withdrawn": N_("%(actor)s withdrew %(subject)s"),
    "webinar.offer_chosen": N_("A payer of the canceled webinar %(subject)s chose: %(choice)s"),
    "webinar.postponed": N_("%(actor)s moved %(subject)s to a new date"),
    "webinar.canceled": N_("%(actor)s canceled %(subject)s"),
    "webinar.restored": N_("%(actor)s reinstated %(subject)s"),
    "webinar.instead_offered": N_(
        "%(actor)s chose what people with access to %(subject)s get instead"
    ),
    "webinar.instead_taken": N_("%(actor)s accepted %(subject)s in place of a removed webinar"),
    "webinar.pulled": N_("%(actor)s removed %(subject)s"),
}
