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
UNSAID: Final = N_("Unknown (refused early)")

OURS_TO_LOOK: Final = N_("If it happens again, contact us with the reference.")
OPEN_AGAIN: Final = N_("Open the link again.")
CLOCKS: Final = N_("Sync the LMS server's clock with a time server (NTP).")
BY_THE_GUIDE: Final = N_("Compare the settings in the LMS with our guide, field by field.")
SEND_ALL: Final = N_("Ask the LMS vendor how to send what LTI 1.3 requires.")

# code: what happened, and how to fix it
REFUSALS: Final = {
    "algorithm_wrong": (N_("The launch wasn't signed with RS256."), SEND_ALL),
    "audience_wrong": (N_("The launch was meant for a different tool."), BY_THE_GUIDE),
    "azp_wrong": (N_("The launch was meant for a different tool."), BY_THE_GUIDE),
    "browser_wrong": (N_("The launch started in one browser and ended in another."), OPEN_AGAIN),
    "choosing_not_theirs": (
        N_("A learner tried to choose recordings for the course."),
        N_(
            "Allow only instructors to add activities, or give the person an instructor's "
            "role in the course."
        ),
    ),
    "claim_malformed": (N_("Part of the launch data is missing or wrong."), SEND_ALL),
    "client_id_missing": (
        N_("The LMS is registered more than once and didn't send its client ID."),
        N_("Set the LMS to send its client ID with the login."),
    ),
    "deployment_pending": (
        N_("This deployment isn't connected to an organization yet."),
        N_("Connect the deployment under LMS, Connection."),
    ),
    "deployment_refused": (
        N_("This deployment was refused."),
        N_("Contact us to allow it."),
    ),
    "expired": (N_("The launch arrived too late and had expired."), CLOCKS),
    "from_the_future": (N_("The LMS's clock is ahead."), CLOCKS),
    "issuer_wrong": (N_("The launch came from a different LMS."), BY_THE_GUIDE),
    "issuer_missing": (N_("The LMS didn't send its issuer (iss)."), SEND_ALL),
    "keys_unavailable": (
        N_("We couldn't read the keys of the LMS."),
        N_("Make its keyset URL reachable from the internet, and check the URL entered here."),
    ),
    "kid_missing": (N_("The launch didn't say which key signed it."), SEND_ALL),
    "link_foreign": (
        N_("The link in the course has a different target URL."),
        N_("Add the recording to the course again."),
    ),
    "login_hint_missing": (N_("The LMS didn't say who is signing in (login_hint)."), SEND_ALL),
    "message_type_unknown": (
        N_("The LMS requested something that this tool doesn't support."),
        BY_THE_GUIDE,
    ),
    "nonce_wrong": (N_("The data belonged to a different launch."), OPEN_AGAIN),
    "nothing_accepted": (
        N_("That part of the course doesn't accept links to recordings."),
        N_("Add recordings where the LMS offers external tools."),
    ),
    "person_missing": (
        N_("The LMS didn't send a user ID."),
        N_("Set the LMS to share user IDs with the tool. Names and email addresses are optional."),
    ),
    "platform_declined": (
        N_("The LMS stopped the launch."),
        N_(
            "The person's LMS session has probably ended. Ask them to sign in and open the link again."
        ),
    ),
    "platform_unknown": (
        N_("This LMS isn't registered here."),
        N_("Enter its issuer and client ID exactly as the LMS shows them."),
    ),
    "proof_wrong": (
        N_("We couldn't match the launch to the browser where it started."),
        OPEN_AGAIN,
    ),
    "registration_disabled": (
        N_("This LMS connection is turned off."),
        N_("Contact us to turn it on again."),
    ),
    "registration_pending": (
        N_("This LMS is waiting for our approval."),
        N_("We review it within one business day."),
    ),
    "signature_wrong": (
        N_("The signature doesn't match the LMS."),
        N_("Check that the keyset URL entered here belongs to this LMS."),
    ),
    "state_missing": (N_("The launch came without its state."), OPEN_AGAIN),
    "state_unknown": (
        N_("The launch was already used or took longer than 10 minutes."),
        OPEN_AGAIN,
    ),
    "target_malformed": (
        N_("The link has an invalid start or end time."),
        N_("Add the recording to the course again, with the start before the end."),
    ),
    "target_link_uri_missing": (
        N_("The LMS didn't say which page to open (target_link_uri)."),
        SEND_ALL,
    ),
    "text_malformed": (N_("The launch data contains invalid characters."), SEND_ALL),
    "token_malformed": (N_("The launch data can't be read."), SEND_ALL),
    "token_missing": (N_("The LMS sent an empty launch."), SEND_ALL),
    "too_old": (N_("The launch was signed too long ago."), CLOCKS),
    "unknown_key": (
        N_("The launch was signed with a key that the LMS doesn't publish."),
        N_("Check that the keyset URL entered here belongs to this LMS."),
    ),
    "weak_key": (
        N_("The LMS's key is too short to be secure."),
        N_("Create a new key of at least 2048 bits in the LMS."),
    ),
    "wrong_key": (
        N_("The launch was signed with the wrong type of key."),
        N_("Set the LMS to publish an RSA key for RS256."),
    ),
}


# How to fix it if a viewer had no access; the log has the message that they saw.
WITHOUT_ACCESS: Final = {
    "pool_full_waitlisted": N_("Add seats, or release one that isn't needed, under Seats."),
    "no_grant": N_("Assign a seat to this person, or add seats, under Seats."),
    "invite_not_claimed": N_(
        "Ask the person to accept their invitation, then open the link again."
    ),
    "seat_released": N_("Assign the person a seat again, under Seats."),
    "contract_lapsed": N_("Renew the contract."),
    "recording_not_ready": N_("The recording isn't available yet. No action is needed."),
}

OUTCOMES: Final = {
    LaunchOutcome.LAUNCHED: N_("Opened"),
    LaunchOutcome.PLAYED: N_("Played"),
    LaunchOutcome.REFUSED: N_("Refused"),
}


@dataclass(frozen=True, slots=True)
class LaunchRow:
    """A launch as a page shows it; `happened` and `mends` are "" unless it was refused."""

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
    """Return the rows of log lines."""
    return [_row(line, zone) for line in lines]


def say_refusal(code: str, reason: str) -> tuple[str, str]:
    """Return what happened and how to fix it; `reason` is the text in the log."""
    happened, mends = REFUSALS.get(code, (reason, WITHOUT_ACCESS.get(code, OURS_TO_LOOK)))
    return _(happened), _(mends)


def refusal_codes() -> list[tuple[str, str]]:
    """Return every code with its message, sorted by message, for a filter."""
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
