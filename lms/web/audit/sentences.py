"""Audit sentences: what each act in the audit trail says, and where it links."""

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

_NAMED: Final = re.compile(r"%\((\w+)\)s")
SENTENCES: Final[Mapping[str, str]] = {
    **ORDER_SENTENCES,
    "captions.added": N_("%(actor)s added captions: %(subject)s"),
    "captions.made_default": N_("%(actor)s made %(subject)s the captions that come first"),
    "captions.published": N_("%(actor)s showed the captions %(subject)s"),
    "captions.unpublished": N_("%(actor)s took the captions %(subject)s away from viewers"),
    "captions.asked_for": N_("%(actor)s had captions of %(subject)s written by a program"),
    "captions.put_back": N_("%(actor)s put back captions"),
    "captions.removed": N_("%(actor)s removed captions"),
    "badge_key.rotated": N_("%(actor)s let a new key sign badges"),
    "certificate.design_changed": N_("%(actor)s changed how certificates look"),
    "certificate.issued": N_("A certificate was issued: %(subject)s"),
    "certificate.issued_by_hand": N_("%(actor)s issued a certificate by hand: %(subject)s"),
    "certificate.corrected": N_("%(actor)s corrected the name on a certificate: %(subject)s"),
    "certificate.revoked": N_("%(actor)s revoked a certificate: %(subject)s"),
    "course.releases_confirmed": N_("%(actor)s let seats go that a course's list no longer names"),
    "course.releases_dismissed": N_("%(actor)s kept the seats that a course's list didn't name"),
    "course.releases_held_back": N_("%(actor)s kept back the release of seats: a list came short"),
    "deployment.approved": N_(
        "%(actor)s let a learning system show the library of %(organization)s"
    ),
    "deployment.refused": N_("%(actor)s refused launches from an institution's learning system"),
    "domain.forgotten": N_("%(actor)s took a mail domain from %(subject)s"),
    "domain.verified": N_("%(actor)s verified a mail domain of %(subject)s"),
    "completions.reported": N_(
        "%(actor)s took in completions from elsewhere of %(subject)s: %(rows)s"
    ),
    "embed.added": N_("%(actor)s made an embed link of %(organization)s"),
    "embed.edited": N_("%(actor)s changed an embed link of %(organization)s"),
    "embed.restored": N_("%(actor)s put back an embed link of %(organization)s"),
    "embed.revoked": N_("%(actor)s took back an embed link of %(organization)s"),
    "exemption.added": N_("%(actor)s added a tax exemption of %(subject)s"),
    "exemption.removed": N_("%(actor)s removed a tax exemption of %(subject)s"),
    "grant.grace_extended": N_("%(actor)s extended the grace of %(subject)s"),
    "grant.host_replaced": N_("%(actor)s made %(to)s the host of %(subject)s"),
    "grant.exchanged": N_("%(actor)s exchanged what %(subject)s is for"),
    "grant.made": N_("%(actor)s gave access: %(subject)s"),
    "grant.revoked": N_("%(actor)s took access back: %(subject)s"),
    "grant.suspended": N_("%(actor)s paused access: %(subject)s"),
    "grant.restored": N_("%(actor)s restored access: %(subject)s"),
    "grant.paid": N_("%(actor)s noted the payment for %(subject)s"),
    "handout.added": N_("%(actor)s added the handout %(subject)s"),
    "handout.put_back": N_("%(actor)s put back the handout %(subject)s"),
    "handout.stamped": N_("%(actor)s lets downloads of %(subject)s be stamped"),
    "handout.timed": N_("%(actor)s said when pages of %(subject)s are seen"),
    "handout.unstamped": N_("%(actor)s lets downloads of %(subject)s be as they are"),
    "handout.removed": N_("%(actor)s removed a handout"),
    "history.imported": N_("%(actor)s brought in a list of past sales: %(brought)s"),
    "history.invited": N_("%(actor)s had letters written to people brought in: %(people)s"),
    "branding.changed": N_("%(actor)s changed what the house says of itself"),
    "branding.logo_changed": N_("%(actor)s changed the house's logo"),
    "identity.link_asked": N_(
        "Somebody in a learning system asked to be linked to a log-in: %(subject)s"
    ),
    "identity.link_turned_down": N_("A letter that would have linked %(subject)s was turned down"),
    "identity.linked": N_("%(actor)s linked themselves to %(subject)s of a learning system"),
    "identity.unlinked": N_("%(actor)s took the link to %(subject)s of a learning system back"),
    "job.canceled": N_("%(actor)s canceled the job %(subject)s"),
    "job.retried": N_("%(actor)s tried the job %(subject)s again"),
    "kit.asked": N_("%(actor)s asked for a delivery kit"),
    "kit.downloaded": N_("A delivery kit was fetched by its link"),
    "kit.link_made": N_("%(actor)s made the link of a delivery kit"),
    "kit.link_taken_back": N_("%(actor)s took back the link of a delivery kit"),
    "kit.made": N_("A delivery kit was made"),
    "kit.withdrawn": N_("%(actor)s removed a delivery kit"),
    "kits.allowed": N_("%(actor)s allowed %(subject)s to take delivery kits"),
    "kits.forbidden": N_("%(actor)s allows %(subject)s no more delivery kits"),
    "link.closed": N_("%(actor)s closed the open link of %(subject)s"),
    "link.opened": N_("%(actor)s opened a link to %(subject)s"),
    "lti.selftest_asked": N_("%(actor)s had the LTI self-test played"),
    "lti_link.rule_changed": N_("%(actor)s changed what an activity reports to its gradebook"),
    "lti_link.scores_sent_again": N_("%(actor)s sent the scores of an activity again"),
    "login.added": N_("%(actor)s made the log-in of %(subject)s"),
    "login.alias_added": N_("%(actor)s gave %(subject)s a further address"),
    "login.alias_removed": N_("%(actor)s took a further address from %(subject)s"),
    "login.blocked": N_("%(actor)s blocked %(subject)s"),
    "login.confirmed": N_("%(subject)s confirmed their address"),
    "login.details_changed": N_("%(subject)s changed their name or time zone"),
    "login.email_changed": N_("%(subject)s moved to another address"),
    "login.email_restored": N_("%(subject)s took their old address back"),
    "login.erased": N_("%(actor)s erased %(subject)s"),
    "login.exported": N_("%(actor)s gave out a copy of what is kept of %(subject)s"),
    "login.merged": N_("%(actor)s merged %(subject)s into %(into)s"),
    "login.password_changed": N_("%(subject)s changed their password"),
    "login.recovery_changed": N_("%(subject)s changed their recovery address"),
    "login.recovery_codes_made": N_("%(subject)s made new recovery codes"),
    "login.role_set": N_("%(actor)s changed the role of %(subject)s on the team to %(role)s"),
    "login.second_factor_added": N_("%(subject)s added an authenticator app or passkey"),
    "login.second_factor_removed": N_("%(subject)s removed an authenticator app or passkey"),
    "login.second_factor_renamed": N_("%(subject)s renamed an authenticator app or passkey"),
    "login.second_factors_reset": N_("%(actor)s turned off two-step sign-in for %(subject)s"),
    "login.set_password_sent": N_("%(actor)s sent %(subject)s the link for choosing a password"),
    "login.sign_in_sent": N_("%(actor)s sent %(subject)s the way to sign in"),
    "login.unblocked": N_("%(actor)s unblocked %(subject)s"),
    "login.unmerged": N_("%(actor)s parted %(subject)s from %(from)s again"),
    "mail.bounced": N_("The mail %(subject)s came back"),
    "mail.resent": N_("%(actor)s sent the mail %(subject)s again"),
    "membership.asked": N_("%(actor)s asked %(login)s to be %(role)s of %(subject)s"),
    "membership.declined": N_("%(actor)s did not want to belong to %(subject)s"),
    "membership.withdrawn": N_("%(actor)s no longer asks %(login)s to belong to %(subject)s"),
    "membership.set": N_("%(actor)s made %(login)s %(role)s of %(subject)s"),
    "membership.groups_set": N_(
        "%(actor)s chose which groups of %(subject)s %(login)s sees as a supervisor"
    ),
    "membership.removed": N_("%(actor)s removed %(login)s from %(subject)s"),
    "organization.added": N_("%(actor)s added the organization %(subject)s"),
    "organization.billing_edited": N_("%(actor)s changed the billing details of %(subject)s"),
    "organization.edited": N_("%(actor)s changed the organization %(subject)s"),
    "organization.merged": N_("%(actor)s merged %(subject)s into %(with)s"),
    "organization.notes_edited": N_("%(actor)s changed the notes on %(subject)s"),
    "organization.verified": N_("%(actor)s checked that %(subject)s is new"),
    "organization.took_in": N_("%(actor)s merged %(with)s into %(subject)s"),
    "organization.unmerged": N_("%(actor)s undid the merge of %(subject)s with %(with)s"),
    "people_map.applied": N_("%(actor)s made people of an old and a new learning system one"),
    "people_map.begun": N_(
        "%(actor)s began to map people of %(organization)s to a new learning system"
    ),
    "people_map.discarded": N_("%(actor)s threw away a map of people to a new learning system"),
    "people_map.pair_undone": N_("%(actor)s took one pair of a map of people back"),
    "people_map.undone": N_("%(actor)s took a map of people to a new learning system back"),
    "policy.draft_discarded": N_("%(actor)s discarded the draft of a policy"),
    "policy.draft_saved": N_("%(actor)s saved the draft of a policy"),
    "policy.published": N_("%(actor)s published version %(version)s of a policy"),
    "pool.allotted": N_("%(actor)s allotted seats to %(subject)s"),
    "pool.leavers_chosen": N_("%(actor)s chose who leaves %(subject)s when it gets smaller"),
    "pool.made": N_("%(actor)s made the pool %(subject)s"),
    "pool.policy_set": N_("%(actor)s changed who may take a seat of %(subject)s"),
    "pool.purpose_set": N_("%(actor)s said who the seats of %(subject)s are for"),
    "pool.reallotted": N_("%(actor)s changed how many seats %(subject)s is allotted"),
    "pool.renewed": N_("%(actor)s renewed %(subject)s"),
    "presenter.added": N_("%(actor)s added the presenter %(subject)s"),
    "presenter.edited": N_("%(actor)s changed the presenter %(subject)s"),
    "presenter.picture_changed": N_("%(actor)s changed the picture of %(subject)s"),
    "presenter.removed": N_("%(actor)s removed a presenter"),
    "presenter.prices_set": N_("%(actor)s set the prices of webinars with %(subject)s"),
    "prices.set": N_("%(actor)s set the prices"),
    "recording.made_current": N_("%(actor)s let another version play: %(subject)s"),
    "recording.put_back": N_("%(actor)s put back a version of %(subject)s"),
    "recording.removed": N_("%(actor)s deleted a version of %(subject)s"),
    "recording.added": N_("%(actor)s uploaded %(subject)s"),
    "recording.poster_changed": N_("%(actor)s changed the picture of %(subject)s"),
    "recording.reencoded": N_("%(actor)s had %(subject)s prepared again"),
    "recording.slides_edited": N_("%(actor)s changed the slides of %(subject)s"),
    "registration.added": N_("%(actor)s registered a learning system"),
    "registration.approved": N_("%(actor)s took a learning system into use"),
    "registration.disabled": N_("%(actor)s stopped the launches of a learning system"),
    "registration.awaits_approval": N_(
        "A learning system moved to other addresses and waits for approval"
    ),
    "registration.invited": N_(
        "%(actor)s made a link by which a learning system of %(organization)s registers itself"
    ),
    "registration.invite_withdrawn": N_("%(actor)s withdrew a link for a learning system"),
    "registration.edited": N_("%(actor)s changed what is agreed with a learning system"),
    "request.address_corrected": N_("The address of the request of %(subject)s was corrected"),
    "request.asked": N_("%(subject)s sent a request to the desk"),
    "request.declined": N_("%(actor)s declined the request of %(subject)s"),
    "request.done": N_("%(actor)s finished the request of %(subject)s"),
    "request.noted": N_("%(actor)s wrote a note on the request of %(subject)s"),
    "request.reopened": N_("%(actor)s reopened the request of %(subject)s"),
    "request.taken": N_("%(actor)s took the request of %(subject)s in hand"),
    "seat.claimed": N_("%(actor)s claimed a seat of %(subject)s"),
    "seat.invited": N_("%(actor)s invited somebody to a seat of %(subject)s"),
    "seat.invitation_resent": N_("%(actor)s sent an invitation to %(subject)s again"),
    "seat.link_made": N_("%(actor)s made a fresh claim link for a seat of %(subject)s"),
    "seat.moved": N_("%(actor)s moved a person from a seat of %(subject)s to another pool"),
    "seat.readdressed": N_("%(actor)s corrected the address of an invitation to %(subject)s"),
    "seat.reassigned": N_("%(actor)s gave a seat of %(subject)s to somebody else"),
    "seat.refill_approved": N_("%(actor)s let a seat of %(subject)s be filled again"),
    "seat.released": N_("%(actor)s released a seat of %(subject)s"),
    "seat.restored": N_("%(actor)s put a seat of %(subject)s back as it was"),
    "seats.release_begun": N_("%(actor)s began to release many seats of %(subject)s"),
    "seats.sending_begun": N_("%(actor)s began to send many invitations of %(subject)s again"),
    "seats.imported": N_("%(actor)s applied a staff list to %(pool)s"),
    "seller.changed": N_("%(actor)s changed the seller settings: %(fields)s"),
    "series.added": N_("%(actor)s added the series %(subject)s"),
    "series.by_date": N_("%(actor)s let the series %(subject)s follow its dates"),
    "series.edited": N_("%(actor)s changed the series %(subject)s"),
    "series.ordered": N_("%(actor)s changed the order of the series %(subject)s"),
    "series.prices_set": N_("%(actor)s set the prices of the series %(subject)s"),
    "series.removed": N_("%(actor)s removed a series"),
    "showing.closed": N_("%(actor)s closed the showing %(subject)s"),
    "showing.opened": N_("%(actor)s opened the showing %(subject)s"),
    "showing.person_corrected": N_(
        "%(actor)s mended a name on the roster of the showing %(subject)s"
    ),
    "showing.person_entered": N_(
        "%(actor)s entered people on the roster of the showing %(subject)s"
    ),
    "showing.person_removed": N_(
        "%(actor)s took a person off the roster of the showing %(subject)s"
    ),
    "sign_in.opened": N_("%(actor)s signed in: %(subject)s"),
    "sign_in.second_step_asked": N_("%(actor)s was asked for the second step: %(subject)s"),
    "signing_key.rotated": N_("%(actor)s let the next key sign to learning systems"),
    "tax_rule.added": N_("%(actor)s added a tax rule"),
    "tax_rule.ended": N_("%(actor)s ended a tax rule"),
    "vendor_document.added": N_("%(actor)s added the vendor document %(subject)s"),
    "vendor_document.changed": N_("%(actor)s changed the vendor document %(subject)s"),
    "vendor_document.replaced": N_(
        "%(actor)s replaced the file of the vendor document %(subject)s"
    ),
    "vendor_document.withdrawn": N_("%(actor)s withdrew the vendor document %(subject)s"),
    "waiting.joined": N_("%(actor)s joined a waiting list"),
    "waiting.removed": N_("%(actor)s took somebody off a waiting list"),
    "training.assigned": N_("%(actor)s assigned training to %(people)s people of %(subject)s"),
    "training.group_changed": N_("%(actor)s changed a group for training of %(subject)s"),
    "training.group_dropped": N_("%(actor)s dissolved a group for training of %(subject)s"),
    "training.group_made": N_("%(actor)s made a group for training of %(subject)s"),
    "training.moved": N_("%(actor)s changed when training of %(subject)s is due"),
    "training.withdrawn": N_("%(actor)s withdrew training of %(subject)s"),
    "webinar.added": N_("%(actor)s began the webinar %(subject)s"),
    "webinar.edited": N_("%(actor)s changed the webinar %(subject)s"),
    "webinar.registered": N_("%(actor)s registered for %(subject)s"),
    "webinar.registration_moved": N_(
        "%(actor)s moved a registration of %(subject)s to another one"
    ),
    "webinar.registration_moved_back": N_("%(actor)s moved a registration back to %(subject)s"),
    "webinar.report_imported": N_(
        "%(actor)s brought in who was in the room of %(subject)s: %(people)s"
    ),
    "webinar.participant_matched": N_("%(actor)s said who somebody in the room of %(subject)s was"),
    "webinar.participant_ignored": N_("%(actor)s left out somebody in the room of %(subject)s"),
    "webinar.minutes_by_report": N_(
        "%(actor)s let the minutes of the room's report count for somebody in %(subject)s"
    ),
    "webinar.participant_put_back": N_(
        "%(actor)s took back who somebody in the room of %(subject)s was"
    ),
    "webinar.left": N_("%(actor)s said that they won't come to %(subject)s"),
    "webinar.attendance_noted": N_("%(actor)s noted who attended %(subject)s: %(people)s"),
    "webinar.certificate_rule_changed": N_(
        "%(actor)s changed what earns the certificate of %(subject)s"
    ),
    "webinar.credit_confirmed": N_("%(actor)s let %(subject)s credit %(minutes)s minutes"),
    "webinar.published": N_("%(actor)s announced %(subject)s"),
    "webinar.prices_set": N_("%(actor)s set the prices of %(subject)s"),
    "webinar.put_into_passes": N_("%(actor)s included %(subject)s in passes and contracts"),
    "webinar.taken_out_of_passes": N_("%(actor)s took %(subject)s out of passes and contracts"),
    "webinar.withdrawn": N_("%(actor)s withdrew %(subject)s"),
    "webinar.offer_chosen": N_("A payer of the canceled webinar %(subject)s chose: %(choice)s"),
    "webinar.postponed": N_("%(actor)s moved %(subject)s to another date"),
    "webinar.canceled": N_("%(actor)s canceled %(subject)s"),
    "webinar.restored": N_("%(actor)s restored %(subject)s"),
    "webinar.instead_offered": N_("%(actor)s said what holders of %(subject)s get instead"),
    "webinar.instead_taken": N_("%(actor)s took %(subject)s for one that was taken down"),
    "webinar.pulled": N_("%(actor)s pulled %(subject)s"),
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
}
_COVERS: Final = (Kind.GRANT, Kind.POOL_GRANT, Kind.POOL, Kind.SEAT, Kind.LINK)


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as a sentence: with links for the page, and plain for a file."""

    sentence: Markup
    text: str


def tell(entry: Entry) -> Told:
    """Say an entry in one sentence."""
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
    for key in _NAMED.findall(message):  # what an older entry of the act did not name yet
        plain.setdefault(key, _("somebody"))
        linked.setdefault(key, escape(plain[key]))
    return Told(Markup(message) % linked, message % plain)  # noqa: S704  (our own sentence)


def act_words(act: str) -> str:
    """Return an act that has no sentence as words: `seat.claimed` is "seat claimed"."""
    return act.replace(".", " ").replace("_", " ")


def thing_name(thing: Thing) -> str:
    """Name something."""
    name = thing.name or (_("every webinar") if thing.kind in _COVERS else "")
    message = _OF.get(thing.kind) if name != thing.of else None
    if thing.kind is Kind.ORDER:
        name = number_of(thing.id)
    elif thing.kind is Kind.PAYMENT and name:
        message = N_("check %(name)s from %(of)s")
    return _(message, name=name, of=thing.of) if message else name


def thing_url(thing: Thing) -> str | None:
    """Return the staff's page that shows something."""
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
        return _(NO_ACTOR.get(role, A_VISITOR)) if value is None else _("Somebody who is gone")
    if key == "role":
        words = ROLE_WORDS.get(str(value))
        return _(words) if words else _("none")
    if key == "subject":
        return _("something that is gone (%(id)s)", id=str(value))
    return str(value)
