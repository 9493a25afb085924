"""The route guard: checks the audience, form token, and size of every request.

The app doesn't start if a route declares no audience.
"""

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from itertools import chain
from typing import Any, Final, TypeVar, cast

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

from lms.core.acting_roles import ActingRole
from lms.core.errors import N_, Forbidden, NotFound
from lms.models.accounts import SellerRole
from lms.models.organizations import Role
from lms.organizations import manager_and_owner_permissions
from lms.organizations.manager_and_owner_permissions import Managed
from lms.web.core.current_user import Viewer, viewer
from lms.web.core.order_browser import is_of_a_buyer
from lms.web.core.request_context import act_as, lead_on, read_session

SET_UP_FIRST: Final = N_(
    "Our team uses two-step sign-in. Add a passkey or an authenticator app to continue."
)
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
MARK = "__carrel_audiences__"
SECURITY: Final = "account_security"  # where a second step is set up
_ENTERED: Final = "carrel.organization"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Audience(StrEnum):
    """Who can open a route."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed_in"
    BUYERS = "buyers"  # the browser has an order; the view calls `required_watcher`
    # In the organization that the URL names:
    MANAGERS = "managers"  # and its owners; the seller's staff have read access
    SUPERVISORS = "supervisors"  # the view shows only their groups: `Managed.groups`
    BILLING = "billing"
    LMS_ADMINS = "lms_admins"
    # In the seller's team:
    SELLER_OWNERS = "seller_owners"
    STAFF = "staff"  # and its owners
    BOOKKEEPERS = "bookkeepers"
    PLAYBACK_TOKEN = "playback_token"  # noqa: S105  (the view checks the token in its path)
    PLATFORM = "platform"  # an LMS; the view checks its signature
    FRAME = "frame"  # inside an LMS or another site; the view checks the secret in its path
    PROVIDER = "provider"  # the card provider; the view checks its signature
    MAILBOX = "mailbox"  # the recipient of an email; the view checks the signature in its path
    EMBED = "embed"  # a URL embedded in another site's page; the view checks it


Audiences = frozenset[Audience]
# These need no sign-in cookie: the view checks a secret in the path or the message.
UNCOOKIED: Final = frozenset(
    {
        Audience.PLAYBACK_TOKEN,
        Audience.PLATFORM,
        Audience.PROVIDER,
        Audience.FRAME,
        Audience.MAILBOX,
        Audience.EMBED,
    }
)
_WITHOUT_ACCOUNT: Final = UNCOOKIED | {Audience.EVERYONE}
_ROLES: Final[Mapping[Audience, frozenset[Role]]] = {
    Audience.MANAGERS: frozenset({Role.MANAGER, Role.OWNER}),
    Audience.SUPERVISORS: frozenset({Role.SUPERVISOR}),
    Audience.BILLING: frozenset({Role.BILLING}),
    Audience.LMS_ADMINS: frozenset({Role.LMS_ADMIN}),
}
_SELLER_ROLES: Final[Mapping[Audience, frozenset[SellerRole]]] = {
    Audience.MANAGERS: frozenset({SellerRole.OWNER, SellerRole.STAFF}),
    Audience.SELLER_OWNERS: frozenset({SellerRole.OWNER}),
    Audience.STAFF: frozenset({SellerRole.OWNER, SellerRole.STAFF}),
    Audience.BOOKKEEPERS: frozenset({SellerRole.BOOKKEEPER}),
}
# The largest request of each audience, by default that of a message. Anyone can sign up.
STRANGERS_BYTES: Final = 12 * 1024 * 1024  # a purchase order of 10 MB, and the form around it
MESSAGE_BYTES: Final = 1024 * 1024  # a signed launch is a few kilobytes
MANAGERS_BYTES: Final = 64 * 1024 * 1024  # a staff list of 50 MB
LARGEST: Final = {
    Audience.EVERYONE: STRANGERS_BYTES,
    Audience.SIGNED_IN: STRANGERS_BYTES,
    Audience.MANAGERS: MANAGERS_BYTES,
    Audience.SUPERVISORS: MANAGERS_BYTES,
    Audience.BILLING: MANAGERS_BYTES,
    Audience.LMS_ADMINS: MANAGERS_BYTES,
}
UPLOADERS: Final = frozenset({Audience.STAFF, Audience.SELLER_OWNERS})  # of whole recordings


def open_to(*audiences: Audience) -> Callable[[View], View]:
    """Declare a view's audiences; must be directly above the function, below the route."""

    def declare(view: View) -> View:
        setattr(view, MARK, frozenset(audiences))
        return view

    return declare


def audiences_of(view: Callable[..., Any]) -> Audiences:
    """Return the audiences that a view declared."""
    return getattr(view, MARK, frozenset())


def guard_routes(app: Flask) -> None:
    """Check that every route declares an audience, and guard all requests.

    Raises RuntimeError, naming the endpoints, if any declares none.
    """
    undeclared = sorted(name for name, view in app.view_functions.items() if not audiences_of(view))
    if undeclared:
        raise RuntimeError(f"routes that declare no audience: {', '.join(undeclared)}")
    app.before_request(_let_in)
    _protect_forms(app)  # later: people without access can't send a body either
    app.add_template_global(may_open)


def may_open(endpoint: str) -> bool:
    """Return whether this request's person can open a route, in the current organization if it has one.

    Pages show no link or button for which this is False.
    """
    audiences = audiences_of(current_app.view_functions[endpoint])
    if audiences & _WITHOUT_ACCOUNT:
        return True
    person = viewer()
    if person is None or Audience.SIGNED_IN in audiences:
        return person is not None
    here = _entered()
    has_role = here is not None and here.role in _roles(audiences)
    return has_role or person.seller_role in _seller_roles(audiences)


def managed_organization(organization_id: str) -> Managed:
    """Return the organization in the URL, which the guard has let this person open."""
    managed = _entered()
    if managed is None or (request.view_args or {})["organization_id"] != organization_id:
        raise NotFound
    return managed


def _protect_forms(app: Flask) -> None:
    """Require the form's token exactly if a cookie authenticates.

    Flask-WTF's own exemptions are by view name, and two views may have the same one.
    """
    csrf = CSRFProtect(app)

    @app.before_request
    def check_token() -> None:
        if request.endpoint is None:
            return  # unknown route: Flask answers 404 or 405
        audiences = audiences_of(app.view_functions[request.endpoint])
        if not audiences & UPLOADERS:  # limits the size, so that no one can fill the disk
            largest = max(LARGEST.get(each, MESSAGE_BYTES) for each in audiences)
            request.max_content_length = largest
        if not audiences & UNCOOKIED:
            csrf.protect()
        if Audience.PLAYBACK_TOKEN not in audiences:
            _refuse_nul()


def _refuse_nul() -> None:
    """Answer 400 to a request that contains NUL: no real text does, and PostgreSQL rejects it."""
    texts = chain(
        (request.path,),
        (value for values in request.args.listvalues() for value in values),
        (value for values in request.form.listvalues() for value in values),
        (part.filename or "" for part in request.files.values()),
    )
    if any("\x00" in text for text in texts):
        raise BadRequest


def _let_in() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # unknown route: Flask answers 404 or 405
    audiences = audiences_of(current_app.view_functions[request.endpoint])
    if Audience.PLATFORM in audiences:
        act_as(ActingRole.LMS)
    if audiences & _WITHOUT_ACCOUNT:
        return None
    person = viewer()
    if person is None:
        if Audience.BUYERS in audiences and is_of_a_buyer():
            return None
        return _ask_to_sign_in(audiences)
    if person.must_set_up and request.blueprint != SECURITY:
        return _ask_to_set_up()
    if Audience.SIGNED_IN not in audiences:
        act_as(_role(audiences, person))
    return None


def _role(audiences: Audiences, person: Viewer) -> ActingRole:
    """Return the role in which these audiences admit a person; raises NotFound if none does."""
    is_sellers = person.seller_role in _seller_roles(audiences)
    if roles := _roles(audiences):
        managed = _enter(person.login_id, roles, may_look=is_sellers)
        if managed.role is not None:
            return ActingRole(managed.role)
    elif not is_sellers:
        raise NotFound
    if person.seller_role is SellerRole.OWNER:
        return ActingRole.SELLER_OWNER
    return ActingRole(person.seller_role or ActingRole.PERSON)


def _enter(login_id: int, roles: Collection[Role], *, may_look: bool) -> Managed:
    """Return the organization in this request's URL if a person has one of these roles in it.

    If the organization was merged into another, redirects to the same page of that one. With
    `may_look`, the seller's people are admitted without a role. Raises NotFound for everyone else.
    """
    with read_session() as session:
        managed = manager_and_owner_permissions.managed_organization(
            session,
            (request.view_args or {})["organization_id"],
            login_id=login_id,
            roles=roles,
            may_look=may_look,
        )
    asked = (request.view_args or {})["organization_id"]
    if managed.facts.public_id != asked:
        lead_on(organization_id=managed.facts.public_id)
    request.environ[_ENTERED] = managed
    return managed


def _entered() -> Managed | None:
    """Return the organization that this request was admitted to, or None."""
    return cast("Managed | None", request.environ.get(_ENTERED))


def _roles(audiences: Audiences) -> frozenset[Role]:
    return frozenset(chain.from_iterable(_ROLES.get(each, ()) for each in audiences))


def _seller_roles(audiences: Audiences) -> frozenset[SellerRole]:
    return frozenset(chain.from_iterable(_SELLER_ROLES.get(each, ()) for each in audiences))


def _ask_to_set_up() -> ResponseReturnValue:
    if request.method not in SAFE_METHODS:
        raise Forbidden(SET_UP_FIRST, code="second_step_first")
    return redirect(url_for(f"{SECURITY}.overview"), code=303)


def _ask_to_sign_in(audiences: Audiences) -> ResponseReturnValue:
    if request.method not in SAFE_METHODS:
        if audiences <= _SELLER_ROLES.keys() - _ROLES.keys():
            raise NotFound  # don't reveal which routes the seller has
        raise Forbidden(N_("Sign in, then try again."), code="sign_in_first")
    wanted = request.full_path.rstrip("?")
    return redirect(url_for("sign_in.sign_in", next=wanted), code=303)
