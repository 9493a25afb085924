"""Examples of emails about accounts and sign-in."""

from collections.abc import Mapping
from typing import Final

from lms.core.errors import N_
from lms.mail.examples.example import ALICE, EMAIL, LIBRARY, Example, page

NOUN: Final = N_("Accounts and sign-in")
EXAMPLES: Final[Mapping[str, Example]] = {
    "sign_in_code": Example(
        N_("Sign-in code"),
        N_("When a person requests a sign-in code."),
        "Your sign-in code",
        {"code": "1234 5678"},
    ),
    "confirm_sign_up": Example(
        N_("Finish creating an account"),
        N_("When a person starts to create an account."),
        "Finish creating your account",
        {"action_url": page("/sign-up/confirm/example")},
    ),
    "account_exists": Example(
        N_("Account already exists"),
        N_("When a person who already has an account tries to create one."),
        "You already have an account",
        {"action_url": page("/sign-in"), "forgotten_url": page("/forgotten-password")},
    ),
    "no_account": Example(
        N_("No account has this address"),
        N_("When a person without an account requests a code or a new password."),
        "No account has this address",
        {"action_url": page("/sign-up")},
    ),
    "how_to_sign_in": Example(
        N_("How to sign in"),
        N_("When a person asks at their recovery address how to sign in."),
        "How to sign in to your account",
        {"account": EMAIL, "action_url": page("/sign-in")},
    ),
    "set_password": Example(
        N_("Account created by our team"),
        N_("When our team creates an account for a person."),
        "An account was created for you",
        {"action_url": page("/reset-password/example")},
    ),
    "reset_password": Example(
        N_("Choose a new password"),
        N_("When a person requests a new password."),
        "Choose a new password",
        {"account": EMAIL, "action_url": page("/reset-password/example")},
    ),
    "password_changed": Example(
        N_("Password changed"),
        N_("When a password is changed."),
        "Your password was changed",
        {"account": EMAIL, "action_url": page("/forgotten-password")},
    ),
    "password_removed": Example(
        N_("Password removed"),
        N_("When our team or a manager gives a role to an account with other addresses."),
        "Your password was removed",
        {"account": EMAIL},
    ),
    "second_step_changed": Example(
        N_("Two-step sign-in changed"),
        N_("When an authenticator app, passkey, or recovery code is added, used, or removed."),
        "A passkey was added to your account",
        {"account": EMAIL, "change": "passkey_added", "action_url": page("/account/security")},
    ),
    "change_email": Example(
        N_("Confirm a new email address"),
        N_("To the new address when a person changes their email address."),
        "Confirm your new email address",
        {"account": EMAIL, "action_url": page("/account/email/confirm/example")},
    ),
    "restore_email": Example(
        N_("Email address changed"),
        N_("To the old address when a person changes their email address."),
        "Your account's email address was changed",
        {"account": EMAIL, "action_url": page("/account/email/restore/example")},
    ),
    "recovery_address": Example(
        N_("Confirm a recovery address"),
        N_("When a person adds a recovery address."),
        "Confirm your recovery address",
        {"account": EMAIL, "action_url": page("/account/recovery/confirm/example")},
    ),
    "recovery_changed": Example(
        N_("Recovery address changed"),
        N_("When a recovery address is changed or removed."),
        "Your account's recovery address was changed",
        {"recovery": "alice.nguyen@example.com", "action_url": page("/account")},
    ),
    "link_login": Example(
        N_("Link an LMS to an account"),
        N_("When a person in an LMS asks to link their account."),
        "Link your LMS to your account",
        {
            "origin": {"name": ALICE, "system": "Moodle", "organization": LIBRARY},
            "has_account": True,
            "action_url": page("/lti/link/example"),
        },
    ),
    "embed_code": Example(
        N_("Code to watch on a library's page"),
        N_("When a person requests a code on a page where a webinar is embedded."),
        "Your code to watch",
        {"code": "123 456", "organization": LIBRARY},
    ),
    "member_invitation": Example(
        N_("Invitation to an organization"),
        N_("When a person is invited to join an organization in any role."),
        f"{LIBRARY} invited you to manage its seats",
        {
            "organization": LIBRARY,
            "role": "manager",
            "link_days": None,
            "action_url": page("/library"),
        },
    ),
    "role_ended": Example(
        N_("Role in an organization ended"),
        N_("To a person whose role ends, and, if it was a manager, to the other managers."),
        f"Your role at {LIBRARY} ended",
        {
            "name": ALICE,
            "email": EMAIL,
            "organization": LIBRARY,
            "is_manager": True,
            "is_own": True,
            "manager": "Mia Ortiz",
            "action_url": page("/library"),
        },
    ),
    "delivery_test": Example(
        N_("Test email"),
        N_("When an operator tests the mail server."),
        "Test email",
        {},
    ),
}
