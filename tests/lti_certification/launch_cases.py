"""Launches with one error or one unusual value, and the response each must get."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lti.selftest.platform.keys import segment
from lti.selftest.platform.vocabulary import AGS_CLAIM, LTI, NRPS_CLAIM
from tests.lti.tool_server import Make
from tests.platform.id_tokens import Forge

Claims = Mapping[str, Any]
OK: Final = (303, "ok")
MALFORMED: Final = (400, "claim_malformed")
JAVASCRIPT: Final = "javascript:alert(1)"
LINK, CONTEXT, CUSTOM = LTI + "resource_link", LTI + "context", LTI + "custom"
TARGET, ROLES, SHOWN = LTI + "target_link_uri", LTI + "roles", LTI + "launch_presentation"
VERSION, KIND, DEPLOYMENT = LTI + "version", LTI + "message_type", LTI + "deployment_id"


@dataclass(frozen=True, slots=True)
class Case:
    """A token, and the expected status and code of the response."""

    make: Make
    status: int
    code: str


def said(expected: tuple[int, str], changes: Claims) -> Case:
    """Return a case with replaced claims."""
    return Case(lambda forge, claims: forge.changed(claims, changes), *expected)


def unsaid(expected: tuple[int, str], *names: str) -> Case:
    """Return a case with missing claims."""
    return Case(lambda forge, claims: forge.without(claims, *names), *expected)


def within(name: str, expected: tuple[int, str], changes: Claims) -> Case:
    """Return a case that changes parts of one object claim; None leaves out a part."""

    def make(forge: Forge, claims: Claims) -> str:
        inner = {**claims.get(name, {}), **changes}
        kept = {key: value for key, value in inner.items() if value is not None}
        return forge.changed(claims, {name: kept})

    return Case(make, *expected)


def moved(expected: tuple[int, str], **seconds: float) -> Case:
    """Return a case whose time claims are this many seconds from now."""
    return Case(
        lambda forge, claims: forge.changed(
            claims, {name: time.time() + shift for name, shift in seconds.items()}
        ),
        *expected,
    )


def headed(expected: tuple[int, str], **headers: object) -> Case:
    """Return a case with changed headers; None leaves out a header."""
    return Case(lambda forge, claims: forge.sign(claims, **headers), *expected)


def raw(expected: tuple[int, str], payload: bytes) -> Case:
    """Return a case whose payload is these bytes."""
    return Case(lambda forge, _claims: forge.sign(payload), *expected)


def token(expected: tuple[int, str], text: str) -> Case:
    """Return a case that posts this text instead of a token."""
    return Case(lambda _forge, _claims: text, *expected)


def audience(expected: tuple[int, str], *others: object, last: bool, **more: object) -> Case:
    """Return a case with several audiences, ours last or first."""

    def make(forge: Forge, claims: Claims) -> str:
        ours = claims["aud"]
        listed = [*others, ours] if last else [ours, *others]
        azp = {"azp": ours} if more.get("azp") == "ours" else more
        return forge.changed(claims, {"aud": listed, **azp})

    return Case(make, *expected)


def elsewhere(change: tuple[str, str]) -> Case:
    """Return a case whose target link has one text replaced by another."""
    return Case(
        lambda forge, claims: forge.changed(claims, {TARGET: claims[TARGET].replace(*change)}),
        400,
        "link_foreign",
    )


def stretched(expected: tuple[int, str], length: int) -> Case:
    """Return a case whose target link has this length."""
    return Case(
        lambda forge, claims: forge.changed(
            claims, {TARGET: f"{claims[TARGET]}?x=".ljust(length, "x")}
        ),
        *expected,
    )


def _infinite(forge: Forge, claims: Claims) -> str:
    return forge.sign(json.dumps({**claims, "exp": 0.25}).replace("0.25", "1e999").encode())


def _replaced(forge: Forge, claims: Claims, change: Mapping[str, Any], old: str, new: str) -> str:
    """Sign claims after replacing a text in their JSON."""
    written = json.dumps({**claims, **change})
    assert old in written
    return forge.sign(written.replace(old, new).encode())


def _sub_twice(forge: Forge, claims: Claims) -> str:
    return _replaced(forge, claims, {"sub": "one"}, '"sub": "one"', '"sub": "one", "sub": "two"')


def _link_twice(forge: Forge, claims: Claims) -> str:
    return _replaced(forge, claims, {LINK: {"id": "x"}}, '"id": "x"', '"id": "y", "id": "x"')


def _not_a_number(forge: Forge, claims: Claims) -> str:
    return _replaced(forge, claims, {"x": 0.25}, "0.25", "NaN")


def _endless_figures(forge: Forge, claims: Claims) -> str:
    return _replaced(forge, claims, {"exp": 0.25}, "0.25", "9" * 5000)


def _another_last_mark(forge: Forge, claims: Claims) -> str:
    # 256 bytes end in two base64 characters; the last four bits of the second are unused
    token = forge.sign(claims)
    return token[:-1] + chr(ord(token[-1]) + 1)  # A, Q, g or w


NO_TOKEN: Final = (400, "token_malformed")
NOT_RS256: Final = (401, "algorithm_wrong")
FORGED: Final = (401, "signature_wrong")
OTHERS: Final = (401, "audience_wrong")

SIGNATURES: Final[Mapping[str, Case]] = {
    "signed with a stranger's key": Case(Forge.wrong_key, *FORGED),
    "signed with a key nobody published": Case(Forge.unknown_kid, 401, "unknown_key"),
    "no key id": Case(Forge.without_kid, 400, "kid_missing"),
    "an empty key id": headed((400, "kid_missing"), kid=""),
    "a number as key id": headed((400, "kid_missing"), kid=7),
    "a key id of 501 characters": headed((400, "kid_missing"), kid="k" * 501),
    "a published key of 1024 bits": Case(Forge.weak_key, 401, "weak_key"),
    "no signature": Case(Forge.unsigned, *NOT_RS256),
    "no signature, in capitals": Case(
        lambda forge, claims: forge.unsigned(claims, alg="NONE"), *NOT_RS256
    ),
    "RS256 said and no signature": Case(
        lambda forge, claims: forge.sign(claims).rpartition(".")[0] + ".", *FORGED
    ),
    "a signature that is no base64": Case(
        lambda forge, claims: forge.sign(claims).rpartition(".")[0] + ".$$$$", *FORGED
    ),
    "a signature with a bit to spare": Case(_another_last_mark, *FORGED),
    "an HMAC with the public key": Case(Forge.public_key_as_secret, *NOT_RS256),
    "RS384 said": headed(NOT_RS256, alg="RS384"),
    "PS256 said": headed(NOT_RS256, alg="PS256"),
    "ES256 said": headed(NOT_RS256, alg="ES256"),
    "no algorithm said": headed(NOT_RS256, alg=None),
    "a list of algorithms": headed(NOT_RS256, alg=["RS256"]),
    "another payload under the signature": Case(
        lambda forge, claims: forge.altered(claims, {"sub": "somebody else"}), *FORGED
    ),
    "a key brought along": Case(Forge.with_embedded_key, 401, "unknown_key"),
    "an extension that must be understood": headed(FORGED, crit=["exp"], b64=False),
    "no JSON": Case(lambda forge, _claims: forge.not_json(), *NO_TOKEN),
    "two parts": Case(Forge.cut, *NO_TOKEN),
    "four parts": Case(lambda forge, claims: forge.sign(claims) + ".x", *NO_TOKEN),
    "five parts, as if encrypted": token(NO_TOKEN, "a.b.c.d.e"),
    "no token": token((400, "token_missing"), ""),
    "no base64": token(NO_TOKEN, "$$$.$$$.$$$"),
    "a header that is a list": token(NO_TOKEN, f"{segment([])}.{segment({})}.{segment(b'x')}"),
    "claims that are a list": raw(NO_TOKEN, b"[]"),
    "claims that are text": raw(NO_TOKEN, b'"claims"'),
    "claims that are null": raw(NO_TOKEN, b"null"),
    "no claims": raw(MALFORMED, b"{}"),
    "claims in another encoding": raw(NO_TOKEN, '{"sub": "ü"}'.encode("utf-16")),
    "a claim that is there twice": Case(_sub_twice, *MALFORMED),
    "a part of a claim that is there twice": Case(_link_twice, *MALFORMED),
    "a number that is none": Case(_not_a_number, *NO_TOKEN),
    "claims nested without end": raw(NO_TOKEN, b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "a token of a megabyte": token(NO_TOKEN, "a" * 250_000 + ".b.c"),
}

TIMES: Final[Mapping[str, Case]] = {
    "expired two minutes ago": moved((401, "expired"), iat=-180, exp=-120),
    "expired within the leeway": moved(OK, iat=-90, exp=-30),
    "no exp": unsaid(MALFORMED, "exp"),
    "no iat": unsaid(MALFORMED, "iat"),
    "an exp that is text": said(MALFORMED, {"exp": "tomorrow"}),
    "an exp that is true": said(MALFORMED, {"exp": True}),
    "an exp that is null": said(MALFORMED, {"exp": None}),
    "an exp without end": Case(_infinite, *MALFORMED),
    "an exp in a million years": said(OK, {"exp": 10**30}),
    "an exp beyond all floats": said(OK, {"exp": 10**400}),
    "an exp of 5,000 figures": Case(_endless_figures, *MALFORMED),
    "an iat below all floats": said((401, "too_old"), {"iat": -(10**400)}),
    "an iat two seconds ahead": moved(OK, iat=2, exp=60),
    "an iat within the leeway ahead": moved(OK, iat=50, exp=110),
    "an iat two minutes ahead": moved((401, "from_the_future"), iat=120, exp=300),
    "an iat a day old": moved((401, "too_old"), iat=-86_400, exp=60),
    "an iat before time began": said((401, "too_old"), {"iat": -(10**30)}),
    "an iat with fractions": moved(OK, iat=-0.5, exp=60.5),
    "an iat that is a list": said(MALFORMED, {"iat": []}),
    "not to be used before tomorrow": moved((401, "from_the_future"), nbf=86_400),
    "an nbf that has come": moved(OK, nbf=-5),
    "an nbf that is text": said(MALFORMED, {"nbf": "now"}),
}

PARTIES: Final[Mapping[str, Case]] = {
    "a foreign issuer": said((401, "issuer_wrong"), {"iss": "https://elsewhere.example"}),
    "the issuer with a slash": Case(
        lambda forge, claims: forge.changed(claims, {"iss": claims["iss"] + "/"}),
        401,
        "issuer_wrong",
    ),
    "no issuer": unsaid(MALFORMED, "iss"),
    "an issuer that is a number": said(MALFORMED, {"iss": 1}),
    "a foreign audience": said(OTHERS, {"aud": "another-tool"}),
    "foreign audiences": said(OTHERS, {"aud": ["another-tool", "a-third"]}),
    "no audience": unsaid(MALFORMED, "aud"),
    "an empty list of audiences": said(MALFORMED, {"aud": []}),
    "an audience that is a number": said(MALFORMED, {"aud": 7}),
    "audiences that are an object": said(MALFORMED, {"aud": {"ours": True}}),
    "us alone in a list": audience(OK, last=False),
    "us and another, meant for us": audience(OK, "another-tool", last=True, azp="ours"),
    "us and another, meant for nobody": audience(OTHERS, "another-tool", last=False),
    "us and another, meant for it": audience(
        (401, "azp_wrong"), "another-tool", last=False, azp="another-tool"
    ),
    "us and something that is no text": audience(OTHERS, {"x": 1}, last=False),
    "meant for another": said((401, "azp_wrong"), {"azp": "another-tool"}),
    "meant for a number": said((401, "azp_wrong"), {"azp": 7}),
    "meant for us": audience(OK, last=False, azp="ours"),
    "no nonce": unsaid(MALFORMED, "nonce"),
    "another nonce": said((401, "nonce_wrong"), {"nonce": "another"}),
    "a nonce that is a number": said(MALFORMED, {"nonce": 5}),
    "nobody": unsaid((403, "person_missing"), "sub"),
    "an empty person": said((403, "person_missing"), {"sub": ""}),
    "a person that is null": said((403, "person_missing"), {"sub": None}),
    "a person that is a number": said(MALFORMED, {"sub": 12}),
    "a person of 256 characters": said(MALFORMED, {"sub": "s" * 256}),
    "a person of 255 characters": said(OK, {"sub": "s" * 255}),
    "a name that is a number": said(OK, {"name": 12}),
    "a name that is a list": said(OK, {"name": ["Wren", "Okafor"], "email": {"x": 1}}),
    "a name that is null": said(OK, {"name": None, "email": None}),
    "a name of 3,000 characters": said(OK, {"name": "N" * 3000}),
    "an address that is none": said(OK, {"email": "not an address"}),
    "a NUL in the name": said(OK, {"name": "No\x00body", "email": "no\x00@example.org"}),
    "half a character in the name": said(OK, {"name": "\ud83d", "given_name": "\udc00"}),
    "a NUL in the person": said((400, "text_malformed"), {"sub": "a\x00b"}),
    "a whole character beyond 16 bits": said(OK, {"name": "Zoë 📚"}),
}

CLAIMS: Final[Mapping[str, Case]] = {
    "no version": unsaid(MALFORMED, VERSION),
    "version 1.1": said(MALFORMED, {VERSION: "LTI-1p0"}),
    "a version that is a number": said(MALFORMED, {VERSION: 1.3}),
    "no message type": unsaid(MALFORMED, KIND),
    "an unknown message type": said((400, "message_type_unknown"), {KIND: "LtiStartProctoring"}),
    "a message type that is a number": said(MALFORMED, {KIND: 5}),
    "no deployment": unsaid(MALFORMED, DEPLOYMENT),
    "an empty deployment": said(MALFORMED, {DEPLOYMENT: ""}),
    "a deployment that is a number": said(MALFORMED, {DEPLOYMENT: 1}),
    "a deployment of 256 characters": said(MALFORMED, {DEPLOYMENT: "d" * 256}),
    "a deployment never seen before": said((403, "deployment_pending"), {DEPLOYMENT: "never-seen"}),
    "no link of ours": unsaid(MALFORMED, TARGET),
    "a link that is a number": said(MALFORMED, {TARGET: 5}),
    "a foreign link": said((400, "link_foreign"), {TARGET: "https://elsewhere.example/lti/launch"}),
    "a link to another port": elsewhere(("/lti/launch", "1/lti/launch")),
    "a link by https where we have none": elsewhere(("http://", "https://")),
    "a link that only begins with ours": elsewhere(("/lti/launch", ".elsewhere.example/")),
    "a link with ours before an @": elsewhere(("/lti/launch", "@elsewhere.example/")),
    "a link with a backslash": elsewhere(("/lti/launch", "\\@elsewhere.example/")),
    "a link that is a script": said((400, "link_foreign"), {TARGET: JAVASCRIPT}),
    "a link of 3,000 characters": elsewhere(("/launch", "/" + "l" * 3000)),
    "a link of 2,000 characters": stretched(OK, 2000),
    "a link of 2,001 characters": stretched((400, "link_foreign"), 2001),
    "no resource link": unsaid(MALFORMED, LINK),
    "a resource link that is text": said(MALFORMED, {LINK: "link"}),
    "a resource link that is a list": said(MALFORMED, {LINK: []}),
    "an empty resource link": said(MALFORMED, {LINK: {}}),
    "a resource link without id": within(LINK, MALFORMED, {"id": None}),
    "a resource link with a number": within(LINK, MALFORMED, {"id": 5}),
    "a resource link of 256 characters": within(LINK, MALFORMED, {"id": "l" * 256}),
    "a resource link of 255 characters": within(LINK, OK, {"id": "l" * 255}),
    "a link's title that is a number": within(LINK, OK, {"title": 5}),
    "a NUL in a link's title": within(LINK, OK, {"title": "a\x00b"}),
    "a link's title of 3,000 characters": within(LINK, OK, {"title": "t" * 3000}),
    "a course that is text": said(MALFORMED, {CONTEXT: "course"}),
    "a course without id": within(CONTEXT, MALFORMED, {"id": None}),
    "a course of 256 characters": within(CONTEXT, MALFORMED, {"id": "c" * 256}),
    "a course's title that is a list": within(CONTEXT, OK, {"title": ["LIB 101"]}),
    "half a character in a course's title": within(CONTEXT, OK, {"title": "\ud83d"}),
    "a NUL in a course's id": within(CONTEXT, (400, "text_malformed"), {"id": "a\x00b"}),
    "a course that is null": said(OK, {CONTEXT: None}),
    "no roles": unsaid(MALFORMED, ROLES),
    "roles that are text": said(MALFORMED, {ROLES: "Instructor"}),
    "roles that are numbers": said(MALFORMED, {ROLES: [1, 2]}),
    "roles that are null": said(MALFORMED, {ROLES: None}),
    "an empty list of roles": said(OK, {ROLES: []}),
}

SERVICES: Final[Mapping[str, Case]] = {
    "custom parameters that are a list": said(MALFORMED, {CUSTOM: ["webinar"]}),
    "custom parameters that are text": said(MALFORMED, {CUSTOM: "webinar=x"}),
    "custom parameters that are null": said(OK, {CUSTOM: None}),
    "custom parameters of all kinds": said(OK, {CUSTOM: {"n": 5, "b": True, "o": {}, "z": None}}),
    "variables that nobody filled": said(OK, {CUSTOM: {"context_history": "$Context.id.history"}}),
    "a NUL in a parameter": said((400, "text_malformed"), {CUSTOM: {"webinar": "a\x00b"}}),
    "a NUL in a parameter's name": said((400, "text_malformed"), {CUSTOM: {"a\x00b": "x"}}),
    "a clip that ends before it starts": said(
        (400, "target_malformed"), {CUSTOM: {"webinar": "w", "start": "90", "end": "30"}}
    ),
    "a clip that starts nowhere": said(
        (400, "target_malformed"), {CUSTOM: {"webinar": "w", "start": "soon"}}
    ),
    "another house's webinar": said(OK, {CUSTOM: {"webinar": "no-such-webinar"}}),
    "grades that are text": said(MALFORMED, {AGS_CLAIM: "grades"}),
    "a column that is a script": within(AGS_CLAIM, OK, {"lineitem": JAVASCRIPT}),
    "columns that are a list": within(AGS_CLAIM, OK, {"lineitems": ["https://lms.example.edu/7"]}),
    "a column at half an address": within(
        AGS_CLAIM, OK, {"lineitem": "https://[lms.example.edu/columns/7"}
    ),
    "a column of 3,000 characters": within(
        AGS_CLAIM, OK, {"lineitem": "https://lms.example.edu/" + "l" * 3000}
    ),
    "scopes that are text": within(AGS_CLAIM, MALFORMED, {"scope": "everything"}),
    "grades without columns": within(AGS_CLAIM, OK, {"lineitems": None}),
    "a roster that is a list": said(MALFORMED, {NRPS_CLAIM: []}),
    "a roster at a number": within(NRPS_CLAIM, OK, {"context_memberships_url": 5}),
    "a NUL in the address of a roster": within(
        NRPS_CLAIM, OK, {"context_memberships_url": "https://lms.example.edu/\x00"}
    ),
    "a presentation that is text": said(MALFORMED, {SHOWN: "iframe"}),
    "a way back that is a number": within(SHOWN, OK, {"return_url": 5}),
    "a way back that is a script": within(SHOWN, OK, {"return_url": JAVASCRIPT}),
    "a language that is a number": within(SHOWN, OK, {"locale": 5}),
    "a language of 50 characters": within(SHOWN, OK, {"locale": "x" * 50}),
    "a platform that is text": said(MALFORMED, {LTI + "tool_platform": "Moodle"}),
    "claims nobody knows": said(OK, {"https://elsewhere.example/claim": {"deep": [[[]]]}}),
}

CASES: Final[Mapping[str, Case]] = {**SIGNATURES, **TIMES, **PARTIES, **CLAIMS, **SERVICES}
