"""The style sheet specimen: every part of the look, with sample data, as static pages.

Run as `python -m tests.design.specimen DIRECTORY` to write the pages.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    EmailField,
    FileField,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    validators,
)
from wtforms.fields.choices import SelectChoice

from lms.models.accounts import SellerRole

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


class SampleForm(Form):
    """One field of every kind."""

    title = StringField("Title", [validators.DataRequired("Enter a title.")])
    email = EmailField(
        "Email address",
        [validators.Email("Enter a full email address, like name@example.org.")],
        description="We write only about this webinar.",
    )
    password = PasswordField("Password", [validators.Length(min=10)])
    held_at = DateTimeLocalField("Held at", [validators.Optional()])
    series = SelectField(
        "Series",
        choices=[SelectChoice("", "No series"), SelectChoice("1", "Essential library leadership")],
    )
    policy = RadioField(
        "Who may watch",
        choices=[
            SelectChoice("grant", "Those who hold a seat, a pass or a contract"),
            SelectChoice("free", "Everyone who signs in"),
        ],
        default="grant",
    )
    slides = FileField("Slides", [validators.Optional()], description="A PDF of up to 50 MB.")
    remember = BooleanField("Remember me here", description="Only on a computer of your own.")
    overview = TextAreaField("Overview", [validators.Optional()])


@dataclass(frozen=True, slots=True)
class Card:
    """What a webinar card shows."""

    slug: str
    title: str
    url: str
    poster_url: str | None
    minutes: int
    presenters: str
    when: str
    badge: str
    badge_kind: str
    share: float | None = None
    progress_text: str | None = None
    price: str | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """What the access panel shows."""

    sentence: str
    since: str | None
    until: str | None
    action_label: str
    action_url: str
    action_kind: str
    disabled: bool
    weighed: list[tuple[str, str]]
    note: str | None
    more: str | None = None
    posts: bool = False
    second: tuple[str, str] | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Pagination of a list."""

    first: int
    last: int
    total: int
    previous_url: str | None
    next_url: str | None


def cards() -> list[Card]:
    """Return one card for each badge, with long and short texts."""
    poster = "/poster.svg"
    made = [
        (
            "Patron harassment scenarios: what to do as a staffer and a leader",
            poster,
            "Permanent access",
            "open",
        ),
        ("The first ninety seconds", None, "Included in your pass until Oct 6, 2027", "term"),
        ("Weeding without tears", poster, "Through Elm County", "open"),
        (
            "Opening day: a tour of the new reading room and everything that had to move",
            None,
            "Not purchased",
            "locked",
        ),
        ("How this library works", poster, "Free with sign-in", "free"),
        ("Small budgets, bright rooms", None, "Live Oct 6, 2:00 PM your time", "soon"),
    ]
    return [
        Card(
            slug=f"w{number}",
            title=title,
            url=f"/webinars/w{number}",
            poster_url=picture,
            minutes=60 if number else 95,
            presenters="Dr. Ines Falk"
            if number % 2
            else "Dr. Ines Falk and Tomás Okafor-Lindqvist",
            when="Thursday, October 6, 2022",
            badge=badge,
            badge_kind=kind,
            share=0.2 if number == 0 else 1.0 if number == 2 else None,
            progress_text="12 of 60 minutes" if number == 0 else "Watched" if number == 2 else None,
        )
        for number, (title, picture, badge, kind) in enumerate(made)
    ]


def panels() -> list[Panel]:
    """Return the access panel with access, and for each reason without it."""
    return [
        Panel(
            "You may watch this for good.",
            "October 6, 2022",
            None,
            "Watch",
            "/webinars/w0/watch",
            "primary",
            False,
            [
                ("Single seat, bought October 6, 2022", "Admits, for good"),
                ("Pass until October 6, 2023", "Ended"),
            ],
            "You stopped at 12 of 60 minutes.",
        ),
        Panel(
            "Your pass ended before this webinar was held.",
            None,
            "October 6, 2024",
            "Renew your pass",
            "/passes",
            "primary",
            False,
            [("Pass until October 6, 2024", "The webinar was held after it ended")],
            None,
        ),
        Panel(
            "The room opens an hour before.",
            None,
            None,
            "Join live in 2 h 14 m",
            "",
            "primary",
            True,
            [],
            None,
        ),
    ]


def invalid_form() -> SampleForm:
    """Return a form after two errors, with everything that was entered."""
    form = SampleForm(
        MultiDict(
            {
                "title": "",
                "email": "ines@",
                "password": "long enough",
                "series": "1",
                "policy": "grant",
            }
        )
    )
    form.validate()
    return form


PLACES = {
    "catalog.webinars": "/webinars",
    "theme.style": "/theme.css",
    "library.library": "/library",
    "staff_desk.desk": "/staff",
    "staff_jobs.jobs": "/staff/jobs",
    "staff_webinars.index": "/staff/webinars",
}


def _url_for(endpoint: str, filename: str = "", **_values: object) -> str:
    """Return an address; tests/rules/test_templates.py checks that endpoints exist."""
    if endpoint == "static":
        return f"/static/{filename}"
    return PLACES.get(endpoint, f"/{endpoint}")


def environment() -> Environment:
    """Return plain Jinja with everything that the application always gives a template."""
    env = Environment(
        loader=FileSystemLoader([ROOT / "templates", HERE / "pages"]),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    env.trim_blocks = env.lstrip_blocks = True  # as lms/app.py has them
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        gettext=lambda text, **values: text % values if values else text,
        ngettext=lambda one, many, num, **values: (
            (one if num == 1 else many) % {"num": num, **values}
        ),
        newstyle=True,
    )
    env.globals.update(
        url_for=_url_for,
        allowed_links=lambda groups: groups,
        stylesheet=lambda name: Markup('<link rel="stylesheet" href="/static/css/{}">').format(
            name
        ),
        script=lambda name, arranges=False: Markup(
            '<script type="module" src="/static/js/{}"></script>'
        ).format(name),
        may_open=lambda _endpoint: True,
        csrf_token=lambda: "token",
        calendar=None,
        language="en-US",
        is_english_only=False,
        languages=lambda: [
            ("en-US", "English", "/language/en-US"),
            ("es-US", "Español", "/language/es-US"),
        ],
        memoized=lambda macro: macro,
        similar_here=list,
        get_flashed_messages=lambda with_categories: [
            ("done", "Your place is saved: 12 of 60 minutes."),
            (
                "danger",
                "The upload stopped at 412 of 900 MB. It goes on when you choose the file again.",
            ),
        ],
    )
    return env


def values(path: str = "/webinars") -> Mapping[str, object]:
    """Return sample values, as a view would give them."""
    return {
        "request": SimpleNamespace(path=path, args={}),
        "branding": SimpleNamespace(
            name="Lantern Street Training",
            logo_url=None,
            contact_email="desk@lantern.example",
            accent=None,
            on_accent=None,
            version=1,
        ),
        "viewer": SimpleNamespace(
            name="Ada Brandt",
            email="ada@lantern.example",
            seller_role=SellerRole.STAFF,
            manages=True,
        ),
        "carrel_version": "1.2.3",
        "cards": cards(),
        "panels": panels(),
        "page": Page(51, 100, 18204, "?page=1", "?page=3"),
        "form": SampleForm(),
        "invalid": invalid_form(),
        "status": 404,
        "message": "What stood here has moved.",
        "reference": "7f3k-29qd",
        "subject": "Your sign-in code",
        "preheader": "It works for ten minutes.",
        "recipient": "alice@elm.example",
        "action_url": "https://lantern.example/sign-in/7f3k29qd",
        "action_label": "Sign in",
        "organization": SimpleNamespace(name="Elm County Libraries"),
        "organization_links": [(None, [("People", "/organization/elm/people", "users")])],
    }


def write(target: Path) -> list[str]:
    """Write the specimen and its static files below `target`; returns the names of the pages."""
    env = environment()
    shutil.copytree(ROOT / "lms" / "static", target / "static", dirs_exist_ok=True)
    (target / "theme.css").write_text("")
    for name in ("poster.svg", "captions.vtt", "player_texts.js"):
        shutil.copy(HERE / "pages" / name, target / name)
    names = sorted(path.name for path in (HERE / "pages").glob("*.html"))
    for name in names:
        path = "/staff/webinars" if name.startswith("staff") else "/webinars"
        (target / name).write_text(env.get_template(name).render(values(path)), "utf-8")
    return names


if __name__ == "__main__":
    sys.stdout.write("\n".join(write(Path(sys.argv[1]))) + "\n")
