"""The page language: chosen by the reader, kept in the account or a cookie, and set for each request."""

from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from babel.support import NullTranslations
from flask import Blueprint, Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, Domain
from markupsafe import Markup

from lms.core.errors import NotFound
from lms.core.languages import (
    NAMES,
    Language,
    Said,
    default_language,
    forget,
    gettext,
    language,
    ngettext,
    read_language,
    template_text,
    translations,
    use,
)
from lms.web.core.current_user import viewer
from lms.web.core.next_url import local_path
from lms.web.core.request_context import carrel
from lms.web.core.route_guard import Audience, audiences_of, open_to

COOKIE: Final = "carrel-language"
KEPT_S: Final = 365 * 24 * 3600
_WANTED: Final = "carrel.language"
# Pages for our team and for managers are in English, and so are those of instructors.
TRANSLATED: Final = frozenset(
    {
        Audience.EVERYONE,
        Audience.SIGNED_IN,
        Audience.BUYERS,
        Audience.FRAME,
        Audience.EMBED,
        Audience.MAILBOX,
        Audience.PLATFORM,
        Audience.PLAYBACK_TOKEN,
    }
)
# Documents and policies count as they were written; feeds and images are the same for everyone.
IN_ENGLISH: Final = frozenset(
    {
        "badges",
        "documents",
        "following",
        "framed_course",
        "health",
        "lti_picker",
        "lti_registering",
        "lti_tool",
        "organizations",
        "policies",
        "posters",
        "theme",
        "vendor_documents",
    }
)

blueprint = Blueprint("language", __name__)


class _Texts(Domain):
    """What `_()` of Flask-Babel looks texts up in."""

    def get_translations(self) -> NullTranslations:
        """Return the texts of this page's language."""
        return translations(language())

    def gettext(self, string: str, **values: object) -> str:
        """Return a text with its values; one that already has them is said again."""
        said = gettext(string)
        return said % values if values else said


@blueprint.get("/language/<tag>")
@open_to(Audience.EVERYONE)
def choose(tag: str) -> ResponseReturnValue:
    """Keep a visitor's choice of language in a cookie; return to the page `next`."""
    if tag not in NAMES:
        raise NotFound
    response = redirect(local_path(request.args.get("next")) or "/", code=303)
    response.set_cookie(
        COOKIE,
        tag,
        max_age=KEPT_S,
        secure=carrel().settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def init_languages(app: Flask) -> None:
    """Choose the language of each page, and let `_()` translate into it."""
    babel = Babel(app, locale_selector=lambda: language().locale)
    babel.domain_instance = _Texts()  # type: ignore[no-untyped-call]  # Flask-Babel's Domain has no types
    install: Any = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]
    install(gettext, ngettext, newstyle=True)
    app.jinja_env.globals["_"] = _in_page
    translations(Language.SPANISH)  # before the server makes its processes
    app.before_request(_choose)
    app.teardown_request(forget)
    app.context_processor(_for_templates)


def _in_page(text: str, /, **values: object) -> Markup:
    """Return a text of a template, with its values escaped.

    Jinja's own asks each time whether to escape, which a page with a hundred texts notices; all our
    templates are escaped.
    """
    if values or isinstance(text, Said):
        return Markup(gettext(text)) % values  # noqa: S704  (the texts are ours)
    return _markup(text, language())


@lru_cache(maxsize=8192)
def _markup(text: str, of: Language) -> Markup:
    return Markup(template_text(text, of)) % {}  # noqa: S704  (the texts are ours)


def chosen_language() -> Language | None:
    """Return the language that this browser's reader chose, or None."""
    tag = request.cookies.get(COOKIE)
    return read_language(tag) if tag else None


def read_in(chosen: Language) -> None:
    """Show the rest of this page in a language, if the page is translated."""
    request.environ[_WANTED] = chosen
    use(chosen if _is_translated() else None)


def _choose() -> None:
    read_in(chosen_language() or default_language())
    # the person is known only after a query, which files and feeds don't need
    if request.blueprint not in IN_ENGLISH and request.endpoint != "static":
        person = viewer()
        if person is not None and person.language is not None:
            read_in(person.language)


def _is_translated() -> bool:
    if request.endpoint is None:
        return True
    view = current_app.view_functions[request.endpoint]
    return audiences_of(view) <= TRANSLATED and request.blueprint not in IN_ENGLISH


def _for_templates() -> dict[str, object]:
    wanted = request.environ.get(_WANTED, Language.ENGLISH)
    return {
        "language": language(),
        "is_english_only": language() is not wanted,
        "languages": _language_links,
    }


def _language_links() -> list[tuple[Language, str, str]]:
    """Return the languages to choose from, with their names, and the URLs that choose them."""
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return [
        (each, name, f"/language/{each}?{urlencode({'next': here})}")
        for each, name in NAMES.items()
    ]
