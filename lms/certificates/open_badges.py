"""Certificates as signed Open Badges 3.0 (1EdTech OB 3.0, JSON Web Token proof).

The payload is the credential together with the JWT claims. `kid` is the URL of the public key, so
that anyone can verify a badge without contacting us.
"""

from dataclasses import dataclass
from typing import Any, Final

import jwt

from lms.certificates.read_models import CertificateFacts, Status
from lms.core.encryption import LoadedKey
from lms.core.errors import N_, Gone
from lms.mail.links import Links

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
TYPE: Final = "application/vc+jwt"
NO_BADGE: Final = N_("This certificate no longer has a badge. Its page says why.")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a badge: the seller, what was achieved, and how."""

    seller: str
    description: str
    criteria: str


def sign_badge(facts: CertificateFacts, wording: Wording, key: LoadedKey, links: Links) -> str:
    """Return a certificate's badge as a compact JWT; raises Gone if the certificate has none."""
    if not facts.is_printed:
        raise Gone(NO_BADGE)
    credential = _credential(facts, wording, links)
    claims = {
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(facts.issued_at.timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }
    header = {"kid": links.page(f"/badges/keys/{key.kid}"), "typ": "JWT"}
    return jwt.encode({**credential, **claims}, key.private_key, algorithm="RS256", headers=header)


def issuer_profile(seller: str, links: Links) -> dict[str, Any]:
    """Return the issuer profile that its URL serves."""
    return {
        "id": links.page("/badges/issuer"),
        "type": ["Profile"],
        "name": seller,
        "url": links.page("/"),
    }


def status_list(facts: CertificateFacts, links: Links) -> dict[str, Any]:
    """Return the revocation list of one badge, which lists the badge once it is no longer valid.

    Each badge has its own list, so that no list reveals other badges.
    """
    page = links.page(f"/verify/{facts.public_id}")
    over = [] if facts.status is Status.VALID else [{"id": page, "revoked": True}]
    return {
        "id": f"{page}/status",
        "issuer": links.page("/badges/issuer"),
        "revokedCredential": over,
    }


def _credential(facts: CertificateFacts, wording: Wording, links: Links) -> dict[str, Any]:
    page = links.page(f"/verify/{facts.public_id}")
    hours = round(facts.credit_minutes / 60, 2)
    return {
        "@context": list(CONTEXTS),
        "id": page,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": issuer_profile(wording.seller, links),
        "validFrom": facts.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "awardedDate": facts.earned_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "name": facts.title,
        "credentialSubject": {
            "id": f"{page}#holder",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityType": "name",
                    "hashed": False,
                    "identityHash": facts.holder,
                }
            ],
            "creditsEarned": hours,
            "achievement": {
                "id": links.page(f"/webinars/{facts.slug}"),
                "type": ["Achievement"],
                "achievementType": "CertificateOfCompletion",
                "name": facts.title,
                "description": wording.description,
                "criteria": {"narrative": wording.criteria},
                "creditsAvailable": hours,
            },
        },
        "credentialStatus": {"id": f"{page}/status", "type": "1EdTechRevocationList"},
    }
