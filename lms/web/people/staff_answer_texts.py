"""What staff see about a caller: the access decision in their words, sign-ins, and the player."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from lms.access.policy import Action, Code, Decision, GrantFacts, Way, WebinarFacts
from lms.core.dates_and_time_zones import last_moment, say_date, say_datetime, say_datetime_short
from lms.core.errors import N_
from lms.models.accounts import EmailPurpose
from lms.models.catalog import WebinarState
from lms.models.playback import PlaybackEnd
from lms.people.access_diagnosis import Caller
from lms.people.caller_facts import LastPlayback, LastSecret, LastSignIn

ACTIONS: Final = {
    Action.RECORDING: N_("Watch the recording"),
    Action.LIVE: N_("Join live"),
    Action.HANDOUT: N_("Download the handouts"),
    Action.CERTIFICATE: N_("Get the certificate"),
}
CODE_WORDS: Final[Mapping[Code, str]] = {
    Code.OK_PERMANENT: N_("Permanent access"),
    Code.OK_FREE: N_("Free webinar"),
    Code.OK_TERM: N_("Access until a date"),
    Code.OK_GRACE: N_("Grace period"),
    Code.INVITE_NOT_CLAIMED: N_("Invitation not accepted"),
    Code.SEAT_CLAIMABLE: N_("Seat available"),
    Code.PAYMENT_PENDING: N_("Order not paid"),
    Code.PAYMENT_OVERDUE: N_("On hold until paid"),
    Code.POOL_FULL_WAITLISTED: N_("On the waitlist"),
    Code.NOT_STARTED: N_("Access not started"),
    Code.LIVE_NOT_OPEN: N_("Live session not open"),
    Code.RECORDING_NOT_READY: N_("Recording not ready"),
    Code.LIVE_OVER: N_("Live session over"),
    Code.HELD_AFTER_TERM: N_("Held after the pass ends"),
    Code.CONTRACT_LAPSED: N_("Contract ended"),
    Code.PASS_EXPIRED: N_("Pass ended"),
    Code.SEAT_RELEASED: N_("Seat released"),
    Code.SUSPENDED_DISPUTE: N_("Payment disputed"),
    Code.REFUNDED: N_("Refunded"),
    Code.REVOKED: N_("Access revoked"),
    Code.NO_GRANT: N_("No access"),
    Code.ACCOUNT_BLOCKED: N_("Account blocked"),
    Code.WEBINAR_PULLED: N_("Webinar removed"),
}
# For a person's own access, or none.
_OWN: Final[Mapping[Code, str]] = {
    Code.OK_PERMANENT: N_("They can watch. They have permanent access."),
    Code.OK_FREE: N_("They can watch. The webinar is free, and they only need to sign in."),
    Code.OK_TERM: N_("They can watch. They have access until %(until)s."),
    Code.OK_GRACE: N_("Their access ended %(until)s. They can watch until %(grace)s."),
    Code.PAYMENT_PENDING: N_("Their order isn't paid. They get access when it's paid."),
    Code.PAYMENT_OVERDUE: N_(
        "Our team put their access on hold on %(held)s because their order isn't paid. They "
        "get it back when it's paid."
    ),
    Code.NOT_STARTED: N_("Their access starts %(starts)s."),
    Code.LIVE_NOT_OPEN: N_("They have access and can join starting one hour before the webinar."),
    Code.RECORDING_NOT_READY: N_(
        "They have access, but the recording isn't ready yet. We'll email them when it is."
    ),
    Code.LIVE_OVER: N_("The live session is over."),
    Code.HELD_AFTER_TERM: N_("Their pass ends %(until)s, before this webinar."),
    Code.PASS_EXPIRED: N_("Their pass ended %(until)s."),
    Code.SUSPENDED_DISPUTE: N_("Their access is paused during a payment dispute."),
    Code.REFUNDED: N_("Their access ended %(revoked)s with a refund."),
    Code.REVOKED: N_("Our team revoked their access on %(revoked)s."),
    Code.NO_GRANT: N_(
        "They don't have access. They have no purchase, pass, or seat for this webinar."
    ),
    Code.ACCOUNT_BLOCKED: N_("Their account is blocked."),
    Code.WEBINAR_PULLED: N_("This webinar was removed for everyone."),
}
# For access through an organization, where the sentence differs.
_POOL: Final[Mapping[Code, str]] = {
    Code.OK_PERMANENT: N_("They can watch. They have a seat from %(organization)s."),
    Code.OK_TERM: N_("They can watch. They have a seat from %(organization)s until %(until)s."),
    Code.OK_GRACE: N_(
        "The contract for %(organization)s ended %(until)s. They can watch until %(grace)s."
    ),
    Code.INVITE_NOT_CLAIMED: N_(
        "They haven't accepted their invitation from %(organization)s. It expires %(expires)s."
    ),
    Code.SEAT_CLAIMABLE: N_(
        "%(organization)s has an available seat, which they can claim on the webinar's page."
    ),
    Code.PAYMENT_PENDING: N_(
        "The order from %(organization)s isn't paid. They get access when it's paid."
    ),
    Code.PAYMENT_OVERDUE: N_(
        "Our team put access for %(organization)s on hold on %(held)s because its order "
        "isn't paid. They get it back when it's paid."
    ),
    Code.POOL_FULL_WAITLISTED: N_(
        "All seats at %(organization)s are taken. They're on the waitlist."
    ),
    Code.NOT_STARTED: N_("Their access through %(organization)s starts %(starts)s."),
    Code.HELD_AFTER_TERM: N_(
        "Their access through %(organization)s ends %(until)s, before this webinar."
    ),
    Code.CONTRACT_LAPSED: N_("The contract for %(organization)s ended %(until)s."),
    Code.PASS_EXPIRED: N_("Their pass from %(organization)s ended %(until)s."),
    Code.SEAT_RELEASED: N_("Their seat from %(organization)s was released on %(left)s."),
    Code.SUSPENDED_DISPUTE: N_("Seats from %(organization)s are paused during a payment dispute."),
    Code.REFUNDED: N_("Seats from %(organization)s ended %(revoked)s with a refund."),
    Code.REVOKED: N_("Our team revoked the seats from %(organization)s on %(revoked)s."),
    Code.NO_GRANT: N_("All seats at %(organization)s are taken."),
}
EXPIRED: Final = N_("Their invitation from %(organization)s expired %(expires)s. Resend it?")
_EXPIRED_FULL: Final = N_(
    "Their invitation from %(organization)s expired %(expires)s, and every seat is now taken."
)
FROM_AN_LMS: Final = N_("They come from an LMS and have no email address.")
MOVED: Final = N_("They have access. The webinar was moved from %(was)s to %(held)s.")
DRAFT: Final = N_("This webinar is a draft. Customers can't see it.")
_CANCELED: Final = N_("This webinar was canceled.")
_SECRETS: Final = {
    EmailPurpose.SIGN_IN_CODE: N_("Sign-in code"),
    EmailPurpose.RESET_PASSWORD: N_("Password link"),
    EmailPurpose.SET_PASSWORD: N_("Password link"),
    EmailPurpose.CONFIRM_SIGN_UP: N_("Confirmation link"),
}
PLAYER_ENDINGS: Final = {
    PlaybackEnd.CLOSED: N_("they closed it"),
    PlaybackEnd.SIGNED_OUT: N_("they signed out"),
    PlaybackEnd.REVOKED: N_("their access was revoked"),
    PlaybackEnd.RELEASED: N_("their seat was released"),
    PlaybackEnd.REFUNDED: N_("their access was refunded"),
    PlaybackEnd.SUSPENDED: N_("their access was paused because of a problem with its payment"),
    PlaybackEnd.LAPSED: N_("the contract ended"),
    PlaybackEnd.BLOCKED: N_("their account was blocked"),
    PlaybackEnd.PULLED: N_("the webinar was removed"),
    PlaybackEnd.EXPIRED: N_("the page was open for too long"),
    PlaybackEnd.IDLE: N_("it wasn't used for four hours"),
    PlaybackEnd.TAKEN_OVER: N_("they continued on another screen"),
}


def answer_sentence(decision: Decision, webinar: WebinarFacts, zone: ZoneInfo) -> str:
    """Return why a person can or can't watch, for staff, with days in `zone`."""
    grant, code = decision.grant, decision.code
    if webinar.state is WebinarState.DRAFT:
        return _(DRAFT)
    if webinar.state is WebinarState.CANCELED and not webinar.playable:
        return _(_CANCELED)
    message = _OWN.get(code, "")
    if grant is not None and grant.place is not None:
        message = _POOL.get(code, message)
        if grant.place.way is Way.EXPIRED and code in (Code.INVITE_NOT_CLAIMED, Code.NO_GRANT):
            message = EXPIRED if grant.place.has_room else _EXPIRED_FULL
    return str(_(message) % _values(grant, zone))


def coming_sentence(webinar: WebinarFacts, moved_from: datetime | None, zone: ZoneInfo) -> str:
    """Return that a person has access to a webinar to come, and when it is, for staff."""
    values = {"held": say_datetime(webinar.held_at, zone)}
    if moved_from is None:
        return _("They have access. The webinar is on %(held)s.", **values)
    return _(MOVED, was=say_datetime(moved_from, zone), **values)


def account_sentence(caller: Caller) -> str:
    """Return what kind of account a caller has, or that they have none; "" for a regular account."""
    if caller.account is None:
        return _without_account(caller)
    said = ""
    if caller.account.is_blocked:
        said = _("Their account is blocked.")
    elif caller.account.email is None:
        said = _(FROM_AN_LMS)
    elif caller.unconfirmed:
        said = _(
            "An order with their address isn't in their account yet. Ask them to use the link in the email "
            "about it."
        )
    return said


def _without_account(caller: Caller) -> str:
    if caller.unconfirmed:
        return _(
            "They ordered without an account and haven't confirmed this address. Ask them to use the link "
            "in the email about their order."
        )
    if caller.begun is not None:
        return _("They created an account but never confirmed the address.")
    if caller.seats or caller.waiting:
        return _("They don't have an account yet. They'll get one when they accept an invitation.")
    return _("This address has no account and was never invited.")


def sign_in_sentences(
    sign_in: LastSignIn | None, secret: LastSecret | None, zone: ZoneInfo, *, now: datetime
) -> list[str]:
    """Return how the last sign-in went: the browser, and the last code or link that was emailed."""
    said = []
    if sign_in is not None:
        words = _("Stopped at two-step sign-in, %(when)s, %(browser)s")
        if not sign_in.is_due:
            words = _("Last signed in and seen %(when)s, %(browser)s")
        said.append(
            words % {"when": say_datetime_short(sign_in.at, zone), "browser": sign_in.agent}
        )
    else:
        said.append(_("Never signed in"))
    if secret is not None:
        what, when = _(_SECRETS[secret.purpose]), say_datetime_short(secret.sent_at, zone)
        said.append(f"{what}, {when}: {_became_of(secret, now)}")
    return said


def playback_sentence(playback: LastPlayback | None, zone: ZoneInfo) -> str:
    """Return what the player last did."""
    if playback is None:
        return _("Never opened")
    values = {"title": playback.title, "when": say_datetime_short(playback.seen_at, zone)}
    if playback.ended_as is None:
        return _("“%(title)s,” last played %(when)s", **values)
    ending = _(PLAYER_ENDINGS[playback.ended_as])
    return _("“%(title)s,” ended %(when)s: %(ending)s", **values, ending=ending)


def _became_of(secret: LastSecret, now: datetime) -> str:
    if secret.used_at is not None:
        return _("used")
    if secret.expires_at <= now:
        return _("not used, expired")
    if secret.tries:
        return _("not used yet, %(count)s wrong attempts", count=secret.tries)
    return _("not used yet")


def _values(grant: GrantFacts | None, zone: ZoneInfo) -> dict[str, str]:
    if grant is None:
        return {}
    place = grant.place
    days = {
        "starts": grant.starts_at,
        "until": last_moment(grant.ends_at) if grant.ends_at else None,
        "grace": last_moment(grant.grace_until) if grant.grace_until else None,
        "revoked": grant.revoked_at,
        "held": grant.awaits_payment_since,
        "expires": place.expires_at if place else None,
        "left": place.left_at if place else None,
    }
    said = {name: say_date(at, zone) if at else "" for name, at in days.items()}
    return {**said, "organization": place.organization_name if place else ""}
