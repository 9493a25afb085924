"""Upload texts: translated messages for the upload script (`data-words`)."""

from collections.abc import Mapping

from flask_babel import gettext as _


def upload_words() -> Mapping[str, str]:
    """Return the script's messages by name; the script fills in the {} placeholders."""
    return {**_states(), **_amounts(), **_told(), **_spoken()}


def _states() -> dict[str, str]:
    return {
        "waiting": _("Waiting"),
        "sending": _("Uploading"),
        "storing": _("Storing"),
        "paused": _("Paused"),
        "retrying": _("Trying again"),
        "checking": _("Checking"),
        "done": _("Done"),
        "failed": _("Failed"),
        "stopped": _("Unfinished"),
    }


def _amounts() -> dict[str, str]:
    return {
        "percent": _("{number}%"),
        "share": _("{share} of {size}"),
        "speed": _("{size}/s"),
        "seconds_left": _("{number} s left"),
        "minutes_left": _("{number} min left"),
        "hours_left": _("{number} h left"),
        "B": _("{number} B"),
        "kB": _("{number} kB"),
        "MB": _("{number} MB"),
        "GB": _("{number} GB"),
    }


def _told() -> dict[str, str]:
    return {
        "button": _("{act}: {name}"),
        "folder": _("{name} is a folder. Choose the files in it."),
        "listed": _("{name} is already in the list."),
        "another_file": _(
            "That is a different file, or the file changed. Choose the original {name}, or cancel "
            "this upload and start again."
        ),
        "really_cancel": _("Cancel this upload? What you uploaded so far is deleted."),
        "deleted_later": _(
            "We can't reach the server. The partial upload will be deleted automatically."
        ),
        "unreadable": _("The file can't be read because it was moved or changed. Choose it again."),
        "busy": _("The server is busy. Trying again in {seconds} s."),
        "offline": _("Connection lost. Trying again in {seconds} s."),
        "signed_out": _("You're signed out. Sign in again in another tab, then resume."),
        "answered": _("Server error {status}."),
        "answered_reload": _(
            "Server error {status}. Reload this page, then choose the same file to resume."
        ),
        "answered_again": _("Server error {status}. Try again."),
        "gone": _(
            "This upload has expired or can't be resumed. Choose the file again to start over."
        ),
        "lost_form": _("Connection lost. Nothing was added. Upload the file again."),
        "stopped_form": _("Stopped. Nothing was added."),
    }


def _spoken() -> dict[str, str]:
    return {
        "said_sending": _("Uploading {name}: {share}."),
        "said_paused": _("{name} is paused."),
        "said_checking": _("{name} is uploaded. We're checking it."),
        "said_failed": _("{name}: {message}"),
        "handout_done": _("{name} is on the webinar's page."),
        "recording_done": _("{name} is uploaded. We're processing it."),
    }
