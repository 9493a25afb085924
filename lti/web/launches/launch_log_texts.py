"""Launch log texts: what was opened, the outcome, and how to fix a refusal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from lms.core.errors import N_
from lms.lti_facade.dates import say_time_of
from lti.launches.launch_log import LaunchLine
from lti.models.launches import LaunchOutcome

KINDS: Final = {
    "LtiResourceLinkRequest": N_("Open a link"),
    "LtiDeepLinkingRequest": N_("Choose content"),
    "LtiSubmissionReviewRequest": N_("Review a learner"),
    "LtiDataPrivacyLaunchRequest": N_("See personal data"),
}
UNSAID: Final = N_("Refused before the learning system said")

OURS_TO_LOOK: Final = N_("If it comes again, write to us with the number.")
OPEN_AGAIN: Final = N_("Opening the link once more mends it.")
CLOCKS: Final = N_("Let the learning system's server set its clock from the network (NTP).")
BY_THE_GUIDE: Final = N_("Compare its settings with the page of your product, field by field.")
SEND_ALL: Final = N_(
    "Let the learning system send what the tool needs, and keep to LTI 1.3: its vendor can tell how."
)

# what happened, and what mends it
REFUSALS: Final = {
    "algorithm_wrong": (N_("The message was not signed by RS256."), SEND_ALL),
    "audience_wrong": (N_("The message was meant for another tool."), BY_THE_GUIDE),
    "azp_wrong": (N_("The message was meant for another tool."), BY_THE_GUIDE),
    "browser_wrong": (N_("The launch began in one browser and ended in another."), OPEN_AGAIN),
    "choosing_not_theirs": (
        N_("Somebody who learns in the course tried to choose recordings for it."),
        N_("Let teachers alone add activities, or give them a teacher's role in the course."),
    ),
    "claim_malformed": (N_("A part of the message is missing or wrong."), SEND_ALL),
    "client_id_missing": (
        N_("The learning system is registered more than once and did not say which one it is."),
        N_("Let it send its client ID with the login, as LTI 1.3 foresees."),
    ),
    "deployment_pending": (
        N_("This installation of the tool is not connected to a library yet."),
        N_("Connect the deployment on the page of your learning system."),
    ),
    "deployment_refused": (
        N_("Launches of this installation are refused."),
        N_("Write to us if they should be let in."),
    ),
    "expired": (N_("The message came when its time was over."), CLOCKS),
    "from_the_future": (N_("The learning system's clock is ahead of the time."), CLOCKS),
    "issuer_wrong": (N_("The message came from another learning system."), BY_THE_GUIDE),
    "issuer_missing": (N_("The login did not say which learning system it came from."), SEND_ALL),
    "keys_unavailable": (
        N_("The learning system's keys could not be had."),
        N_("Make its keyset URL reachable from the internet, and check it on our side."),
    ),
    "kid_missing": (N_("The message did not say which key signed it."), SEND_ALL),
    "link_foreign": (
        N_("The link in the course leads to another address than ours."),
        N_("Add the recording to the course anew, by choosing it."),
    ),
    "login_hint_missing": (N_("The login did not say whom it was for."), SEND_ALL),
    "message_type_unknown": (
        N_("The learning system asked for something that this tool does not do."),
        BY_THE_GUIDE,
    ),
    "nonce_wrong": (N_("The message belonged to another launch."), OPEN_AGAIN),
    "nothing_accepted": (
        N_("That place in the course takes no links to recordings."),
        N_("Add recordings where the course offers external tools."),
    ),
    "person_missing": (
        N_("The learning system did not say who it was."),
        N_("Let it share a user ID with the tool; names and addresses may stay private."),
    ),
    "platform_declined": (
        N_("The learning system itself stopped the launch."),
        N_("Often somebody's session there had ended: they sign in and open the link again."),
    ),
    "platform_unknown": (
        N_("Nobody has registered this learning system here."),
        N_("Enter its issuer and client ID exactly as it shows them."),
    ),
    "proof_wrong": (N_("The launch could not be tied to the browser it began in."), OPEN_AGAIN),
    "registration_disabled": (
        N_("This learning system was switched off here."),
        N_("Write to us to have it switched on again."),
    ),
    "registration_pending": (
        N_("This learning system waits for our approval."),
        N_("There is nothing to do: we look at it within a working day."),
    ),
    "signature_wrong": (
        N_("The signature was not the learning system's."),
        N_("Check its keyset URL here: it has to be that of this very learning system."),
    ),
    "state_missing": (N_("The message came without what ties it to a launch."), OPEN_AGAIN),
    "state_unknown": (
        N_("The launch was used already, or took longer than ten minutes."),
        OPEN_AGAIN,
    ),
    "target_malformed": (
        N_("The link names no usable place in a recording."),
        N_("Add the recording to the course anew, with a start before its end."),
    ),
    "target_link_uri_missing": (N_("The login did not say what it was for."), SEND_ALL),
    "text_malformed": (N_("The message holds characters that no text may hold."), SEND_ALL),
    "token_malformed": (N_("The message could not be read."), SEND_ALL),
    "token_missing": (N_("The learning system sent no message."), SEND_ALL),
    "too_old": (N_("The message was signed too long ago."), CLOCKS),
    "unknown_key": (
        N_("The message was signed with a key that the learning system does not publish."),
        N_("Check its keyset URL here: it has to be that of this very learning system."),
    ),
    "weak_key": (
        N_("The learning system's key is too short to be trusted."),
        N_("Let it make a new key of at least 2048 bits."),
    ),
    "wrong_key": (
        N_("The message was signed with a key that is not for such signatures."),
        N_("Let the learning system publish an RSA key for RS256."),
    ),
}


# What mends it when a person was let in and may not play: the log has the sentence that they read.
WITHOUT_ACCESS: Final = {
    "pool_full_waitlisted": N_("Add seats, or release one that isn't needed, under Seats."),
    "no_grant": N_("Look at your seats: assign one to this person, or add seats."),
    "invite_not_claimed": N_(
        "The person has an invitation: they accept it once, then open the link again."
    ),
    "seat_released": N_("Assign the person a seat again, under Seats."),
    "contract_lapsed": N_("Renew the contract."),
    "recording_not_ready": N_("There is nothing to do: the recording follows."),
}

OUTCOMES: Final = {
    LaunchOutcome.LAUNCHED: N_("Opened"),
    LaunchOutcome.PLAYED: N_("Played"),
    LaunchOutcome.REFUSED: N_("Refused"),
}


@dataclass(frozen=True, slots=True)
class LaunchRow:
    """A launch as a page shows it; `happened` and `mends` are "" for one that was not refused."""

    when: str
    platform: str
    deployment: str
    kind: str
    outcome: str
    is_refused: bool
    happened: str
    mends: str
    code: str
    detail: str
    reference: str


def launch_rows(lines: Iterable[LaunchLine], zone: str) -> list[LaunchRow]:
    """Return lines of the log in words."""
    return [_row(line, zone) for line in lines]


def say_refusal(code: str, reason: str) -> tuple[str, str]:
    """Return what happened and what mends it; `reason` is what the log says."""
    happened, mends = REFUSALS.get(code, (reason, WITHOUT_ACCESS.get(code, OURS_TO_LOOK)))
    return _(happened), _(mends)


def refusal_codes() -> list[tuple[str, str]]:
    """Return every code with its sentence, for a filter, in the order of the sentences."""
    told = [(code, _(happened)) for code, (happened, _mends) in REFUSALS.items()]
    return sorted(told, key=lambda pair: pair[1])


def _row(line: LaunchLine, zone: str) -> LaunchRow:
    is_refused = line.outcome is LaunchOutcome.REFUSED
    happened, mends = say_refusal(line.code, line.reason) if is_refused else ("", "")
    return LaunchRow(
        when=say_time_of(line.at, zone),
        platform=line.platform or _("Unknown"),
        deployment=line.deployment or "",
        kind=_(KINDS.get(line.message_type, UNSAID)),
        outcome=_(OUTCOMES[line.outcome]),
        is_refused=is_refused,
        happened=happened,
        mends=mends,
        code=line.code if is_refused else "",
        detail=line.reason if is_refused else "",
        reference=line.reference,
    )
