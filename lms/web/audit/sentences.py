"""Audit sentences: what each act in the audit log says, and where it links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from lms.core.acting_roles import ActingRole
from lms.core.errors import N_
from lms.reports.audit_log import Entry
from lms.reports.audit_subjects import Kind, Thing
from lms.requests.read_models import number_of
from lms.web.audit.order_sentences import ORDER_SENTENCES
from lms.web.audit.webinar_sentences import WEBINAR_SENTENCES

_NAMED: Final = re.compile(r"%\((\w+)\)s")
SENTENCES: Final[Mapping[str, str]] = {
    "mailing.added": N_("%(actor)s wrote the mailing %(subject)s"),
    "mailing.canceled": N_("%(actor)s canceled the mailing %(subject)s"),
    "mailing.deleted": N_("%(actor)s deleted the draft of a mailing"),
    "mailing.edited": N_("%(actor)s changed the mailing %(subject)s"),
    "mailing.scheduled": N_("%(actor)s scheduled the mailing %(subject)s"),
    "mailing.sent": N_("The mailing %(subject)s was sent"),
    "mailing.stopped": N_(
        "The mailing %(subject)s wasn't sent because its webinar had changed or was over"
    ),
    "subscription.confirmed": N_("A person subscribed to new webinars"),
    "subscription.ended": N_("%(actor)s ended a subscription to new webinars"),
    **ORDER_SENTENCES,
    "seat.claimed": N_("%(actor)s claimed a seat of %(subject)s"),
    "seat.invited": N_("%(actor)s invited a person to a seat of %(subject)s"),
    "seat.invitation_extended": N_("%(actor)s extended an invitation to %(subject)s"),
    "seat.invitation_resent": N_("%(actor)s resent an invitation to %(subject)s"),
    "seat.link_made": N_("%(actor)s created a new invitation link for a seat of %(subject)s"),
    "seat.moved": N_("%(actor)s moved a person from %(subject)s to another pool"),
    "seat.readdressed": N_("%(actor)s corrected the address of an invitation to %(subject)s"),
    "seat.reassigned": N_("%(actor)s reassigned a seat of %(subject)s"),
    "seat.refill_approved": N_("%(actor)s made a seat of %(subject)s available again"),
    "seat.released": N_("%(actor)s released a seat of %(subject)s"),
    "seat.restored": N_("%(actor)s restored a seat of %(subject)s"),
    "seats.release_begun": N_("%(actor)s started to release several seats of %(subject)s"),
    "seats.sending_begun": N_("%(actor)s started to resend several invitations to %(subject)s"),
    "seats.imported": N_("%(actor)s imported a staff list into %(pool)s"),
    **WEBINAR_SENTENCES,
    "balances.checked": N_("%(actor)s checked all balances"),
    "captions.added": N_("%(actor)s added captions: %(subject)s"),
    "captions.made_default": N_("%(actor)s made %(subject)s the default captions"),
    "captions.published": N_("%(actor)s published the captions %(subject)s"),
    "captions.unpublished": N_("%(actor)s unpublished the captions %(subject)s"),
    "captions.asked_for": N_("%(actor)s generated captions for %(subject)s"),
    "captions.put_back": N_("%(actor)s restored captions"),
    "captions.removed": N_("%(actor)s removed captions"),
    "badge_key.rotated": N_("%(actor)s changed the key that signs badges"),
    "certificate.design_changed": N_("%(actor)s changed the certificate design"),
    "certificate.issued": N_("A certificate was issued: %(subject)s"),
    "certificate.issued_by_hand": N_("%(actor)s issued a certificate: %(subject)s"),
    "certificate.corrected": N_("%(actor)s corrected the name on a certificate: %(subject)s"),
    "certificate.revoked": N_("%(actor)s revoked a certificate: %(subject)s"),
    "course.releases_confirmed": N_("%(actor)s released the seats of people who left a course"),
    "course.releases_dismissed": N_(
        "%(actor)s kept the seats of people missing from a course roster"
    ),
    "course.releases_held_back": N_(
        "%(actor)s paused the release of seats because many people left a course roster"
    ),
    "database.moved": N_("%(actor)s moved the database to PostgreSQL"),
    "deployment.approved": N_("%(actor)s connected an LMS deployment to %(organization)s"),
    "deployment.refused": N_("%(actor)s refused an LMS deployment"),
    "domain.forgotten": N_("%(actor)s removed an email domain of %(subject)s"),
    "domain.verified": N_("%(actor)s verified an email domain of %(subject)s"),
    "completions.reported": N_("%(actor)s imported completions for %(subject)s: %(rows)s"),
    "email_text.changed": N_("%(actor)s edited the email %(kind)s"),
    "email_text.reset": N_("%(actor)s reset the email %(kind)s to the default text"),
    "embed.added": N_("%(actor)s created an embed link for %(organization)s"),
    "embed.edited": N_("%(actor)s changed an embed link of %(organization)s"),
    "embed.restored": N_("%(actor)s restored an embed link of %(organization)s"),
    "embed.revoked": N_("%(actor)s revoked an embed link of %(organization)s"),
    "exemption.added": N_("%(actor)s added a tax exemption for %(subject)s"),
    "exemption.removed": N_("%(actor)s removed a tax exemption of %(subject)s"),
    "grant.grace_extended": N_("%(actor)s extended the grace period of %(subject)s"),
    "grant.host_replaced": N_("%(actor)s made %(to)s the host of %(subject)s"),
    "grant.exchanged": N_("%(actor)s exchanged the webinar of %(subject)s"),
    "grant.made": N_("%(actor)s gave access: %(subject)s"),
    "grant.revoked": N_("%(actor)s removed access: %(subject)s"),
    "grant.suspended": N_("%(actor)s paused access: %(subject)s"),
    "grant.restored": N_("%(actor)s restored access: %(subject)s"),
    "grant.renewal_sent": N_("%(actor)s emailed a link to renew %(subject)s"),
    "grant.paid": N_("%(actor)s recorded the payment for %(subject)s"),
    "handout.added": N_("%(actor)s added the handout %(subject)s"),
    "handout.put_back": N_("%(actor)s restored the handout %(subject)s"),
    "handout.stamped": N_("%(actor)s turned on stamping for downloads of %(subject)s"),
    "handout.timed": N_("%(actor)s changed the page times of %(subject)s"),
    "handout.unstamped": N_("%(actor)s turned off stamping for downloads of %(subject)s"),
    "handout.removed": N_("%(actor)s removed a handout"),
    "history.imported": N_("%(actor)s imported a list of past sales: %(brought)s"),
    "history.invited": N_("%(actor)s emailed people from past sales: %(people)s"),
    "branding.changed": N_("%(actor)s changed the branding"),
    "branding.logo_changed": N_("%(actor)s changed the logo"),
    "identity.link_asked": N_("A person in an LMS asked to link an account: %(subject)s"),
    "identity.link_turned_down": N_("A request to link %(subject)s was declined"),
    "identity.linked": N_("%(actor)s linked %(subject)s in an LMS to their account"),
    "identity.unlinked": N_("%(actor)s unlinked %(subject)s in an LMS from their account"),
    "job.canceled": N_("%(actor)s canceled the job %(subject)s"),
    "job.retried": N_("%(actor)s retried the job %(subject)s"),
    "kit.asked": N_("%(actor)s requested a delivery kit"),
    "kit.downloaded": N_("A delivery kit was downloaded"),
    "kit.link_made": N_("%(actor)s created the link to a delivery kit"),
    "kit.link_taken_back": N_("%(actor)s revoked the link to a delivery kit"),
    "kit.made": N_("A delivery kit was created"),
    "kit.withdrawn": N_("%(actor)s deleted a delivery kit"),
    "kits.allowed": N_("%(actor)s allowed delivery kits for %(subject)s"),
    "kits.forbidden": N_("%(actor)s stopped delivery kits for %(subject)s"),
    "link.closed": N_("%(actor)s turned off the shared link for %(subject)s"),
    "link.opened": N_("%(actor)s created a shared link for %(subject)s"),
    "lti.selftest_asked": N_("%(actor)s ran the LTI self-test"),
    "lti_link.rule_changed": N_("%(actor)s changed the grading rule of an LMS link"),
    "lti_link.scores_sent_again": N_("%(actor)s resent the scores of an LMS link"),
    "login.added": N_("%(actor)s created the account of %(subject)s"),
    "login.alias_added": N_("%(actor)s added an email address to %(subject)s"),
    "login.alias_removed": N_("%(actor)s removed an email address from %(subject)s"),
    "login.blocked": N_("%(actor)s blocked %(subject)s"),
    "login.confirmed": N_("%(subject)s confirmed their email address"),
    "login.details_changed": N_("%(subject)s changed their name or time zone"),
    "login.email_changed": N_("%(subject)s changed their email address"),
    "login.email_restored": N_("%(subject)s restored their previous email address"),
    "login.erased": N_("%(actor)s deleted the account of %(subject)s"),
    "login.exported": N_("%(actor)s exported the data of %(subject)s"),
    "login.merged": N_("%(actor)s merged %(subject)s into %(into)s"),
    "login.password_changed": N_("%(subject)s changed their password"),
    "login.recovery_changed": N_("%(subject)s changed their recovery address"),
    "login.recovery_codes_made": N_("%(subject)s created new recovery codes"),
    "login.role_set": N_("%(actor)s changed the team role of %(subject)s to %(role)s"),
    "login.second_factor_added": N_("%(subject)s added an authenticator app or passkey"),
    "login.second_factor_removed": N_("%(subject)s removed an authenticator app or passkey"),
    "login.second_factor_renamed": N_("%(subject)s renamed an authenticator app or passkey"),
    "login.second_factors_reset": N_("%(actor)s turned off two-step sign-in for %(subject)s"),
    "login.set_password_sent": N_("%(actor)s emailed %(subject)s a link to set a password"),
    "login.sign_in_sent": N_("%(actor)s emailed %(subject)s how to sign in"),
    "login.unblocked": N_("%(actor)s unblocked %(subject)s"),
    "login.unmerged": N_("%(actor)s separated %(subject)s from %(from)s"),
    "mail.bounced": N_("The email %(subject)s bounced"),
    "mail.resent": N_("%(actor)s resent the email %(subject)s"),
    "membership.asked": N_("%(actor)s invited %(login)s to %(subject)s as %(role)s"),
    "membership.declined": N_("%(actor)s declined to join %(subject)s"),
    "membership.withdrawn": N_("%(actor)s withdrew the invitation of %(login)s to %(subject)s"),
    "membership.set": N_("%(actor)s made %(login)s %(role)s of %(subject)s"),
    "membership.groups_set": N_(
        "%(actor)s chose the groups of %(subject)s that %(login)s supervises"
    ),
    "membership.removed": N_("%(actor)s removed %(login)s from %(subject)s"),
    "organization.added": N_("%(actor)s added the organization %(subject)s"),
    "organization.billing_edited": N_("%(actor)s changed the billing details of %(subject)s"),
    "organization.edited": N_("%(actor)s changed the organization %(subject)s"),
    "organization.merged": N_("%(actor)s merged %(subject)s into %(with)s"),
    "organization.notes_edited": N_("%(actor)s changed the notes on %(subject)s"),
    "organization.verified": N_("%(actor)s marked %(subject)s as a new organization"),
    "organization.took_in": N_("%(actor)s merged %(with)s into %(subject)s"),
    "organization.unmerged": N_("%(actor)s separated %(subject)s and %(with)s"),
    "people_map.applied": N_("%(actor)s merged people of an old and a new LMS"),
    "people_map.begun": N_("%(actor)s started an LMS migration for %(organization)s"),
    "people_map.discarded": N_("%(actor)s discarded an LMS migration"),
    "people_map.pair_undone": N_("%(actor)s undid one merge of an LMS migration"),
    "people_map.undone": N_("%(actor)s undid an LMS migration"),
    "policy.draft_discarded": N_("%(actor)s discarded the draft of a policy"),
    "policy.draft_saved": N_("%(actor)s saved the draft of a policy"),
    "policy.published": N_("%(actor)s published version %(version)s of a policy"),
    "pool.allotted": N_("%(actor)s allotted seats to %(subject)s"),
    "pool.leavers_chosen": N_(
        "%(actor)s chose whose seats to release when %(subject)s gets smaller"
    ),
    "pool.made": N_("%(actor)s created the pool %(subject)s"),
    "pool.policy_set": N_("%(actor)s changed who can claim a seat of %(subject)s"),
    "pool.purpose_set": N_("%(actor)s chose who the seats of %(subject)s are for"),
    "pool.reallotted": N_("%(actor)s changed the number of seats allotted to %(subject)s"),
    "pool.renewed": N_("%(actor)s renewed %(subject)s"),
    "presenter.added": N_("%(actor)s added the presenter %(subject)s"),
    "presenter.edited": N_("%(actor)s changed the presenter %(subject)s"),
    "presenter.picture_changed": N_("%(actor)s changed the picture of %(subject)s"),
    "presenter.removed": N_("%(actor)s removed a presenter"),
    "presenter.prices_set": N_("%(actor)s set the prices of webinars with %(subject)s"),
    "prices.set": N_("%(actor)s set the prices"),
    "recording.made_current": N_("%(actor)s changed the current version of %(subject)s"),
    "recording.put_back": N_("%(actor)s restored a version of %(subject)s"),
    "recording.removed": N_("%(actor)s deleted a version of %(subject)s"),
    "recording.added": N_("%(actor)s uploaded %(subject)s"),
    "recording.poster_changed": N_("%(actor)s changed the picture of %(subject)s"),
    "recording.reencoded": N_("%(actor)s processed %(subject)s again"),
    "recording.slides_edited": N_("%(actor)s changed the slides of %(subject)s"),
    "registration.added": N_("%(actor)s registered an LMS"),
    "registration.approved": N_("%(actor)s approved an LMS"),
    "registration.disabled": N_("%(actor)s turned off an LMS"),
    "registration.awaits_approval": N_("An LMS changed its URLs and needs approval"),
    "registration.invited": N_("%(actor)s created an LMS registration link for %(organization)s"),
    "registration.invite_withdrawn": N_("%(actor)s revoked an LMS registration link"),
    "registration.edited": N_("%(actor)s changed the settings of an LMS connection"),
    "request.address_corrected": N_(
        "The email address on the request from %(subject)s was corrected"
    ),
    "request.asked": N_("%(subject)s sent a request"),
    "request.declined": N_("%(actor)s declined the request from %(subject)s"),
    "request.done": N_("%(actor)s closed the request from %(subject)s"),
    "request.noted": N_("%(actor)s added a note to the request from %(subject)s"),
    "request.reopened": N_("%(actor)s reopened the request from %(subject)s"),
    "request.taken": N_("%(actor)s assigned the request from %(subject)s"),
    "sales_text.saved": N_("%(actor)s changed the sales copy"),
    "secret_key.changed": N_("%(actor)s changed the secret key"),
    "seller.changed": N_("%(actor)s changed the seller settings: %(fields)s"),
    "series.added": N_("%(actor)s added the series %(subject)s"),
    "series.by_date": N_("%(actor)s sorted the series %(subject)s by date"),
    "series.edited": N_("%(actor)s changed the series %(subject)s"),
    "series.ordered": N_("%(actor)s changed the order of the series %(subject)s"),
    "series.prices_set": N_("%(actor)s set the prices of the series %(subject)s"),
    "series.removed": N_("%(actor)s removed a series"),
    "showing.closed": N_("%(actor)s ended the group viewing %(subject)s"),
    "showing.opened": N_("%(actor)s started the group viewing %(subject)s"),
    "showing.person_corrected": N_(
        "%(actor)s corrected a name on the attendance list of %(subject)s"
    ),
    "showing.person_entered": N_("%(actor)s added people to the attendance list of %(subject)s"),
    "showing.person_removed": N_(
        "%(actor)s removed a person from the attendance list of %(subject)s"
    ),
    "sign_in.opened": N_("%(actor)s signed in: %(subject)s"),
    "sign_in.second_step_asked": N_("%(actor)s was asked for two-step sign-in: %(subject)s"),
    "signing_key.rotated": N_("%(actor)s changed the LTI signing key"),
    "tax_rule.added": N_("%(actor)s added a tax rule"),
    "tax_rule.ended": N_("%(actor)s ended a tax rule"),
    "vendor_document.added": N_("%(actor)s added the vendor document %(subject)s"),
    "vendor_document.changed": N_("%(actor)s changed the vendor document %(subject)s"),
    "vendor_document.replaced": N_(
        "%(actor)s replaced the file of the vendor document %(subject)s"
    ),
    "vendor_document.withdrawn": N_("%(actor)s withdrew the vendor document %(subject)s"),
    "waiting.joined": N_("%(actor)s joined a waitlist"),
    "waiting.removed": N_("%(actor)s removed a person from a waitlist"),
    "training.assigned": N_("%(actor)s assigned training to %(people)s people at %(subject)s"),
    "training.group_changed": N_("%(actor)s changed a training group of %(subject)s"),
    "training.group_dropped": N_("%(actor)s deleted a training group of %(subject)s"),
    "training.group_made": N_("%(actor)s created a training group of %(subject)s"),
    "training.moved": N_("%(actor)s changed the due date of training at %(subject)s"),
    "training.withdrawn": N_("%(actor)s withdrew training at %(subject)s"),
}
_OF: Final[Mapping[Kind, str]] = {
    Kind.ALIAS: N_("%(name)s"),
    Kind.SIGN_IN: N_("%(name)s"),
    Kind.RECORDING: N_("the recording of %(of)s"),
    Kind.HANDOUT: N_("%(name)s of %(of)s"),
    Kind.CAPTION: N_("%(name)s of %(of)s"),
    Kind.GRANT: N_("%(name)s for %(of)s"),
    Kind.POOL_GRANT: N_("%(name)s for %(of)s"),
    Kind.POOL: N_("%(of)s, %(name)s"),
    Kind.SEAT: N_("%(of)s, %(name)s"),
    Kind.LINK: N_("%(of)s, %(name)s"),
    Kind.SHOWING: N_("of %(of)s by %(name)s"),
    Kind.ORDER: N_("order %(name)s for %(of)s"),
    Kind.DOCUMENT: N_("%(name)s for %(of)s"),
    Kind.PAYMENT: N_("a payment from %(of)s"),
    Kind.REFUND: N_("a refund to %(of)s"),
}
ROLE_WORDS: Final[Mapping[str, str]] = {
    "owner": N_("owner"),
    "manager": N_("manager"),
    "supervisor": N_("supervisor"),
    "billing": N_("billing"),
    "lms_admin": N_("LMS admin"),
    "member": N_("member"),
    "staff": N_("staff"),
    "bookkeeper": N_("bookkeeper"),
}
NO_ACTOR: Final[Mapping[ActingRole, str]] = {
    ActingRole.COMMAND_LINE: N_("An operator"),
    ActingRole.JOB: N_("A background job"),
    ActingRole.LMS: N_("An LMS"),
}
A_VISITOR: Final = N_("A visitor")
_PERSON: Final = ("staff_people.person", "login_id")
_ORGANIZATION: Final = ("staff_organizations.organization", "slug")
_WEBINAR: Final = ("staff_webinars.show", "slug")
_ORDER: Final = ("staff_order.show", "order_id")
_PLACES: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.LOGIN: _PERSON,
    Kind.ALIAS: _PERSON,
    Kind.SIGN_IN: _PERSON,
    Kind.GRANT: _PERSON,
    Kind.ORGANIZATION: _ORGANIZATION,
    Kind.POOL_GRANT: _ORGANIZATION,
    Kind.POOL: _ORGANIZATION,
    Kind.SEAT: _ORGANIZATION,
    Kind.LINK: _ORGANIZATION,
    Kind.SHOWING: _WEBINAR,
    Kind.WEBINAR: _WEBINAR,
    Kind.RECORDING: _WEBINAR,
    Kind.HANDOUT: _WEBINAR,
    Kind.CAPTION: _WEBINAR,
    Kind.PRESENTER: ("staff_presenters.edit", "presenter_id"),
    Kind.SERIES: ("staff_series.edit", "series_id"),
    Kind.ORDER: _ORDER,
    Kind.DOCUMENT: ("documents.show", "document_id"),
    Kind.PAYMENT: _ORDER,
    Kind.REFUND: _ORDER,
    Kind.REQUEST: ("staff_requests.show", "request_id"),
    Kind.JOB: ("staff_jobs.job", "job_id"),
    Kind.CERTIFICATE: ("staff_certificates.show", "public_id"),
    Kind.VENDOR_DOCUMENT: ("staff_vendor_documents.edit", "document_id"),
    Kind.MAILING: ("staff_mailings.show", "mailing_id"),
}
_COVERS: Final = (Kind.GRANT, Kind.POOL_GRANT, Kind.POOL, Kind.SEAT, Kind.LINK)


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as a sentence: with links for the page, and as plain text for a file."""

    sentence: Markup
    text: str


def tell(entry: Entry) -> Told:
    """Return an entry as a sentence."""
    message = _(SENTENCES.get(entry.act) or N_("%(actor)s, %(act)s: %(subject)s"))
    linked: dict[str, Markup] = {"act": escape(act_words(entry.act))}
    plain: dict[str, str] = {"act": act_words(entry.act)}
    for key, value in (
        *entry.detail.items(),
        ("actor", entry.actor_id),
        ("subject", entry.subject_id),
    ):
        thing = entry.things.get(value) if isinstance(value, str) else None
        plain[key] = _plain(key, value, thing, entry.role)
        url = thing_url(thing) if thing else None
        linked[key] = (
            Markup('<a href="{}">{}</a>').format(url, plain[key]) if url else escape(plain[key])
        )
    for key in _NAMED.findall(message):  # values that older entries of this act don't have
        plain.setdefault(key, _("someone"))
        linked.setdefault(key, escape(plain[key]))
    return Told(Markup(message) % linked, message % plain)  # noqa: S704  (our own sentence)


def act_words(act: str) -> str:
    """Return the words of an act that has no sentence: `seat.claimed` is "seat claimed"."""
    return act.replace(".", " ").replace("_", " ")


def thing_name(thing: Thing) -> str:
    """Return the name of a thing that an entry refers to."""
    name = thing.name or (_("every webinar") if thing.kind in _COVERS else "")
    message = _OF.get(thing.kind) if name != thing.of else None
    if thing.kind is Kind.ORDER:
        name = number_of(thing.id)
    elif thing.kind is Kind.PAYMENT and name:
        message = N_("check %(name)s from %(of)s")
    return _(message, name=name, of=thing.of) if message else name


def thing_url(thing: Thing) -> str | None:
    """Return the staff page of a thing, or None."""
    place = _PLACES.get(thing.kind)
    if place is None or not thing.ref:
        return None
    endpoint, by = place
    named: dict[str, Any] = {by: thing.ref}
    return url_for(endpoint, **named)


def _plain(key: str, value: object, thing: Thing | None, role: ActingRole) -> str:
    if thing is not None:
        return thing_name(thing)
    if key == "actor":
        return _(NO_ACTOR.get(role, A_VISITOR)) if value is None else _("A deleted account")
    if key == "role":
        words = ROLE_WORDS.get(str(value))
        return _(words) if words else _("none")
    if key == "subject":
        return _("deleted (%(id)s)", id=str(value))
    return str(value)
