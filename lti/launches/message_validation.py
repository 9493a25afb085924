"""Message validation: converts token claims to a typed message (LTI 1.3 Core, 5.3 and 5.4).

A claim that is null counts as absent: platforms send null for data that is private.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

from lms.core.errors import N_
from lti.protocol import spec_vocabulary as v
from lti.protocol.messages import DeepLinking, Message, MessageType, Person, Place, Services
from lti.protocol.platform_urls import origin_of, origins_of, web_address
from lti.protocol.refusals import NOT_ENTITLED, LaunchRefused, malformed, not_entitled
from lti.protocol.roles import is_learner_alone, is_test_user, role_in
from lti.protocol.token_parts import Claims, fail
from lti.registrations.platform_lookup import Platform

TYPES: Final[Mapping[str, MessageType]] = {
    **{kind.value: kind for kind in MessageType},
    "DataPrivacyLaunchRequest": MessageType.DATA_PRIVACY,  # the name in the first draft
}
LONGEST_ID: Final = 255  # LTI 1.3 Core, 5.3 and 5.4
LONGEST_TEXT: Final = 2000
LONGEST_LINK: Final = 2000
LONGEST_LOCALE: Final = 35
UNKNOWN_TYPE: Final = N_("Your LMS requested something that this tool doesn't support.")
FOREIGN_LINK: Final = N_("The link in your course belongs to a different tool.")
NAMELESS: Final = N_("Your LMS didn't tell us who you are.")
NOT_THEIRS: Final = N_("Only instructors can choose recordings for this course.")
ASK_A_TEACHER: Final = N_("Ask your instructor to add the recording to the course.")
NOTHING_ACCEPTED: Final = N_("Your LMS doesn't accept links to this tool here.")


def read_claims(claims: Claims, platform: Platform, *, base_url: str) -> Message:
    """Return the message in the claims of an authentic token.

    Raises LaunchRefused for claims that violate the standard, for a link to another site, and for a
    missing `sub` unless the registration admits anonymous users.
    """
    if claims.get(v.VERSION_CLAIM) != v.VERSION:
        fail(v.VERSION_CLAIM, "is not 1.3.0")
    kind = _type(claims)
    custom = _custom(claims)
    presentation = _object_in(claims, v.PRESENTATION) or {}
    deep_linking = _deep_linking(claims) if kind is MessageType.DEEP_LINKING else None
    return Message(
        type=kind,
        issuer=platform.issuer,
        registration_id=platform.id,
        deployment=_needed_id(claims, v.DEPLOYMENT_ID),
        person=_person(claims, kind, platform),
        place=_place(claims, kind, custom),
        services=_services(claims, kind, presentation),
        target_link_uri=_target_link(claims, kind, base_url),
        origins=_origins(claims, platform, presentation, deep_linking),
        locale=_locale(claims, presentation),
        custom=custom,
        deep_linking=deep_linking,
    )


def _type(claims: Claims) -> MessageType:
    said = text_in(claims, v.MESSAGE_TYPE)
    if said is None:
        fail(v.MESSAGE_TYPE, "is missing")
    if said not in TYPES:
        raise malformed("message_type_unknown", UNKNOWN_TYPE, detail=said[:80])
    return TYPES[said]


def _person(claims: Claims, kind: MessageType, platform: Platform) -> Person:
    sub = _id_in(claims, "sub")
    roles = (
        (_texts_in(claims, v.ROLES) or ())
        if kind in (MessageType.DEEP_LINKING, MessageType.DATA_PRIVACY)
        else _needed_texts(claims, v.ROLES)
    )
    if (
        sub is None
        and kind is not MessageType.DEEP_LINKING  # Deep Linking 2.0, 4.4.5: not required there
        and not platform.admits_anonymous
    ):
        raise not_entitled("person_missing", NAMELESS)
    if kind is MessageType.DEEP_LINKING and is_learner_alone(roles):
        raise LaunchRefused(NOT_ENTITLED, "choosing_not_theirs", NOT_THEIRS, advice=ASK_A_TEACHER)
    given, family = _shown_in(claims, "given_name"), _shown_in(claims, "family_name")
    return Person(
        sub=sub,
        role=role_in(roles),
        name=_shown_in(claims, "name") or " ".join(filter(None, (given, family))) or None,
        email=_shown_in(claims, "email"),
        is_test_user=is_test_user(roles),
        sis_id=_sis_id(claims),
    )


def _sis_id(claims: Claims) -> str | None:
    """Return the institution's own ID for a person; None if it is too long to store."""
    said = (_object_in(claims, v.LIS) or {}).get("person_sourcedid")
    return said if isinstance(said, str) and 0 < len(said) <= LONGEST_ID else None


def _place(claims: Claims, kind: MessageType, custom: Mapping[str, str]) -> Place:
    context = _object_in(claims, v.CONTEXT) or {}
    link = _object_in(claims, v.RESOURCE_LINK) or {}
    if kind is MessageType.RESOURCE_LINK and not link:
        fail(v.RESOURCE_LINK, "is missing")
    return Place(
        context_id=_needed_id(context, "id") if context else None,
        context_title=_short(_shown_in(context, "title")) or "",
        link_id=_needed_id(link, "id") if link else None,
        link_title=_short(_shown_in(link, "title")) or "",
        context_history=_history(custom, v.CONTEXT_HISTORY),
        link_history=_history(custom, v.LINK_HISTORY),
    )


def _history(custom: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the IDs that a copy came from, nearest first; () if the platform left the variable unexpanded.

    Each ID is URL-encoded, since it can contain a comma (LTI 1.3 Core, appendices B.3 and B.4).
    """
    said = custom.get(name, "")
    if said.startswith("$"):
        return ()
    return tuple(filter(None, (unquote(one.strip()) for one in said.split(","))))


def _services(claims: Claims, kind: MessageType, presentation: Claims) -> Services:
    endpoint = _object_in(claims, v.ENDPOINT) or {}
    for_user = _object_in(claims, v.FOR_USER) or {}
    line_item = _usable_address_in(endpoint, "lineitem")
    # Submission Review 1.0, "LtiSubmissionReviewRequest claims"
    if kind is MessageType.SUBMISSION_REVIEW:
        if line_item is None:
            fail(v.ENDPOINT, "has no lineitem to review")
        _needed_id(_needed_object(claims, v.FOR_USER), "user_id")
    return Services(
        line_item=line_item,
        line_items=_usable_address_in(endpoint, "lineitems"),
        scopes=frozenset(_texts_in(endpoint, "scope") or ()),
        memberships=_usable_address_in(
            _object_in(claims, v.MEMBERSHIPS) or {}, "context_memberships_url"
        ),
        return_url=_usable_address_in(presentation, "return_url"),
        for_user=_id_in(for_user, "user_id"),
    )


def _deep_linking(claims: Claims) -> DeepLinking:
    settings = _needed_object(claims, v.SETTINGS)
    return_url = _address_in(settings, "deep_link_return_url")
    if return_url is None:
        fail(v.SETTINGS, "deep_link_return_url is missing")
    accepted = _needed_texts(settings, "accept_types")
    if not set(v.MAKEABLE_TYPES) & set(accepted):
        raise malformed("nothing_accepted", NOTHING_ACCEPTED, detail=", ".join(accepted)[:200])
    return DeepLinking(
        return_url=return_url,
        accept_types=accepted,
        accept_multiple=_switch_in(settings, "accept_multiple"),
        # Optional (Deep Linking 2.0, 4.6.1), and neither Moodle nor Open edX sends it.
        accept_line_item=_switch_in(settings, "accept_lineitem", otherwise=True),
        # An empty list is the "none" of Deep Linking 1.0 (2.0, 4.6.2).
        accept_targets=_needed_texts(settings, "accept_presentation_document_targets"),
        data=_data(settings),
        title=_short(_shown_in(settings, "title")),
        text=_short(_shown_in(settings, "text")),
    )


def _data(settings: Claims) -> str | None:
    value = settings.get("data")
    if value is not None and not isinstance(value, str):
        fail("data", "is no text")
    return value  # an empty value must be returned, too


def _target_link(claims: Claims, kind: MessageType, base_url: str) -> str:
    given = text_in(claims, v.TARGET_LINK_URI)
    if given is None:
        if kind is MessageType.RESOURCE_LINK:
            fail(v.TARGET_LINK_URI, "is missing")
        return base_url
    if len(given) > LONGEST_LINK or origin_of(given) != origin_of(base_url):
        raise malformed("link_foreign", FOREIGN_LINK, detail=given[:200])
    return given


def _custom(claims: Claims) -> Mapping[str, str]:
    """Return the custom parameters as text; platforms also send numbers and booleans."""
    given = _object_in(claims, v.CUSTOM) or {}
    scalars = {name: value for name, value in given.items() if isinstance(value, str | int | float)}
    return MappingProxyType(
        {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in scalars.items()
        }
    )


def _origins(
    claims: Claims,
    platform: Platform,
    presentation: Claims,
    deep_linking: DeepLinking | None,
) -> tuple[str, ...]:
    """Return the origins that can frame this launch; Canvas sends each customer's own origin only in the message."""
    said = _object_in(claims, v.PLATFORM) or {}
    signed = (
        _shown_in(said, "url"),
        _shown_in(presentation, "return_url"),
        None if deep_linking is None else deep_linking.return_url,
    )
    return tuple(dict.fromkeys((*platform.origins, *origins_of(filter(None, signed)))))


def _locale(claims: Claims, presentation: Claims) -> str | None:
    said = _shown_in(presentation, "locale") or _shown_in(claims, "locale")
    return said if said is not None and len(said) <= LONGEST_LOCALE else None


def _object_in(claims: Claims, name: str) -> Claims | None:
    """Return a claim that is an object; None if it is absent."""
    value = claims.get(name)
    if value is not None and not isinstance(value, dict):
        fail(name, "is no object")
    return value


def _needed_object(claims: Claims, name: str) -> Claims:
    """Return a required claim that is an object."""
    value = _object_in(claims, name)
    return fail(name, "is missing") if value is None else value


def text_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is text; None if it is absent or empty."""
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        fail(name, "is no text")
    return value or None


def _id_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is an ID of at most 255 characters; None if it is absent."""
    value = text_in(claims, name)
    if value is not None and len(value) > LONGEST_ID:
        fail(name, "is longer than 255 characters")
    return value


def _needed_id(claims: Claims, name: str) -> str:
    """Return a required ID."""
    value = _id_in(claims, name)
    return fail(name, "is missing") if value is None else value


def _texts_in(claims: Claims, name: str) -> tuple[str, ...] | None:
    """Return a claim that is a list of text; None if it is absent."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        fail(name, "is no list of texts")
    return tuple(value)


def _needed_texts(claims: Claims, name: str) -> tuple[str, ...]:
    """Return a required list of text, which may be empty."""
    value = _texts_in(claims, name)
    return fail(name, "is missing") if value is None else value


def _switch_in(claims: Claims, name: str, *, otherwise: bool = False) -> bool:
    """Return a claim that is a boolean or "true" or "false"; `otherwise` if it is absent."""
    value = claims.get(name)
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        fail(name, "is no boolean")
    return bool(value == "true")


def _shown_in(claims: Claims, name: str) -> str | None:
    """Return text to display; None if it is absent, empty or not text."""
    value = claims.get(name)
    return value if isinstance(value, str) and value else None


def _usable_address_in(claims: Claims, name: str) -> str | None:
    """Return a web address with its case kept; None if it is absent or not a web address."""
    return web_address(_shown_in(claims, name))


def _address_in(claims: Claims, name: str) -> str | None:
    """Return a claim that is a web address, with its case kept; None if it is absent."""
    value = text_in(claims, name)
    if value is not None and web_address(value) is None:
        fail(name, "is no web address")
    return value


def _short(text: str | None) -> str | None:
    """Return displayed text, cut at 2,000 characters."""
    return None if text is None else text[:LONGEST_TEXT]
