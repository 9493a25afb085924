"""Upload texts: translated messages for the upload script (`data-words`)."""

from collections.abc import Mapping

from flask_babel import gettext as _


def upload_words() -> Mapping[str, str]:
    """Return the script's sentences by their names; what stands in {} it fills in itself."""
    return {**_states(), **_amounts(), **_told(), **_spoken()}


def _states() -> dict[str, str]:
    return {
        "waiting": _("Waiting for its turn"),
        "sending": _("Sending"),
        "storing": _("Storing"),
        "paused": _("Paused"),
        "retrying": _("Trying again"),
        "checking": _("All here; being looked at"),
        "done": _("Done"),
        "failed": _("Not taken"),
        "stopped": _("Unfinished"),
    }


def _amounts() -> dict[str, str]:
    return {
        "percent": _("{number} %"),
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
        "listed": _("{name} is in the list already."),
        "another_file": _(
            "That is another file, or it has changed since. Choose {name} as it was, or cancel this"
            " upload and send it anew."
        ),
        "really_cancel": _("Cancel this upload? What was sent of it is deleted."),
        "deleted_later": _(
            "The server can't be reached. What was sent of it is deleted by itself later."
        ),
        "unreadable": _(
            "The file can't be read any more: it was moved or changed. Choose it again."
        ),
        "busy": _("The server can't take it at this moment. Trying again in {seconds} s."),
        "offline": _("The connection is lost. Trying again in {seconds} s."),
        "signed_out": _("You are signed out. Sign in again in another tab, then go on."),
        "answered": _("The server answered {status}."),
        "answered_reload": _(
            "The server answered {status}. Reload this page, then choose the same file to go on."
        ),
        "answered_again": _("The server answered {status}. Try again."),
        "gone": _(
            "What was sent of this file is not kept any more, or an earlier version of the library"
            " kept it in a way that can't be gone on with. Choose the file again to send it anew."
        ),
        "lost_form": _("The connection was lost. Nothing was added; send the file again."),
        "stopped_form": _("Stopped. Nothing was added."),
    }


def _spoken() -> dict[str, str]:
    return {
        "said_sending": _("Sending {name}: {share}."),
        "said_paused": _("{name} is paused."),
        "said_checking": _("{name} is here and is being looked at."),
        "said_failed": _("{name}: {message}"),
        "handout_done": _("{name} is on the webinar's page."),
        "recording_done": _("{name} is here and is being prepared."),
    }
