"""The emails about accounts: links to confirm, codes to sign in, and notices of changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.mail import link_tokens_and_codes
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose

_SUBJECTS: Final = {
    EmailPurpose.CONFIRM_SIGN_UP: N_("Finish creating your account"),
    EmailPurpose.RESET_PASSWORD: N_("Choose a new password"),
    EmailPurpose.SET_PASSWORD: N_("An account was created for you"),
    EmailPurpose.CHANGE_EMAIL: N_("Confirm your new email address"),
    EmailPurpose.RESTORE_EMAIL: N_("Your account's email address was changed"),
    EmailPurpose.RECOVERY_ADDRESS: N_("Confirm your recovery address"),
}


class SecondStepChange(StrEnum):
    """What changed about a person's second step."""

    APP_ADDED = "app_added"
    PASSKEY_ADDED = "passkey_added"
    REMOVED = "removed"
    CODES_MADE = "codes_made"
    CODE_USED = "code_used"
    RESET = "reset"


SECOND_STEP_SUBJECTS: Final = {
    SecondStepChange.APP_ADDED: N_("An authenticator app was added to your account"),
    SecondStepChange.PASSKEY_ADDED: N_("A passkey was added to your account"),
    SecondStepChange.REMOVED: N_("An app or passkey was removed from your account"),
    SecondStepChange.CODES_MADE: N_("Your account has new recovery codes"),
    SecondStepChange.CODE_USED: N_("A recovery code was used to sign in to your account"),
    SecondStepChange.RESET: N_("Two-step sign-in was turned off for your account"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """The recipient of an email, and the account that it is about, with its address."""

    email: str
    login_id: int
    account: str


def send_link(
    session: Session,
    reader: Reader,
    purpose: EmailPurpose,
    *,
    links: Links,
    onward: str | None = None,
    now: datetime,
) -> None:
    """Create a secret for a purpose and email its link.

    `onward` is the local path to go to after the link was used.
    """
    secret = link_tokens_and_codes.issue(
        session, reader.login_id, purpose, email=reader.email, now=now
    )
    link = links.secret_page(purpose, secret, onward=onward)
    values = {"action_url": link, "account": reader.account}
    _send(session, reader, purpose.value, _SUBJECTS[purpose], values, now=now)


def send_code(session: Session, reader: Reader, *, code: str, now: datetime) -> None:
    """Email a sign-in code, but not in the subject, because subjects are stored and staff see them."""
    kind = EmailPurpose.SIGN_IN_CODE.value
    values = {"code": f"{code[:4]} {code[4:]}"}
    _send(session, reader, kind, N_("Your sign-in code"), values, now=now)


def send_how_to_sign_in(session: Session, reader: Reader, *, links: Links, now: datetime) -> None:
    """Email a link to the page that requests a sign-in code; it contains no secret."""
    page = f"/sign-in/code?email={quote(reader.email)}"
    values = {"action_url": links.page(page), "account": reader.account}
    _send(session, reader, "how_to_sign_in", N_("How to sign in"), values, now=now)


def send_already_registered(
    session: Session, reader: Reader, *, links: Links, onward: str | None, now: datetime
) -> None:
    """Notify a person who signed up or changed to this address that it already has an account."""
    values = {
        "action_url": links.page("/sign-in", onward=onward),
        "forgotten_url": links.page("/forgotten-password"),
    }
    subject = N_("You already have an account")
    _send(session, reader, "account_exists", subject, values, now=now)


def send_no_account(
    session: Session, email: str, *, links: Links, onward: str | None, now: datetime
) -> None:
    """Notify the owner of an address that it has no account.

    This way a request does the same work and shows the same page in either case.
    """
    values = {"action_url": links.page("/sign-up", onward=onward)}
    subject = N_("No account has this address")
    _send(session, email, "no_account", subject, values, now=now)


def send_password_changed(session: Session, reader: Reader, *, links: Links, now: datetime) -> None:
    """Notify the owner that the password was changed, and what to do if it wasn't them."""
    values = {"account": reader.account, "action_url": links.page("/forgotten-password")}
    subject = N_("Your password was changed")
    _send(session, reader, "password_changed", subject, values, now=now)


def send_password_removed(session: Session, reader: Reader, *, now: datetime) -> None:
    """Tell the owner that only their own address opens the account now, and how to sign in."""
    subject = N_("Your password was removed")
    _send(session, reader, "password_removed", subject, {"account": reader.account}, now=now)


def send_recovery_changed(
    session: Session, reader: Reader, *, recovery: str | None, links: Links, now: datetime
) -> None:
    """Notify the owner of the account's new recovery address; None if it was removed."""
    values = {"recovery": recovery, "action_url": links.page("/account")}
    subject = N_("Your account's recovery address was changed")
    _send(session, reader, "recovery_changed", subject, values, now=now)


def send_second_step_changed(
    session: Session, reader: Reader, change: SecondStepChange, *, links: Links, now: datetime
) -> None:
    """Notify the owner of a change to their second step, and what to do if it wasn't them."""
    values = {
        "account": reader.account,
        "change": change.value,
        "action_url": links.page("/account/security"),
    }
    _send(session, reader, "second_step_changed", SECOND_STEP_SUBJECTS[change], values, now=now)


def _send(
    session: Session,
    reader: Reader | str,
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    mail_outbox.post(
        session,
        kind=kind,
        to=reader.email if isinstance(reader, Reader) else reader,
        login_id=reader.login_id if isinstance(reader, Reader) else None,
        subject=subject,
        values=values,
        now=now,
    )
